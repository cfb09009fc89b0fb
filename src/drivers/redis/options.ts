import { SessionError } from '../../session/errors.ts'
import { integerOption, knownFields, numberOption, shown } from '../../session/option-check.ts'
import type { RedisClient } from './bridges/recognise.ts'
import type { ReplicaWait } from './line.ts'

/** Where sessions are kept, and what an answered write outlives. */
export interface RedisDriverOptions {
  /**
   * A client of `redis` 5 or 6 (`createClient()`, `createClientPool()`, `createCluster()`, `createSentinel()`), of `ioredis` 5 or 6, or of
   * `iovalkey` (`new Redis()`, `new Cluster()`). One that is not connected is connected; it is not closed. Beside a client of ioredis or
   * iovalkey the driver makes one connection of its own, with the same options.
   */
  readonly client: RedisClient
  /** How the names of all keys begin. A `keyPrefix` of the client is not added to it. Default: `session:`. */
  readonly prefix?: string | undefined
  /**
   * How long a command may take, in seconds, the wait for a lost connection included. What was sent and not answered within it has an unknown
   * outcome, and is settled by reading back, which takes as long again, up to six times in all. Default: 2.
   */
  readonly commandTimeoutSeconds?: number | undefined
  /**
   * Lets a write of a session wait until so many replicas have it, at one more round trip. Too few in time is an error that says so, though
   * the write stays on the master. Default: no wait. See "What a failover can lose" in the docs.
   */
  readonly waitReplicas?:
    | {
        readonly replicas: number
        /** Default: 1, or half of `commandTimeoutSeconds`. At most all of it. */
        readonly timeoutSeconds?: number | undefined
      }
    | undefined
}

export interface CheckedOptions {
  readonly client: RedisClient
  readonly prefix: string
  readonly boundMs: number
  readonly wait: ReplicaWait | undefined
}

const LONGEST_SECONDS = 60

/** @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work. */
export function checkedOptions(options: RedisDriverOptions): CheckedOptions {
  knownFields('', options, ['client', 'prefix', 'commandTimeoutSeconds', 'waitReplicas'])
  const { client, prefix = 'session:', waitReplicas } = options
  if (typeof prefix !== 'string' || !prefix.isWellFormed()) throw SessionError.config('prefix', `must be a text, not ${shown(prefix)}.`)
  if (/\{[^}]+\}/.test(prefix)) {
    throw SessionError.config('prefix', 'must not hold a hash tag ({...}): all sessions would lie on one node of a Cluster.')
  }
  const seconds = numberOption('commandTimeoutSeconds', options.commandTimeoutSeconds, 2, 'above', 0)
  if (seconds > LONGEST_SECONDS) throw SessionError.config('commandTimeoutSeconds', `must be at most ${LONGEST_SECONDS}, not ${seconds}.`)
  const boundMs = Math.ceil(seconds * 1000)
  return { client, prefix, boundMs, wait: waitReplicas === undefined ? undefined : checkedWait(waitReplicas, seconds) }
}

function checkedWait(wait: NonNullable<RedisDriverOptions['waitReplicas']>, boundSeconds: number): ReplicaWait {
  knownFields('waitReplicas', wait, ['replicas', 'timeoutSeconds'])
  const replicas: unknown = wait.replicas
  if (replicas === undefined) throw SessionError.config('waitReplicas.replicas', 'must be a whole number from 1 on.')
  const seconds = numberOption('waitReplicas.timeoutSeconds', wait.timeoutSeconds, Math.min(1, boundSeconds / 2), 'above', 0)
  if (seconds > boundSeconds)
    throw SessionError.config('waitReplicas.timeoutSeconds', `must be at most commandTimeoutSeconds, ${boundSeconds}.`)
  // 0 would wait without an end.
  return { replicas: integerOption('waitReplicas.replicas', replicas, 1, 1, 100), timeoutMs: Math.max(1, Math.round(seconds * 1000)) }
}
