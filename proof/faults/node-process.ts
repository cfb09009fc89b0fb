import type { Serializable } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type Exit, type Program, type ProgramOptions, startProgram } from './program.ts'

const PATIENCE_MS = 30_000

interface Waiter {
  readonly resolve: (message: unknown) => void
  readonly reject: (error: Error) => void
}

/** A Node process that runs a module of ours and talks with us: `parent.ts` is its side. */
export class NodeProcess {
  readonly program: Program
  readonly #module: string
  readonly #messages: unknown[] = []
  readonly #waiters: Waiter[] = []
  #gone = false

  /** Use `startProcess`. */
  constructor(program: Program, module: string) {
    this.program = program
    this.#module = module
    program.child.on('message', (message) => {
      const waiter = this.#waiters.shift()
      if (waiter === undefined) this.#messages.push(message)
      else waiter.resolve(message)
    })
    // 'close', not 'exit': only then is what it said before it ended all here.
    program.child.once('close', () => {
      this.#gone = true
      for (const { reject } of this.#waiters.splice(0)) reject(this.#ended())
    })
  }

  get pid(): number {
    return this.program.pid
  }

  /** Sends a message. One to a process that has ended is lost, as on any line that was cut. */
  send(message: Serializable): void {
    if (this.program.child.connected) this.program.child.send(message, () => {})
  }

  /**
   * The next message, in the order sent. What it said before it was killed comes too.
   *
   * @throws {Error} When the process ends, or the wait, with no message left. It holds what the process printed.
   */
  next(withinMs: number = PATIENCE_MS): Promise<unknown> {
    if (this.#messages.length > 0) return Promise.resolve(this.#messages.shift())
    if (this.#gone) return Promise.reject(this.#ended())
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        resolve: (message) => {
          clearTimeout(timer)
          resolve(message)
        },
        reject: (error) => {
          clearTimeout(timer)
          reject(error)
        },
      }
      const timer = setTimeout(() => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1)
        reject(new Error(`${this.#module} said nothing within ${withinMs} ms. ${this.program.output}`))
      }, withinMs)
      this.#waiters.push(waiter)
    })
  }

  /** Sends a message and gives the next one. */
  ask(message: Serializable): Promise<unknown> {
    this.send(message)
    return this.next()
  }

  /** SIGKILL. Waits until it has ended. */
  kill(): Promise<Exit> {
    return this.program.kill()
  }

  /** SIGSTOP. Waits until it stands still. */
  pause(): Promise<void> {
    return this.program.pause()
  }

  /** SIGCONT. */
  resume(): void {
    this.program.resume()
  }

  /** Waits until it has ended, by itself or otherwise. */
  untilExit(): Promise<Exit> {
    return this.program.untilExit()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }

  #ended(): Error {
    return new Error(`${this.#module} ended. ${this.program.output}`)
  }
}

/**
 * Starts a module in a Node process of its own. It ends with this process, however that ends.
 *
 * @param module Where the module is; it runs unbuilt.
 * @param args What it finds in `process.argv` from index 2.
 */
export async function startProcess(
  module: URL,
  args: readonly string[] = [],
  options: Pick<ProgramOptions, 'env'> = {},
): Promise<NodeProcess> {
  const path = fileURLToPath(module)
  return new NodeProcess(await startProgram(process.execPath, [path, ...args], { ...options, channel: true }), path)
}
