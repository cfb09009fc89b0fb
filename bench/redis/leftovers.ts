import { until } from '../../proof/faults/until.ts'
import { LEASE_AT } from '../../src/drivers/redis/layout.ts'
import { hashId } from '../../src/manager/digest.ts'
import { type StoreKey, asSessionId } from '../../src/session/id.ts'
import type { RedisServer } from '../../test/support/redis-server.ts'

/** What is under the default prefix when a run has ended. */
export interface Leftovers {
  readonly records: number
  /** Leases that live. */
  readonly locksLeft: number
  /** Keys that never expire. */
  readonly keysForEver: number
}

const PREFIX = 'session:'
const LEASE = `
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local function leaseEnd(key) return struct.unpack('>I6', redis.call('GETRANGE', key, ${LEASE_AT}, ${LEASE_AT + 5})) end
`
const OF_ALL = `${LEASE}
local records, left, forever = 0, 0, 0
for _, key in ipairs(redis.call('KEYS', '${PREFIX}*')) do
  records = records + 1
  if leaseEnd(key) > now then left = left + 1 end
  if redis.call('PTTL', key) == -1 then forever = forever + 1 end
end
return { records, left, forever }`
const OF_ONE = `${LEASE}
return { leaseEnd(KEYS[1]), now }`
/** Longer than any lease of these runs. */
const LEASES_END_MS = 15_000

/** Counts what is left now. */
export async function leftoversNow(server: RedisServer): Promise<Leftovers> {
  const [records = 0, locksLeft = 0, keysForEver = 0] = numbers(await server.command('EVAL', OF_ALL, 0))
  return { records, locksLeft, keysForEver }
}

/** Counts what is left once the leases of those that died have ended. */
export async function leftoversInTheEnd(server: RedisServer): Promise<Leftovers> {
  const areOver = async (): Promise<boolean> => (await leftoversNow(server)).locksLeft === 0
  await until('the last lease to end', areOver, LEASES_END_MS).catch(() => undefined)
  return await leftoversNow(server)
}

/** When the lease of a session ends or has ended, 0 when it was given back; and the server's clock. Unix milliseconds. */
export async function leaseOf(server: RedisServer, id: string): Promise<{ readonly endsAt: number; readonly now: number }> {
  const [endsAt = 0, now = 0] = numbers(await server.command('EVAL', OF_ONE, 1, PREFIX + (await keyOf(id))))
  return { endsAt, now }
}

/** The key of an id, without the prefix. */
export async function keyOf(id: string): Promise<StoreKey> {
  const known = asSessionId(id)
  if (known === undefined) throw new TypeError('not a session id')
  return await hashId(known)
}

function numbers(answer: unknown): number[] {
  if (!Array.isArray(answer)) throw new TypeError('not a list of numbers')
  return answer.map(Number)
}
