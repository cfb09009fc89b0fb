import { type Argument, type Bridge, type Connection, type EventSource, NotSent, isErrorReply, Trouble } from './bridge.ts'
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
  /** What each of its commands goes through: the use of a client that is connected to the master. */
  _execute(isReadOnly: boolean, use: (client: NodeRedisClient) => Promise<Outcome<unknown>>): Promise<Outcome<unknown>>
}

type Outcome<Result> = { readonly result: Result } | { readonly error: unknown }

export function isNodeRedisSentinel(client: unknown): client is NodeRedisSentinel {
  return hasMethods(client, '_execute', 'connect', 'on', 'off', 'getMasterNode')
}

export function nodeRedisSentinelBridge(sentinel: NodeRedisSentinel, patienceMs: number): Bridge {
  const trouble = new Trouble()
  // Uses share one lease of the connection, and the first one gets it. Those that came while it does would each wait for a lease of their own, one after
  // another: they wait for the first to have it.
  let running = 0
  let leased: Promise<void> | undefined
  const sharing = async <Result>(execute: (hasLease: () => void) => Promise<Result>): Promise<Result> => {
    const { promise, resolve } = Promise.withResolvers<void>()
    running += 1
    try {
      if (leased === undefined) leased = promise
      else await leased
      return await execute(resolve)
    } finally {
      resolve()
      running -= 1
      if (running === 0) leased = undefined
    }
  }
  const onMaster = <Result>(use: (connection: Connection) => Promise<Result>): Promise<Result> => {
    const startedAt = performance.now()
    return sharing((hasLease) => execute(use, hasLease, startedAt))
  }
  const execute = async <Result>(
    use: (connection: Connection) => Promise<Result>,
    hasLease: () => void,
    startedAt: number,
  ): Promise<Result> => {
    if (!sentinel.isOpen) throw new NotSent('The client is closed.')
    let result: { readonly value: Result } | undefined
    // oxlint-disable-next-line eslint/no-underscore-dangle -- the library has no other door to the connection
    const outcome = await sentinel._execute(false, async (client) => {
      hasLease()
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
    isReady: () => sentinel.isOpen,
    send: (_key, command) => send(command),
    onOneConnection: (_key, use) => onMaster(use),
    masters: async () => [{ name: '', send }],
    kindOf: nodeRedisFailure,
    trouble: trouble.last,
  }
}
