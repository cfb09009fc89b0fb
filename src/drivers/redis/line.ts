import { ReplyBound } from '../reply-bound.ts'
import { UnknownOutcome } from '../settle.ts'
import { type Argument, type Bridge, type Connection, type Master, isErrorReply } from './bridges/bridge.ts'
import { type RedisFailure, failureOf, late, mayPass, notDone } from './redis-errors.ts'
import { type Script, digestOf } from './scripts/script.ts'

/** How many replicas must have a write, and how long they are given. */
export interface ReplicaWait {
  readonly replicas: number
  readonly timeoutMs: number
}

const FIRST_PAUSE_MS = 10
const LONGEST_PAUSE_MS = 200

/**
 * Sends commands and says what became of them. Within its bound a command is sent again while it is certain that it was not carried out and
 * that may change: the server loads, its slot moves, a new master is looked for, the client reconnects.
 *
 * Each method rejects with `UnknownOutcome` when no answer came, and with `ERR_SESSION_DRIVER_FAILED` when it was not carried out.
 */
export class RedisLine {
  readonly #bridge: Bridge
  readonly #boundMs: number
  readonly #bound: ReplyBound

  constructor(bridge: Bridge, boundMs: number) {
    this.#bridge = bridge
    this.#boundMs = boundMs
    this.#bound = new ReplyBound(boundMs, () => late(boundMs))
  }

  /** Runs a script on a key, and reads its reply. Every request comes through here: it takes as few promises as can be. */
  run<Answer>(
    operation: string,
    script: Script,
    key: string,
    args: readonly Argument[],
    read: (reply: unknown) => Answer | Promise<Answer>,
  ): Promise<Answer> {
    const send = this.#sendTo(key)
    const again = (failed?: unknown): Promise<Answer> => {
      const isUnknown = failed !== undefined && this.#isNoScript(failed)
      const sendAgain = (): Promise<unknown> =>
        isUnknown ? send(['EVAL', script.lua, '1', key, ...args]) : this.#runOn(send, script, key, args)
      return this.#insist(operation, sendAgain, isUnknown ? undefined : failed).then(read)
    }
    const digest = digestOf(script)
    if (typeof digest !== 'string' || !this.#bridge.isReady()) return again()
    return send(['EVALSHA', digest, '1', key, ...args]).then(read, again)
  }

  /** Runs a script, then asks over the same connection how many replicas have what it wrote. */
  async runAndWait(
    operation: string,
    script: Script,
    key: string,
    args: readonly Argument[],
    wait: ReplicaWait,
  ): Promise<{ readonly reply: unknown; readonly replicas: number }> {
    const command = ['WAIT', String(wait.replicas), String(wait.timeoutMs)]
    return this.#insist(operation, () =>
      this.#bridge.onOneConnection(key, async (connection) => {
        const reply = await this.#runOn((sent) => this.#sendOver(connection, sent), script, key, args)
        return { reply, replicas: await this.#acknowledged(connection, command) }
      }),
    )
  }

  /** Sends a command that has one key. */
  send(operation: string, key: string, command: readonly Argument[]): Promise<unknown> {
    return this.#insist(operation, () => this.#sendTo(key)(command))
  }

  /** Sends a command without a key to one master. */
  ask(operation: string, master: Master, command: readonly Argument[]): Promise<unknown> {
    return this.#insist(operation, () => this.#sendOver(master, command))
  }

  /** All masters, in the order of their names. */
  async masters(operation: string): Promise<readonly Master[]> {
    const masters = await this.#insist(operation, () => this.#bound.within(this.#bridge.masters()))
    return masters.toSorted((one, other) => (one.name < other.name ? -1 : 1))
  }

  #sendTo(key: string): (command: readonly Argument[]) => Promise<unknown> {
    return (command) => this.#bound.within(this.#bridge.send(key, command))
  }

  #sendOver(connection: Connection, command: readonly Argument[]): Promise<unknown> {
    return this.#bound.within(connection.send(command))
  }

  /** By its digest; the whole script where the server does not have it (any more), which keeps it from then on. */
  async #runOn(
    send: (command: readonly Argument[]) => Promise<unknown>,
    script: Script,
    key: string,
    args: readonly Argument[],
  ): Promise<unknown> {
    try {
      return await send(['EVALSHA', await digestOf(script), '1', key, ...args])
    } catch (error) {
      if (!this.#isNoScript(error)) throw error
      return send(['EVAL', script.lua, '1', key, ...args])
    }
  }

  /** How many replicas said that they have it. A connection that breaks meanwhile tells of none, and undoes nothing. */
  async #acknowledged(connection: Connection, command: readonly Argument[]): Promise<number> {
    try {
      return Number(await this.#sendOver(connection, command))
    } catch {
      return 0
    }
  }

  /** @param failed What a first sending failed with. */
  async #insist<Reply>(operation: string, send: () => Promise<Reply>, failed?: unknown): Promise<Reply> {
    const startedAt = performance.now()
    let last = failed === undefined ? undefined : this.#passing(operation, failed)
    let pausesFirst = last !== undefined
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      try {
        if (!pausesFirst && this.#bridge.isReady()) return await send()
      } catch (error) {
        last = this.#passing(operation, error)
      }
      pausesFirst = false
      if (this.#isOver(startedAt, pauseMs)) throw notDone(operation, last?.kind === 'reply' ? last : unreachable(this.#bridge))
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }

  /** A failure that may pass; any other is thrown. */
  #passing(operation: string, error: unknown): RedisFailure {
    const failure = this.#failure(error)
    if (failure.kind === 'unknown') throw new UnknownOutcome(operation, { cause: failure })
    if (!mayPass(failure)) throw notDone(operation, failure)
    return failure
  }

  #isNoScript(error: unknown): boolean {
    return this.#failure(error).code === 'NOSCRIPT'
  }

  #isOver(startedAt: number, pauseMs: number): boolean {
    return performance.now() + pauseMs - startedAt >= this.#boundMs
  }

  #failure(error: unknown): RedisFailure {
    return failureOf(this.#bridge.kindOf(error), error)
  }
}

/** Why nothing was sent, as far as the client says. */
export function unreachable(bridge: Bridge): RedisFailure {
  const trouble = bridge.trouble()
  if (trouble === undefined) return failureOf('refused', new Error('The client is not connected.'))
  return failureOf(isErrorReply(trouble) ? 'reply' : 'refused', trouble)
}
