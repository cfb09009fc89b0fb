import {
  type Argument,
  type Bridge,
  type Connection,
  type EventSource,
  type FailureKind,
  NotSent,
  Trouble,
  isErrorReply,
} from './bridge.ts'
import { hasMethods, propertyOf } from './shapes.ts'

// By default ioredis and iovalkey send what had no answer when a connection broke again over the next one: a write would be carried out twice. So the driver
// has a connection of its own, made like the one that was handed in, on which what had no answer is rejected, at once.

/** What is used of `new Redis()`, of ioredis or iovalkey, with sentinels or without. */
export interface IoRedis extends EventSource {
  readonly status: string
  readonly options: object
  connect(): Promise<unknown>
  disconnect(): void
  duplicate(options: object): IoRedis
  call(command: string, ...args: Argument[]): Promise<unknown>
}

/** The library's types do not show these. They answer with bytes; `callBuffer` is no way round, as auto-pipelining drops the command's name from it. */
export interface BytesFromScripts {
  evalshaBuffer(...command: readonly Argument[]): Promise<unknown>
  evalBuffer(...command: readonly Argument[]): Promise<unknown>
}

export function isIoRedis(client: unknown): client is IoRedis & BytesFromScripts {
  return (
    hasMethods(client, 'call', 'evalshaBuffer', 'evalBuffer', 'duplicate', 'disconnect', 'on', 'off') &&
    propertyOf(client, 'isCluster') !== true
  )
}

type Scriptable = Pick<IoRedis, 'call'> & BytesFromScripts

/** What every connection of the driver's own has. Commands that nobody waits for any more must not be in a queue. */
export const OWN_OPTIONS = {
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  commandTimeout: undefined,
  keyPrefix: '',
  stringNumbers: false,
  readOnly: false,
}

export function ioredisBridge(client: IoRedis): Bridge {
  const trouble = new Trouble()
  let own: (IoRedis & BytesFromScripts) | undefined
  const connected = (): IoRedis & BytesFromScripts => {
    if (own?.status !== 'ready') throw new NotSent('The client is not connected.')
    return own
  }
  const send = async (command: readonly Argument[]): Promise<unknown> => sendOver(connected(), command)
  return {
    connect: async () => {
      own ??= ownConnection(client)
      trouble.listenTo(own)
      // One that has given up is asked again: it ends for good only when the driver is closed.
      if (own.status === 'wait' || own.status === 'end') await own.connect()
      else await becomesReady(own)
    },
    close: async () => {
      own?.disconnect()
      own = undefined
    },
    isReady: () => {
      if (own?.status === 'end') own.connect().catch(() => undefined)
      return own?.status === 'ready'
    },
    send: (_key, command) => send(command),
    onOneConnection: async (_key, use) => use(connectionOver(connected())),
    masters: async () => [{ name: '', send }],
    kindOf: ioredisFailure,
    trouble: trouble.last,
  }
}

export function connectionOver(client: Scriptable): Connection {
  return { send: (command) => sendOver(client, command) }
}

/** Scripts answer with bytes, everything else with text. */
export function sendOver(client: Scriptable, command: readonly Argument[]): Promise<unknown> {
  const [name = '', ...rest] = command
  if (name === 'EVALSHA') return client.evalshaBuffer(...rest)
  if (name === 'EVAL') return client.evalBuffer(...rest)
  return client.call(String(name), ...rest)
}

export function ioredisFailure(error: unknown): FailureKind {
  if (error instanceof NotSent) return 'refused'
  if (isErrorReply(error)) return 'reply'
  if (!(error instanceof Error)) return 'unknown'
  if (error.message.startsWith('Too many Cluster redirections')) return 'reply'
  // Everything else it says also of commands that were written, such as "Connection is closed.".
  return error.message.includes('enableOfflineQueue options is false') ? 'refused' : 'unknown'
}

function ownConnection(client: IoRedis): IoRedis & BytesFromScripts {
  const reconnectOnError: unknown = propertyOf(client.options, 'reconnectOnError')
  const own = client.duplicate({
    ...OWN_OPTIONS,
    enableOfflineQueue: false,
    lazyConnect: true,
    // 2 would send the command again. A server that has become a replica is left: the next connection finds the new master.
    reconnectOnError: (error: unknown) => {
      const wanted: unknown = typeof reconnectOnError === 'function' ? reconnectOnError(error) : false
      return wanted === true || wanted === 1 || wanted === 2 || (isErrorReply(error) && error.message.startsWith('READONLY'))
    },
  })
  if (!isIoRedis(own)) throw new NotSent('The client does not duplicate itself.')
  return own
}

/** Waits while it connects; the caller bounds the wait. */
export function becomesReady(client: Pick<IoRedis, 'status' | 'on' | 'off'>): Promise<void> {
  if (client.status === 'ready') return Promise.resolve()
  return new Promise((resolve, reject) => {
    const settle = (how: () => void) => () => {
      client.off('ready', onReady)
      client.off('end', onEnd)
      how()
    }
    const onReady = settle(resolve)
    const onEnd = settle(() => reject(new NotSent('The client gave up connecting.')))
    client.on('ready', onReady)
    client.on('end', onEnd)
  })
}
