import { expect, it } from 'vitest'
import { until } from '../../proof/faults/until.ts'
import { slotOf } from '../../src/drivers/redis/bridges/slot.ts'
import { RedisDriver } from '../../src/drivers/redis/redis-driver.ts'
import type { StoreKey } from '../../src/session/id.ts'
import { newKey, recordUnder, store } from '../../src/testing/suite/records.ts'
import { describeNeeding } from '../support/needs.ts'
import { clusterClients } from '../support/redis-cluster-clients.ts'
import { startCluster } from '../support/redis-cluster.ts'
import { toItself } from '../support/redis-gates.ts'

const PREFIX = 'failover:'
/** The first of three masters has the slots below. */
const SLOTS_OF_FIRST = 5461

describeNeeding('redis-server', 'when a master of a Cluster is lost', () => {
  it('each client goes to the replica that takes its place, without the lost one coming back', { timeout: 90_000 }, async () => {
    await using cluster = await startCluster()
    const clients = Object.entries(clusterClients).map(([name, make]) => {
      const { client, end } = make({ addresses: [...cluster.addresses], map: toItself })
      return { name, end, driver: new RedisDriver({ client, prefix: PREFIX }) }
    })
    try {
      for (const { driver } of clients) {
        await driver.open()
        await store(driver, {}, keyOfFirst())
      }
      await cluster.masters[0]?.kill()
      await Promise.all(
        clients.map(async ({ name, driver }) => {
          const { key, version } = await until(`${name} to find the new master`, () => store(driver, {}, keyOfFirst()), 60_000)
          expect((await recordUnder(driver, key)).version).toEqual(version)
        }),
      )
    } finally {
      for (const { driver, end } of clients) {
        await driver.close()
        await end()
      }
    }
  })
})

function keyOfFirst(): StoreKey {
  for (;;) {
    const key = newKey()
    if (slotOf(PREFIX + key) < SLOTS_OF_FIRST) return key
  }
}
