import { SessionError } from '../../../session/errors.ts'
import { type Argument, type Bridge, type Connection, type FailureKind, NotSent, isErrorReply } from './bridge.ts'
import { type Ownable, OwnClient } from './own-client.ts'
import { hasMethods, propertyOf } from './shapes.ts'

// By default ioredis and iovalkey send what had no answer when a connection broke again over the next one: a write would be carried out twice. So the driver
// has a connection of its own, made like the one that was handed in, on which what had no answer is rejected, at once.

/** What is used of `new Redis()`, of ioredis or iovalkey, with sentinels or without. */
export interface IoRedis extends Ownable {
  readonly options: object
  duplicate(options: object): IoRedis
  disconnect(reconnect?: boolean): void
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

/** @throws {SessionError} `ERR_SESSION_CONFIG` for a database that the library made no number of: its connection would end the process. */
export function ioredisBridge(client: IoRedis): Bridge {
  if (Number.isNaN(propertyOf(client.options, 'db')))
    throw SessionError.config('client', 'has a database that is no number. It stands at the end of the URL: redis://127.0.0.1:6379/0')
  let refused: unknown
  const own = new OwnClient(() => ownConnection(client, (error) => (refused = error)))
  const send = async (command: readonly Argument[]): Promise<unknown> => sendOver(own.connected, command)
  return {
    connect: async () => {
      refused = undefined
      try {
        await own.connect()
      } catch (error) {
        throw refused ?? error
      }
      if (refused !== undefined) throw refused
    },
    close: own.close,
    isReady: own.isReady,
    send: (_key, command) => send(command),
    onOneConnection: async (_key, use) => use(connectionOver(own.connected)),
    masters: async () => [{ name: '', send }],
    kindOf: ioredisFailure,
    trouble: own.trouble.last,
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

/** @param onRefused Gets the error where the server refuses the database that the client is to use. */
function ownConnection(client: IoRedis, onRefused: (error: unknown) => void): IoRedis & BytesFromScripts {
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
  own.on('error', (error) => {
    if (propertyOf(propertyOf(error, 'command'), 'name') !== 'select') return
    // The library says so by this event alone, and would go on in database 0, which is others'.
    onRefused(error)
    own.disconnect(true)
  })
  return own
}
