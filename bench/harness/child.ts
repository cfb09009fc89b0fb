import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { availableParallelism, constants, setPriority } from 'node:os'
import { once } from 'node:events'
import { childrenOf } from '../../proof/faults/process-table.ts'

/** What two processes say to each other: by kind, what is asked and what is answered. */
export type Protocol = Readonly<Record<string, { readonly ask: unknown; readonly answer: unknown }>>

export interface ChildOptions {
  /** The CPU that it is to stay on, where the system has `taskset` and more than one CPU. */
  readonly cpu?: number
  /** Whoever else wants its CPU goes first. */
  readonly yields?: boolean
  /** For `node`, before the file. */
  readonly nodeFlags?: readonly string[]
}

interface Reply {
  readonly answer?: unknown
  readonly error?: string
}

/** A process of ours that answers one question at a time. */
export class Child<Spoken extends Protocol> {
  readonly #process: ChildProcess
  readonly #name: string
  #complaints = ''
  #turn: Promise<unknown> = Promise.resolve()

  /** @param args The module that calls `answerParent`, and what it gets as arguments. */
  constructor(args: readonly [file: string, ...rest: string[]], { cpu, yields = false, nodeFlags = [] }: ChildOptions = {}) {
    const command = [...(cpu === undefined ? [] : pin(cpu)), process.execPath, ...nodeFlags, ...args]
    const env = { ...process.env, NODE_ENV: 'production' as const }
    this.#name = args.join(' ')
    this.#process = spawn(command[0] ?? '', command.slice(1), {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env,
      serialization: 'advanced',
    })
    // Before it has threads: they are as it is.
    if (yields && this.#process.pid !== undefined) setPriority(this.#process.pid, constants.priority.PRIORITY_LOW)
    this.#process.stderr?.on('data', (text: Buffer) => {
      this.#complaints += text.toString()
    })
  }

  /** Asks, and gives the answer. Rejects with what the other side threw, and when it ends without an answer. */
  ask<Kind extends keyof Spoken & string>(kind: Kind, question: Spoken[Kind]['ask']): Promise<Spoken[Kind]['answer']> {
    const answered = this.#turn.then(() => this.#ask(kind, question))
    this.#turn = answered.catch(() => undefined)
    return answered
  }

  /** Asks it to end, and waits until it has. */
  async stop(): Promise<void> {
    await this.#turn
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const ended = once(this.#process, 'exit')
    this.#process.disconnect()
    await ended
  }

  #ask(kind: string, question: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const onExit = (code: number | null): void => {
        reject(new Error(`${this.#name} ended with ${String(code)}, asked for ${kind}. ${this.#complaints}`))
      }
      if (!this.#process.connected) return onExit(this.#process.exitCode)
      this.#process.once('exit', onExit)
      this.#process.once('message', ({ answer, error }: Reply) => {
        this.#process.off('exit', onExit)
        if (error === undefined) resolve(answer)
        else reject(new Error(`${this.#name}, asked for ${kind}: ${error}`))
      })
      this.#process.send({ kind, question })
    })
  }
}

/** The other side: answers its parent's questions until the parent is gone or says `stop`, and then ends. */
export function answerParent<Spoken extends Protocol>(
  answers: { readonly [Kind in keyof Spoken]: (question: Spoken[Kind]['ask']) => Spoken[Kind]['answer'] | Promise<Spoken[Kind]['answer']> },
  end: () => void | Promise<void> = () => {},
): void {
  const reply = async (kind: keyof Spoken, question: unknown): Promise<Reply> => {
    try {
      return { answer: await answers[kind](question) }
    } catch (error) {
      return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) }
    }
  }
  process.on('message', ({ kind, question }: { kind: keyof Spoken; question: unknown }) => {
    void reply(kind, question).then((answer) => process.send?.(answer))
  })
  process.once('disconnect', () => {
    void Promise.resolve(end()).finally(() => process.exit())
  })
}

/** Keeps a process that runs, with all its threads, on one CPU, where that can be done. */
export function pinProcess(pid: number, cpu: number): void {
  const [taskset, ...words] = pin(cpu)
  if (taskset !== undefined) spawnSync(taskset, ['-a', '-p', ...words, String(pid)])
}

/** The same for a process and those that it has started. Those that they start stay there by themselves. */
export function pinFamily(pid: number, cpu: number): void {
  pinProcess(pid, cpu)
  for (const child of childrenOf(pid)) pinProcess(child, cpu)
}

let canPin: boolean | undefined

function pin(cpu: number): string[] {
  const fits = cpu < availableParallelism()
  canPin ??= fits && spawnSync('taskset', ['-c', String(cpu), 'true']).status === 0
  return canPin && fits ? ['taskset', '-c', String(cpu)] : []
}
