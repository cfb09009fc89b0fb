import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process'
import { once } from 'node:events'
import { guardProcess, releaseProcess } from './guard.ts'
import { childrenOf, isGone, isStopped, sendSignal } from './process-table.ts'
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
  /** Where it runs. Default: where this process does. */
  readonly folder?: string
  /** Who runs it. Default: who runs this process; only root may choose another. */
  readonly user?: ProgramUser | undefined
  /** Whether the processes that it starts itself are killed, paused and resumed with it. Default: `false`. */
  readonly withFamily?: boolean
}

export interface ProgramUser {
  readonly uid: number
  readonly gid: number
}

const KEPT_OUTPUT = 4000
const running = new Set<Program>()

/** A process that a proof can kill, stop and wake. It ends with the process that started it, however that ends. */
export class Program {
  readonly child: ChildProcess
  readonly #command: string
  readonly #withFamily: boolean
  readonly #exit: Promise<Exit>
  readonly #closed: Promise<unknown>
  readonly #awaited = new Map<string, () => void>()
  #output = ''

  /** Use `startProgram`. */
  constructor(child: ChildProcess, command: string, withFamily = false) {
    this.child = child
    this.#command = command
    this.#withFamily = withFamily
    running.add(this)
    this.#exit = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        releaseProcess(this.pid, withFamily ? 'family' : 'process')
        running.delete(this)
        resolve({ code, signal })
      })
    })
    this.#closed = new Promise((resolve) => child.once('close', resolve))
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text: Buffer) => this.#heard(text.toString()))
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
  async kill(): Promise<Exit> {
    const family = await this.#stopToSeeFamily()
    for (const pid of family) sendSignal(pid, 'SIGKILL')
    const exit = await this.end('SIGKILL')
    await until(`the family of ${this.#command} to be gone`, () => family.every(isGone))
    return exit
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
    const family = await this.#stopToSeeFamily()
    for (const pid of family) sendSignal(pid, 'SIGSTOP')
    await until(`the family of ${this.#command} to stand still`, () => family.every((pid) => isGone(pid) || isStopped(pid)))
  }

  /** SIGCONT: it goes on where it stood, and knows of no pause. */
  resume(): void {
    if (this.#withFamily) for (const pid of childrenOf(this.pid)) sendSignal(pid, 'SIGCONT')
    this.child.kill('SIGCONT')
  }

  /** Waits until it has printed this. `false` when it ends without that; all of its last words are in `output` then. */
  untilPrinted(text: string): Promise<boolean> {
    if (this.#output.includes(text)) return Promise.resolve(true)
    return new Promise((resolve) => {
      this.#awaited.set(text, () => resolve(true))
      void this.#closed.then(() => resolve(false))
    })
  }

  /** Waits until it has ended, by itself or otherwise. */
  untilExit(): Promise<Exit> {
    return this.#exit
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }

  #heard(text: string): void {
    const output = `${this.#output}${text}`
    for (const [awaited, tell] of this.#awaited) if (output.includes(awaited)) tell()
    this.#output = output.slice(-KEPT_OUTPUT)
  }

  /** Who stands still starts no further ones: only then is the list whole. */
  async #stopToSeeFamily(): Promise<number[]> {
    if (!this.#withFamily || this.hasEnded) return []
    this.child.kill('SIGSTOP')
    await until(`${this.#command} to stand still`, () => this.hasEnded || isStopped(this.pid))
    return childrenOf(this.pid)
  }
}

/**
 * Starts a program. Its output is kept for error messages and printed nowhere.
 *
 * @throws {Error} When there is no such program.
 */
export async function startProgram(command: string, args: readonly string[], options: ProgramOptions = {}): Promise<Program> {
  const stdio: StdioOptions = options.channel === true ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['ignore', 'pipe', 'pipe']
  const { folder, user, withFamily = false } = options
  const env = { ...process.env, ...options.env }
  const child = spawn(command, args, { stdio, env, ...user, ...(folder === undefined ? {} : { cwd: folder }) })
  if (child.pid !== undefined) guardProcess(child.pid, withFamily ? 'family' : 'process')
  await once(child, 'spawn')
  return new Program(child, command, withFamily)
}

/** Kills every program that this process has started and that still runs, and waits until they have ended. */
export async function killPrograms(): Promise<void> {
  await Promise.all([...running].map((program) => program.kill()))
}
