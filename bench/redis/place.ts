import { LEASE_AT } from '../../src/drivers/redis/layout.ts'
import { type RedisServer, startRedis } from '../../test/support/redis-server.ts'
import type { LeaseEnd, Leftovers, ServerPlace } from '../shared/place.ts'
import { type RedisLibrary, libraries } from './clients.ts'

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

/** A Redis of its own that keeps what it has acknowledged. Clients take both libraries in turns, or one alone. */
export async function startRedisPlace(only?: RedisLibrary): Promise<ServerPlace> {
  const server = await startRedis({ durable: true })
  return {
    title: 'Redis',
    address: String(server.port),
    port: server.port,
    libraries: only === undefined ? libraries : [only],
    addressAt: String,
    pids: () => [server.pid],
    kill: () => server.kill(),
    restart: () => server.restart(),
    leftovers: () => leftoversIn(server),
    leaseOf: async (key): Promise<LeaseEnd> => {
      const [endsAt = 0, now = 0] = numbers(await server.command('EVAL', OF_ONE, 1, PREFIX + key))
      return { endsAt, now }
    },
    blockedBy: async () => {
      // One command after the other: what was sent before this is carried out by then.
      await server.command('PING')
      return false
    },
    [Symbol.asyncDispose]: () => server.stop(),
  }
}

/** What is under the default prefix. */
export async function leftoversIn(server: RedisServer): Promise<Leftovers> {
  const [records = 0, locksLeft = 0, keysForEver = 0] = numbers(await server.command('EVAL', OF_ALL, 0))
  return { records, locksLeft, keysForEver }
}

function numbers(answer: unknown): number[] {
  if (!Array.isArray(answer)) throw new TypeError('not a list of numbers')
  return answer.map(Number)
}
