import { type ChildProcess, spawn, spawnSync, type StdioOptions } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { guardProcess, releaseProcess } from './guard.ts'
import { until } from './until.ts'

/** How a process ended: by itself with a code, or by a signal. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>
  /** Whether the two talk over Node's channel: one line of JSON a message. */
  readonly channel?: boolean
}

const KEPT_OUTPUT = 4000
const running = new Set<Program>()

/** A process that a proof can kill, stop and wake. It ends with the process that started it, however that ends. */
export class Program {
  readonly child: ChildProcess
  readonly #command: string
  readonly #exit: Promise<Exit>
  #output = ''

  /** Use `startProgram`. */
  constructor(child: ChildProcess, command: string) {
    this.child = child
    this.#command = command
    running.add(this)
    this.#exit = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        releaseProcess(this.pid)
        running.delete(this)
        resolve({ code, signal })
      })
    })
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (text: Buffer) => {
        this.#output = `${this.#output}${text.toString()}`.slice(-KEPT_OUTPUT)
      })
    }
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error(`${this.#command} did not start`)
    return this.child.pid
  }

  /** The last that it printed, on stdout and stderr together. */
  get output(): string {
    return this.#output
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null
  }

  /** SIGKILL: it ends at once, whatever it was doing, paused or not. Waits until it has. */
  kill(): Promise<Exit> {
    return this.end('SIGKILL')
  }

  /** Sends a signal and waits until the process has ended. */
  async end(signal: NodeJS.Signals): Promise<Exit> {
    if (!this.hasEnded) this.child.kill(signal)
    return await this.#exit
  }

  /** SIGSTOP: it stands still, and keeps its memory, its connections and its locks. Waits until each of its threads does. */
  async pause(): Promise<void> {
    this.child.kill('SIGSTOP')
    await until(`${this.#command} to stand still`, () => isStopped(this.pid))
  }

  /** SIGCONT: it goes on where it stood, and knows of no pause. */
  resume(): void {
    this.child.kill('SIGCONT')
  }

  /** Waits until it has ended, by itself or otherwise. */
  untilExit(): Promise<Exit> {
    return this.#exit
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }
}

/**
 * Starts a program. Its output is kept for error messages and printed nowhere.
 *
 * @throws {Error} When there is no such program.
 */
export async function startProgram(command: string, args: readonly string[], options: ProgramOptions = {}): Promise<Program> {
  const stdio: StdioOptions = options.channel === true ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['ignore', 'pipe', 'pipe']
  const child = spawn(command, args, { stdio, env: { ...process.env, ...options.env } })
  if (child.pid !== undefined) guardProcess(child.pid)
  await once(child, 'spawn')
  return new Program(child, command)
}

/** Kills every program that this process has started and that still runs, and waits until they have ended. */
export async function killPrograms(): Promise<void> {
  await Promise.all([...running].map((program) => program.kill()))
}

function isStopped(pid: number): boolean {
  const tasks = `/proc/${pid}/task`
  if (!existsSync(tasks)) return spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout.startsWith('T')
  // The state stands behind the name, which is in parentheses and may itself have some.
  return readdirSync(tasks).every((task) => /\) T [^)]*$/.test(readFileSync(`${tasks}/${task}/stat`, 'utf8')))
}
