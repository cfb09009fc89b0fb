import {
  type Argument,
  type Bridge,
  type Connection,
  type EventSource,
  type FailureKind,
  NotSent,
  isErrorReply,
  troubleOf,
} from './bridge.ts'
import { hasMethods, propertyOf } from './shapes.ts'

// node-redis sends a command once: what was written when a connection broke is rejected, and only what was never written stays in its queue. So
// the client that was handed in is used as it is, but for its own time limit, which would make a timer for each command.

/** What is used of `createClient()`. */
export interface NodeRedisClient extends EventSource {
  readonly isOpen: boolean
  readonly isReady: boolean
  connect(): Promise<unknown>
  sendCommand(command: readonly Argument[], options: object): Promise<unknown>
}

const BULK_STRING = 36
/** Bulk strings come as bytes. `timeout` is how long a command may wait to be written. */
export const REPLY_OPTIONS: { readonly typeMapping: Readonly<Record<number, typeof Buffer>>; readonly timeout: undefined } = {
  typeMapping: { [BULK_STRING]: Buffer },
  timeout: undefined,
}

export function isNodeRedisClient(client: unknown): client is NodeRedisClient {
  // Version 4 has no `withTypeMapping`, and gives bytes as text.
  return hasMethods(client, 'sendCommand', 'withTypeMapping', 'connect', 'on', 'off') && typeof propertyOf(client, 'isReady') === 'boolean'
}

export function nodeRedisBridge(client: NodeRedisClient): Bridge {
  const trouble = troubleOf(client)
  const connection = connectionOf(client)
  return {
    connect: async () => {
      trouble.listenTo(client)
      if (!client.isOpen) await client.connect()
    },
    close: async () => undefined,
    isReady: () => client.isReady,
    send: (_key, command) => connection.send(command),
    onOneConnection: (_key, use) => use(connection),
    masters: async () => [{ name: '', ...connection }],
    kindOf: nodeRedisFailure,
    trouble: trouble.last,
  }
}

/** A connection over one client. It leaves nothing in the queue of a client that is not connected: it would be sent long after. */
export function connectionOf(client: Pick<NodeRedisClient, 'isReady' | 'sendCommand'>): Connection {
  return {
    send: (command) =>
      client.isReady ? client.sendCommand(command, REPLY_OPTIONS) : Promise.reject(new NotSent('The client is not connected.')),
  }
}

const NOT_SENT = [
  'The client is closed',
  'The client is offline',
  'The command was aborted',
  'The queue is full',
  'All the root nodes are unavailable',
]

export function nodeRedisFailure(error: unknown): FailureKind {
  if (error instanceof NotSent) return 'refused'
  if (isErrorReply(error)) return 'reply'
  if (!(error instanceof Error)) return 'unknown'
  // `TimeoutError` without more: it waited too long to be written, or for a connection of a pool.
  return NOT_SENT.includes(error.message) || error.constructor.name === 'TimeoutError' ? 'refused' : 'unknown'
}
