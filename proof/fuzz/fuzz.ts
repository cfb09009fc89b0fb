import { fork } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Job, Outcome } from './job.ts'
import { quickFolder } from './quick-folder.ts'
import { seenIn } from './window.ts'

const LOOK_MS = 250
const MOST_MEMORY_MB = 256

/** Fuzzes a target in a process of its own. One that hangs, crashes or runs out of memory is a finding too. */
export async function fuzz(job: Omit<Job, 'windowPath'>): Promise<Outcome> {
  const folder = mkdtempSync(join(quickFolder, 'holdfast-fuzz-'))
  const windowPath = join(folder, 'window')
  writeFileSync(windowPath, '')
  const startedAt = performance.now()
  const child = fork(join(import.meta.dirname, 'process.ts'), {
    execArgv: [`--max-old-space-size=${MOST_MEMORY_MB}`],
    serialization: 'advanced',
    env: { ...process.env, TMPDIR: folder },
  })
  const end = (): void => void child.kill('SIGKILL')
  process.once('exit', end)
  let watching: NodeJS.Timeout | undefined
  try {
    return await new Promise<Outcome>((resolve, reject) => {
      let outcome: Outcome | undefined
      const ended = (kind: string, details: string): void => {
        const { count, input } = seenIn(windowPath)
        if (count === 0) return reject(new Error(`The target '${job.name}' did not begin: it ${kind}, ${details}.`))
        const seconds = (performance.now() - startedAt) / 1000
        resolve({
          executions: count,
          seconds,
          covering: [],
          kept: [],
          found: [{ kind, details, inputs: [input] }],
          reached: { characters: 0, of: 0 },
        })
      }
      child.once('message', (message) => {
        if (isOutcome(message)) outcome = message
      })
      child.once('error', reject)
      child.once('exit', (code, signal) => (outcome === undefined ? ended('ends the process', `by ${signal ?? code}`) : resolve(outcome)))
      let [seen, seenAt] = [0, performance.now()]
      watching = setInterval(() => {
        const { count } = seenIn(windowPath)
        if (count !== seen) [seen, seenAt] = [count, performance.now()]
        else if (performance.now() - seenAt > job.hangsAfterSeconds * 1000) ended('hangs', `no answer for ${job.hangsAfterSeconds} seconds`)
      }, LOOK_MS)
      child.send({ ...job, windowPath })
    })
  } finally {
    clearInterval(watching)
    process.off('exit', end)
    child.removeAllListeners()
    end()
    rmSync(folder, { recursive: true, force: true })
  }
}

function isOutcome(message: unknown): message is Outcome {
  return typeof message === 'object' && message !== null && 'executions' in message && 'found' in message
}
