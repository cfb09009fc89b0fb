import { type Argument, type Bridge, type Connection, type EventSource, NotSent, isErrorReply, troubleOf } from './bridge.ts'
import { type NodeRedisClient, connectionOf, nodeRedisFailure } from './node-redis.ts'
import { hasMethods } from './shapes.ts'

// A sentinel client of node-redis runs whatever it was given again when the connection to the master breaks meanwhile, up to 16 times: a write
// that had arrived would be carried out twice. It does so when what it was given throws. So each use here throws only what the server
// itself refused since it is a replica now, which makes the client look for the new master and is safe to run again; anything else is handed out as
// a value and thrown outside.

/** What is used of `createSentinel()`. */
export interface NodeRedisSentinel extends EventSource {
  readonly isOpen: boolean
  connect(): Promise<unknown>
  /** Where the master is that it is connected to; `undefined` while it is not. */
  getMasterNode(): object | undefined
  /** What each of its commands goes through: the use of a client that is connected to the master. */
  _execute(isReadOnly: boolean, use: (client: NodeRedisClient) => Promise<Outcome<unknown>>): Promise<Outcome<unknown>>
}

type Outcome<Result> = { readonly result: Result } | { readonly error: unknown }

export function isNodeRedisSentinel(client: unknown): client is NodeRedisSentinel {
  return hasMethods(client, '_execute', 'connect', 'on', 'off', 'getMasterNode')
}

export function nodeRedisSentinelBridge(sentinel: NodeRedisSentinel, patienceMs: number): Bridge {
  const trouble = troubleOf(sentinel)
  const lease = new Lease(sentinel)
  const onMaster = <Result>(use: (connection: Connection) => Promise<Result>): Promise<Result> => {
    const startedAt = performance.now()
    return lease.during(() => execute(use, startedAt))
  }
  const execute = async <Result>(use: (connection: Connection) => Promise<Result>, startedAt: number): Promise<Result> => {
    let result: { readonly value: Result } | undefined
    // oxlint-disable-next-line eslint/no-underscore-dangle -- the library has no other door to the connection
    const outcome = await sentinel._execute(false, async (client) => {
      // It may have waited for a master for long: nobody waits for the answer any more.
      if (performance.now() - startedAt > patienceMs) return { error: new NotSent('No master was found in time.') }
      try {
        result = { value: await use(connectionOf(client)) }
        return { result: undefined }
      } catch (error) {
        if (isErrorReply(error) && error.message.startsWith('READONLY')) throw error
        return { error }
      }
    })
    if ('error' in outcome) throw outcome.error
    if (result === undefined) throw new NotSent('The client did not use its connection.')
    return result.value
  }
  const send = (command: readonly Argument[]): Promise<unknown> => onMaster((connection) => connection.send(command))
  return {
    connect: async () => {
      trouble.listenTo(sentinel)
      if (!sentinel.isOpen) await sentinel.connect()
    },
    close: async () => undefined,
    isReady: () => {
      if (!sentinel.isOpen) return false
      if (sentinel.getMasterNode() !== undefined) return true
      lease.look()
      return false
    },
    send: (_key, command) => send(command),
    onOneConnection: (_key, use) => onMaster(use),
    masters: async () => [{ name: '', send }],
    kindOf: nodeRedisFailure,
    trouble: trouble.last,
  }
}

/**
 * The client's lease of its connection, held as long as anybody uses it. The library gives its lease back when its own uses are over, and whoever comes
 * while it takes one waits for a lease of their own, until all who share that one are done: where requests overlap without a pause, for ever.
 */
class Lease {
  readonly #sentinel: NodeRedisSentinel
  #uses = 0
  #taken: Promise<void> | undefined
  #giveBack: (() => void) | undefined

  constructor(sentinel: NodeRedisSentinel) {
    this.#sentinel = sentinel
  }

  /** Where nobody uses it, a use makes the client look for the master. */
  look(): void {
    if (this.#uses === 0) this.during(async () => undefined).catch(() => undefined)
  }

  async during<Result>(use: () => Promise<Result>): Promise<Result> {
    this.#uses += 1
    try {
      await (this.#taken ??= this.#take())
      return await use()
    } finally {
      this.#uses -= 1
      if (this.#uses === 0) {
        this.#taken = undefined
        this.#giveBack?.()
      }
    }
  }

  /** A use that ends when it is given back. All others share its lease. */
  async #take(): Promise<void> {
    if (!this.#sentinel.isOpen) throw new NotSent('The client is closed.')
    const taken = Promise.withResolvers<void>()
    const kept = Promise.withResolvers<Outcome<unknown>>()
    this.#giveBack = () => kept.resolve({ result: undefined })
    // oxlint-disable-next-line eslint/no-underscore-dangle -- as above
    const keeping = this.#sentinel._execute(false, () => {
      taken.resolve()
      return kept.promise
    })
    keeping.catch(taken.reject)
    await taken.promise
  }
}
