import { SessionError, isSessionError } from '../../session/errors.ts'
import { isObject } from '../../session/plain.ts'
import { ReplyBound } from '../reply-bound.ts'
import { answered } from '../settle.ts'
import { type Bridge, type Master, isErrorReply } from './bridges/bridge.ts'
import { RedisLine, unreachable } from './line.ts'
import type { CheckedOptions } from './options.ts'
import { RedisFailure, failureOf, late, notDone } from './redis-errors.ts'
import { replyOf, textIn, textsIn } from './replies.ts'
import { PROBE } from './scripts/probe.ts'

const LEAST_VERSION = [6, 2]

/**
 * Checks that sessions can be kept here: scripts run, the server knows what they use, it is no replica, and it does not throw sessions away when its
 * memory is full; of the last it only warns.
 *
 * @throws {SessionError} `ERR_SESSION_DRIVER_FAILED` when they cannot.
 */
async function checkServer(line: RedisLine, prefix: string): Promise<void> {
  for (const master of await line.masters('open')) {
    const facts = await factsOf(line, master)
    if (facts === undefined) continue
    checkVersion(facts)
    if (facts.get('role') === 'slave')
      throw SessionError.driverFailed('open', 'The server is a read-only replica: let the client connect to the master.')
    warnOfEviction(facts.get('maxmemory_policy'))
  }
  const reply = await answered('open', () => line.run('open', PROBE, `${prefix}probe`, [], replyOf))
  if (reply.bytes(2).readUIntBE(0, 6) !== reply.number(1))
    throw SessionError.driverFailed('open', 'The scripts of the server cannot pack numbers.')
}

async function factsOf(line: RedisLine, master: Master): Promise<ReadonlyMap<string, string> | undefined> {
  try {
    const info = textIn(await answered('open', () => line.ask('open', master, ['INFO'])))
    return new Map([...info.matchAll(/^(\w+):(.*?)\r?$/gm)].map(([, name = '', value = '']) => [name, value]))
  } catch (error) {
    if (!isSessionError(error) || !(error.cause instanceof RedisFailure) || !isWithheld(error.cause)) throw error
    warn('The user of the Redis client may not run INFO: whether the server evicts sessions when its memory is full was not checked.')
    return undefined
  }
}

/** Whether the client's user may not run the command, or nobody may: some servers have it under a name that only who looks after them knows. */
function isWithheld({ code, message }: RedisFailure): boolean {
  return code === 'NOPERM' || /^ERR unknown command/i.test(message)
}

/** What each master says of itself; nothing of one where that is not allowed. */
export async function serverFacts(line: RedisLine): Promise<readonly ReadonlyMap<string, string>[]> {
  const all: ReadonlyMap<string, string>[] = []
  for (const master of await line.masters('facts')) {
    const save = await saveOf(line, master)
    const facts = await factsOf(line, master)
    all.push(new Map([...(facts ?? []), ...(save === undefined ? [] : ([['config_save', save]] as const))]))
  }
  return all
}

/** When snapshots are taken, an empty text for never; `undefined` where it is not told, as by a server that somebody else looks after. */
async function saveOf(line: RedisLine, master: Master): Promise<string | undefined> {
  try {
    const reply = await answered('facts', () => line.ask('facts', master, ['CONFIG', 'GET', 'save']))
    // By the newer protocol it is a table, which clients give as an object or a map.
    if (reply instanceof Map) return textIn(reply.get('save'))
    return Array.isArray(reply) ? textsIn(reply)[1] : isObject(reply) ? textIn(Reflect.get(reply, 'save')) : undefined
  } catch {
    return undefined
  }
}

function checkVersion(facts: ReadonlyMap<string, string>): void {
  const version = facts.get('redis_version') ?? ''
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [leastMajor = 0, leastMinor = 0] = LEAST_VERSION
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return
  throw SessionError.driverFailed('open', `The server is Redis ${version}; at least ${LEAST_VERSION.join('.')} is needed.`)
}

function warnOfEviction(policy: string | undefined): void {
  if (policy === undefined || policy === 'noeviction') return
  warn(
    `Redis is set to maxmemory-policy '${policy}': when its memory is full it throws away sessions, and their users are logged out, ` +
      'and indexes of users, whose sessions are then not found when they are to be ended. ' +
      "Set it to 'noeviction', or keep sessions on a server of their own.",
  )
}

const warned = new Set<string>()

/** Once in a process. */
function warn(message: string): void {
  if (warned.has(message)) return
  warned.add(message)
  process.emitWarning(message, { type: 'HoldfastWarning', code: 'HOLDFAST_REDIS_DRIVER' })
}

const LEAST_CONNECTING_MS = 5000

/**
 * Connects the client, within a bound, and checks the server. Where somebody else is connecting the client, its first answers take as long as that does:
 * they have what is left of the bound.
 */
export async function connected(bridge: Bridge, { boundMs, prefix }: CheckedOptions): Promise<void> {
  const mostMs = Math.max(boundMs, LEAST_CONNECTING_MS)
  const startedAt = performance.now()
  try {
    await new ReplyBound(mostMs, () => late(mostMs)).within(bridge.connect())
    const leftMs = Math.ceil(mostMs - (performance.now() - startedAt))
    await checkServer(new RedisLine(bridge, Math.max(boundMs, leftMs)), prefix)
  } catch (error) {
    await bridge.close().catch(() => undefined)
    throw isSessionError(error) ? error : notDone('open', isErrorReply(error) ? failureOf('reply', error) : unreachable(bridge))
  }
}
