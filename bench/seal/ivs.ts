import { fork } from 'node:child_process'
import cluster from 'node:cluster'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { startProcess } from '../../proof/faults/node-process.ts'

/** How a process, or a thread, comes to be. `web`: as `spawned`, where there is WebCrypto alone. */
export type Way = 'spawned' | 'forked' | 'cluster' | 'thread' | 'web'

export interface IvTask {
  readonly seals: number
  /** Texts that are being sealed at any time. */
  readonly atOnce: number
}

export interface IvReport {
  readonly seals: number
  /** One for each derived key. */
  readonly heads: readonly string[]
  /** IVs that came more than once under one derived key. */
  readonly repeated: number
}

const MODULE = new URL('ivs-worker.ts', import.meta.url)
/** Far more than any of them takes. */
const PATIENCE_MS = 3_600_000

/** Seals in a process, or thread, of its own, which looks for repeated IVs itself, and tells under which derived keys it sealed. */
export async function sealElsewhere(way: Way, task: IvTask): Promise<IvReport> {
  const args = [way, task.seals, task.atOnce].map(String)
  switch (way) {
    case 'spawned':
    case 'web': {
      await using child = await startProcess(MODULE, args)
      return reportIn(await child.next(PATIENCE_MS))
    }
    case 'forked':
      return await fromChild(fork(fileURLToPath(MODULE), args, { execArgv: [] }))
    case 'cluster':
      cluster.setupPrimary({ exec: fileURLToPath(MODULE), args, execArgv: [] })
      return await fromChild(cluster.fork().process)
    case 'thread': {
      const thread = new Worker(MODULE, { argv: args, execArgv: [] })
      try {
        return await answerOf(thread)
      } finally {
        await thread.terminate()
      }
    }
  }
}

async function fromChild(child: ReturnType<typeof fork>): Promise<IvReport> {
  const exited = once(child, 'exit')
  try {
    return await answerOf(child)
  } finally {
    child.kill('SIGKILL')
    await exited
  }
}

/** What it says first. It must not end before. */
async function answerOf(other: ReturnType<typeof fork> | Worker): Promise<IvReport> {
  const over = new AbortController()
  const signal = AbortSignal.any([over.signal, AbortSignal.timeout(PATIENCE_MS)])
  const said = once(other, 'message', { signal }).then(([message]) => reportIn(message))
  const ended = once(other, 'exit', { signal }).then(() => Promise.reject(new Error('it ended and said nothing')))
  try {
    return await Promise.race([said, ended])
  } finally {
    over.abort()
    await Promise.allSettled([said, ended])
  }
}

function reportIn(message: unknown): IvReport {
  if (!isReport(message)) throw new TypeError('no report of a process that seals')
  return message
}

function isReport(message: unknown): message is IvReport {
  return typeof message === 'object' && message !== null && 'heads' in message && 'repeated' in message && 'seals' in message
}
