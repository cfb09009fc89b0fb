import { type Argument, type Bridge, type EventSource, troubleOf } from './bridge.ts'
import { type NodeRedisClient, connectionOf, nodeRedisFailure } from './node-redis.ts'
import { hasMethods } from './shapes.ts'

/** What is used of `createClientPool()`. */
export interface NodeRedisPool extends EventSource {
  readonly isOpen: boolean
  connect(): Promise<unknown>
  sendCommand(command: readonly Argument[]): Promise<unknown>
  execute<Result>(use: (client: NodeRedisClient) => Promise<Result>): Promise<Result>
}

export function isNodeRedisPool(client: unknown): client is NodeRedisPool {
  return hasMethods(client, 'sendCommand', 'connect', 'execute', 'on', 'off') && 'totalClients' in client
}

export function nodeRedisPoolBridge(pool: NodeRedisPool): Bridge {
  const trouble = troubleOf(pool)
  const send = (command: readonly Argument[]): Promise<unknown> => pool.execute((client) => connectionOf(client).send(command))
  return {
    connect: async () => {
      trouble.listenTo(pool)
      if (!pool.isOpen) await pool.connect()
    },
    close: async () => undefined,
    isReady: () => pool.isOpen,
    send: (_key, command) => send(command),
    onOneConnection: (_key, use) => pool.execute((client) => use(connectionOf(client))),
    masters: async () => [{ name: '', send }],
    kindOf: nodeRedisFailure,
    trouble: trouble.last,
  }
}
