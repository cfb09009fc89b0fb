import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installCommand } from '../cli/installed.ts'
import { median } from '../harness/quiet.ts'
import type { Figure } from './figure.ts'

const GOAL_MS = 150
const RUNS = { full: 40, small: 2 }

export const figure: Figure = {
  name: 'cli-help',
  title: 'Milliseconds until `holdfast --help` has printed and ended, beside a Node that does nothing',
  peers: ['commander'],
  async run(size, { log }) {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-cli-'))
    try {
      const command = installCommand(folder)
      const times = { nothing: new Array<number>(), help: new Array<number>() }
      let printed = 0
      for (let run = 0; run < RUNS[size]; run++) {
        times.nothing.push(timed(['--eval', '0']).ms)
        const { ms, stdout } = timed([command, '--help'])
        times.help.push(ms)
        if (stdout.includes('doctor')) printed += 1
      }
      const [nothing, help] = [median(times.nothing), median(times.help)]
      log(`goal: at most ${GOAL_MS} ms; measured: ${help.toFixed(0)} ms, of which Node itself takes ${nothing.toFixed(0)}`)
      return {
        counts: { runs: RUNS[size], printed },
        rows: [
          { command: 'node --eval 0', 'median, ms': Math.round(nothing), goal: '' },
          { command: 'holdfast --help', 'median, ms': Math.round(help), goal: `at most ${GOAL_MS} ms` },
        ],
      }
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
}

function timed(args: readonly string[]): { readonly ms: number; readonly stdout: string } {
  const began = performance.now()
  const { stdout, status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${String(status)}: ${stderr}`)
  return { ms: performance.now() - began, stdout }
}
