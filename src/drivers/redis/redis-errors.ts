import { SessionError } from '../../session/errors.ts'
import { withoutIds } from '../hidden-ids.ts'
import type { FailureKind } from './bridges/bridge.ts'

/**
 * What a client library threw, without what it hung on it: ioredis keeps a failed command's arguments, and some servers repeat them, and those
 * are ids and payloads.
 */
export class RedisFailure extends Error {
  override readonly name = 'RedisFailure'
  readonly kind: FailureKind
  /** The server's word for it, such as `READONLY`, or the system's, such as `ECONNRESET`. */
  readonly code: string | undefined

  constructor(kind: FailureKind, message: string, code?: string) {
    super(message)
    this.kind = kind
    this.code = code
  }
}

const REPEATED_ARGUMENTS = /,? with args beginning with.*$/s

/** A reply that did not come in time. */
export function late(boundMs: number): RedisFailure {
  return new RedisFailure('unknown', `Redis did not answer within ${boundMs / 1000} seconds.`, 'ETIMEDOUT')
}

export function failureOf(kind: FailureKind, error: unknown): RedisFailure {
  if (error instanceof RedisFailure) return error
  if (!(error instanceof Error)) return new RedisFailure(kind, 'The client rejected with what is no error.')
  const code = systemCode(error)
  // Several addresses of one name that were tried in vain are an error without words.
  const message = withoutSecrets(error.message || code || error.constructor.name)
  return new RedisFailure(kind, message, kind === 'reply' ? replyCode(message) : code)
}

export function withoutSecrets(message: string): string {
  return withoutIds(message.replace(REPEATED_ARGUMENTS, ''))
}

const MAY_PASS = new Set(['LOADING', 'TRYAGAIN', 'CLUSTERDOWN', 'MASTERDOWN', 'READONLY', 'MOVED', 'ASK', 'BUSY'])

/** Whether it was certainly not carried out, and may be if it is asked for again in a moment. */
export function mayPass({ kind, code }: RedisFailure): boolean {
  return kind === 'refused' || (kind === 'reply' && code !== undefined && MAY_PASS.has(code))
}

/** The error for an operation that was certainly not carried out. */
export function notDone(operation: string, failure: RedisFailure): SessionError {
  return SessionError.driverFailed(operation, adviceFor(failure), { cause: failure })
}

const ADVICE: Readonly<Record<string, string>> = {
  OOM: 'Redis has no memory left (maxmemory): give it more, or let sessions end sooner. What was stored is intact.',
  NOAUTH: 'Redis asks for a password: give it to the client.',
  WRONGPASS: 'Redis does not know the user or the password of the client.',
  NOPERM:
    'The user of the client may not run this: let it use scripts (EVALSHA, EVAL) and the commands in them on the keys under the prefix.',
  READONLY: 'The server is a read-only replica: let the client connect to the master.',
  LOADING: 'Redis still loads its data.',
  BUSY: 'Redis is busy with a script of another program.',
  MISCONF: 'Redis cannot write to its disk and takes no writes: see its log.',
  NOREPLICAS: 'Too few replicas are connected to the master (min-replicas-to-write).',
  MASTERDOWN: 'The server is a replica that has lost its master.',
  CLUSTERDOWN: 'The Cluster does not serve all its slots.',
  TRYAGAIN: 'The slot of the session is moving to another node.',
  MOVED: 'The slot of the session is on another node, and the client did not follow.',
  ASK: 'The slot of the session is moving to another node, and the client did not follow.',
  WRONGTYPE: 'A key under the prefix is of another program: choose another prefix.',
  CROSSSLOT: 'The server is a Cluster: hand in a Cluster client.',
}

function adviceFor({ kind, code, message }: RedisFailure): string {
  if (kind === 'reply') return (code !== undefined && ADVICE[code]) || `Redis answered: ${message}`
  return `Redis could not be reached. Nothing was changed. Is it running, and does the client have the right address? It said: ${message}`
}

/** Old servers put a script's name before the error of a command in it, new ones have a sentence of their own for what a user may not. */
function replyCode(message: string): string | undefined {
  if (message.startsWith("ERR The user executing the script can't ")) return 'NOPERM'
  const inScript = /@user_script:?\s*\d*:?\s*-?([A-Z][A-Z0-9]{2,}) /.exec(message)?.[1]
  const redirected = /Last error: (?:ReplyError: )?([A-Z][A-Z0-9]{2,})/.exec(message)?.[1]
  return inScript ?? redirected ?? /^([A-Z][A-Z0-9]{2,})(?: |$)/.exec(message)?.[1]
}

function systemCode(error: Error): string | undefined {
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
