import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { buildPackage } from '../../scripts/example.ts'
import { repository } from '../../scripts/support/check.ts'

/** How a command ended, and what it took. */
export interface CommandRun {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  readonly seconds: number
  /** The most memory that it had at any time, in millions of bytes. */
  readonly peakMb: number
}

const LOOK_EVERY_MS = 10
/** No command takes as long, not with a million sessions either. */
const MOST_MS_A_RUN = 3_600_000

/** Builds the package as npm would install it, in a folder, and gives the path of its command. */
export function installCommand(folder: string): string {
  const installed = join(folder, 'node_modules/holdfast')
  buildPackage(repository, installed)
  symlinkSync(join(repository, 'node_modules'), join(installed, 'node_modules'), 'junction')
  return join(installed, 'dist/cli/main.js')
}

/** A command under way. */
export class RunningCommand {
  readonly #process: ChildProcess
  /** Rejects when it does not end. */
  readonly ended: Promise<CommandRun>

  /** @param args The path of the command, and what it is given. */
  constructor(args: readonly string[], folder: string) {
    // As who looks after a server starts it: nothing of the one that measures goes along.
    const { NODE_OPTIONS: _options, ...env } = process.env
    const child = spawn(process.execPath, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#process = child
    this.ended = ended(child, Promise.all([text(child.stdout), text(child.stderr)]))
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal)
  }
}

async function ended(child: ChildProcess, said: Promise<readonly [string, string]>): Promise<CommandRun> {
  const began = performance.now()
  let peakMb = 0
  // The system keeps the highest by itself: what is looked at seldom is not missed, but in the last moment.
  const timer = setInterval(() => (peakMb = Math.max(peakMb, peakOf(child.pid))), LOOK_EVERY_MS)
  try {
    const [code, signal]: readonly (number | NodeJS.Signals | null)[] = await once(child, 'exit', {
      signal: AbortSignal.timeout(MOST_MS_A_RUN),
    })
    const seconds = (performance.now() - began) / 1000
    const [stdout, stderr] = await said
    return {
      code: typeof code === 'number' ? code : null,
      signal: typeof signal === 'string' ? signal : null,
      stdout,
      stderr,
      seconds,
      peakMb,
    }
  } finally {
    clearInterval(timer)
    child.kill('SIGKILL')
  }
}

function peakOf(pid: number | undefined): number {
  try {
    const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return (Number(kibibytes ?? 0) * 1024) / 1e6
  } catch {
    // It has ended.
    return 0
  }
}
