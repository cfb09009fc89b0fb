import { YOUNG_MS } from '../../src/drivers/redis/user-index.ts'
import { type RedisServer, startRedis } from '../../test/support/redis-server.ts'
import { makeDriver } from '../shared/drivers.ts'
import type { InStore, ManySealed } from './many-sealed.ts'
import { expires, isHeld, keyAt, sealing } from './sealed-records.ts'

const PREFIX = 'session:'
const LANES = 200
const STEP = 1000
const SCANNED_A_STEP = 2000

/** Goes over the entries of some users' lists. */
const ENTRIES = (each: string): string => `
local living, stale, underNew = 0, 0, 0
for _, list in ipairs(KEYS) do
  local entries = redis.call('ZRANGEBYSCORE', list, 0, '(+inf', 'WITHSCORES')
  for at = 1, #entries, 2 do ${each} end
end
return { living, stale, underNew }`
const COUNT = ENTRIES(`
    local record = redis.call('GET', '${PREFIX}' .. entries[at])
    if not record then stale = stale + 1 else
      living = living + 1
      local _, texts = string.gsub(record, 'hf1%.new%.', '')
      if texts == 2 then underNew = underNew + 1 end
    end
`)
/** An entry that is younger may be of a session that is about to be written: nobody takes it for stale. */
const DATE_BACK = ENTRIES(`redis.call('ZADD', list, string.format('%.0f', entries[at + 1] - ${2 * YOUNG_MS}), entries[at])`)

export async function sealedRedis(): Promise<ManySealed> {
  const server = await startRedis({ durable: true })
  const connect = () => makeDriver('node-redis', String(server.port))
  return {
    title: 'Redis',
    port: server.port,
    asked: { stats: [20_000, 250], reseal: [20_000, 1100], gc: [20_000, 300] },
    configAt: (port) => ({ driver: 'redis', redis: { url: `redis://127.0.0.1:${port}` } }),
    connect,
    async fill(count, seed) {
      const recordAt = sealing(seed)
      const { driver, end } = await connect()
      await driver.open()
      let next = 0
      const lane = async (): Promise<void> => {
        for (let index = next++; index < count; index = next++) {
          if ((await driver.insert(keyAt(index), await recordAt(index))) === undefined) throw new Error('a key was taken')
        }
      }
      await Promise.all(Array.from({ length: LANES }, lane))
      await driver.close()
      await end()
    },
    // As Redis does it at their end by itself, for each that nobody holds: their users' entries stay.
    async expire(count) {
      const keys = Array.from({ length: count }, (_, index) => index)
        .filter((index) => expires(index) && !isHeld(index))
        .map(keyAt)
      for (let from = 0; from < keys.length; from += STEP) {
        await server.command('DEL', ...keys.slice(from, from + STEP).map((key) => PREFIX + key))
      }
      await overLists(server, DATE_BACK)
    },
    count: () => overLists(server, COUNT),
    [Symbol.asyncDispose]: () => server.stop(),
  }
}

/** Runs a script over all users' lists, some at a time: a server that is kept busy for long answers nobody. */
async function overLists(server: RedisServer, script: string): Promise<InStore> {
  const sum = { living: 0, stale: 0, underNew: 0 }
  let cursor = '0'
  do {
    const page = listIn(await server.command('SCAN', cursor, 'MATCH', `${PREFIX}user:*`, 'COUNT', SCANNED_A_STEP))
    cursor = String(page[0])
    const lists = listIn(page[1]).map(String)
    const [living = Number.NaN, stale = Number.NaN, underNew = Number.NaN] = listIn(
      await server.command('EVAL', script, lists.length, ...lists),
    ).map(Number)
    sum.living += living
    sum.stale += stale
    sum.underNew += underNew
  } while (cursor !== '0')
  return sum
}

function listIn(answer: unknown): readonly unknown[] {
  if (!Array.isArray(answer)) throw new TypeError('not a list')
  return answer
}
