import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { until } from '../../proof/faults/until.ts'
import type { LockingDriver } from '../../src/contracts/driver.ts'
import { RedisDriver } from '../../src/drivers/redis/redis-driver.ts'
import type { StoreKey } from '../../src/session/id.ts'
import { aRecord, newKey, newToken, recordUnder } from '../../src/testing/suite/records.ts'
import { describeNeeding } from '../support/needs.ts'
import { clusterClients } from '../support/redis-cluster-clients.ts'
import { type RedisCluster, startCluster } from '../support/redis-cluster.ts'
import { toItself } from '../support/redis-gates.ts'

const PREFIX = 'holdfast-moving:'
const SESSIONS = 12
const WORKERS = 6
/** Commits in each of the three phases: before the slot moves, while it is half moved, afterwards. */
const COMMITS = 100
const LEASE_MS = 60_000

describeNeeding('redis-server', 'while a slot of a Cluster moves', () => {
  let cluster: RedisCluster
  beforeAll(async () => {
    cluster = await startCluster()
  })
  afterAll(() => cluster.stop())

  for (const [name, make] of Object.entries(clusterClients)) {
    it(`no increment is lost and none fails, over ${name}`, { timeout: 120_000 }, async () => {
      const { client, end } = make({ addresses: [...cluster.addresses], map: toItself })
      const driver = new RedisDriver({ client, prefix: PREFIX })
      onTestFinished(async () => {
        await driver.close()
        await end()
      })
      await driver.open()
      const [first, ...others] = Array.from({ length: SESSIONS / 2 }, () => newKey())
      const slot = await cluster.slotOf(PREFIX + first)
      const keys = [...others, ...(await keysInSlot(slot, SESSIONS / 2))]
      for (const key of keys) await driver.insert(key, aRecord({ payload: '0' }))
      const from = await cluster.ownerOf(slot)
      const [to] = cluster.masters.filter((node) => node !== from)
      if (to === undefined) throw new Error('there are three masters')
      for (const node of cluster.masters) await node.command('CONFIG', 'RESETSTAT')

      const counting = countUp(driver, keys)
      await counting.more(COMMITS)
      const moved = await cluster.moveSlot(slot, from, to, () => counting.more(COMMITS))
      await counting.more(COMMITS)
      const committed = await counting.stop()

      expect(moved).toBeGreaterThanOrEqual(SESSIONS / 2)
      const redirections = await from.info('errorstats')
      expect([redirections.has('errorstat_ASK'), redirections.has('errorstat_MOVED')]).toEqual([true, true])
      for (const key of keys) expect(Number((await recordUnder(driver, key)).payload)).toBe(committed.get(key))
      expect([...committed.values()].reduce((sum, count) => sum + count)).toBeGreaterThanOrEqual(3 * COMMITS)
    })
  }

  async function keysInSlot(slot: number, count: number): Promise<StoreKey[]> {
    const [node] = cluster.masters
    const found: StoreKey[] = []
    while (found.length < count) {
      const some = Array.from({ length: 1000 }, () => newKey())
      const script = 'local slots = {} for i, key in ipairs(ARGV) do slots[i] = redis.call("CLUSTER", "KEYSLOT", key) end return slots'
      const slots = await node?.command('EVAL', script, 0, ...some.map((key) => PREFIX + key))
      if (Array.isArray(slots)) found.push(...some.filter((_, index) => slots[index] === slot))
    }
    return found.slice(0, count)
  }
})

/** Workers that take a session's lease, add one to its payload and commit, over and over. */
function countUp(driver: LockingDriver, keys: readonly StoreKey[]) {
  const committed = new Map(keys.map((key) => [key, 0]))
  const failures: unknown[] = []
  const stopping = new AbortController()
  let total = 0
  const increment = async (key: StoreKey): Promise<void> => {
    const acquired = await driver.acquire(key, { token: newToken(), leaseMs: LEASE_MS })
    if (acquired.kind === 'busy') return
    if (acquired.kind !== 'held') throw new Error(`the session was ${acquired.kind}`)
    const payload = String(Number(acquired.record.payload) + 1)
    const result = await driver.commit(acquired.lease, aRecord({ payload }), { leaseMs: LEASE_MS })
    if (result.kind !== 'written') throw new Error(`the commit was answered with ${result.kind}`)
    committed.set(key, (committed.get(key) ?? 0) + 1)
    total += 1
  }
  const workers = Array.from({ length: WORKERS }, async (_, worker) => {
    for (let turn = worker; !stopping.signal.aborted; turn += 1) {
      const key = keys[turn % keys.length]
      if (key !== undefined) await increment(key).catch((error: unknown) => failures.push(error))
    }
  })
  return {
    /** Waits until so many more commits were answered. */
    more: async (count: number): Promise<void> => {
      const goal = total + count
      await until(`${count} commits`, () => failures.length > 0 || total >= goal)
      if (failures.length > 0) throw failures[0]
    },
    stop: async (): Promise<ReadonlyMap<StoreKey, number>> => {
      stopping.abort()
      await Promise.all(workers)
      if (failures.length > 0) throw failures[0]
      return committed
    },
  }
}
