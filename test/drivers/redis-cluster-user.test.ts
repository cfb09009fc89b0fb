import { Cluster as Cluster6 } from 'ioredis'
import { Cluster as Cluster5 } from 'ioredis-5'
import { Cluster as ValkeyCluster } from 'iovalkey'
import { createCluster } from 'redis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { RedisDriver } from '../../src/drivers/redis/redis-driver.ts'
import { recordUnder, store } from '../../src/testing/suite/records.ts'
import { describeNeeding } from '../support/needs.ts'
import { type RedisCluster, startCluster } from '../support/redis-cluster.ts'

const USER = { username: 'web', password: 'secret' }

describeNeeding('redis-server', 'a Cluster that asks for a user and a password', () => {
  let cluster: RedisCluster

  beforeAll(async () => {
    cluster = await startCluster()
    for (const node of cluster.nodes) {
      await node.command('ACL', 'SETUSER', USER.username, 'on', `>${USER.password}`, '~*', '+@all')
      // Whoever does not say who they are may look for nodes, and keep nothing.
      await node.command('ACL', 'SETUSER', 'default', '-evalsha', '-eval')
    }
  })
  afterAll(() => cluster.stop())

  it.each([
    { name: 'ioredis 6', make: () => new Cluster6([...cluster.addresses], { redisOptions: USER }) },
    { name: 'ioredis 5', make: () => new Cluster5([...cluster.addresses], { redisOptions: USER }) },
    { name: 'iovalkey', make: () => new ValkeyCluster([...cluster.addresses], { redisOptions: USER }) },
    {
      name: 'ioredis 5, with a prefix of its own',
      make: () => new Cluster5([...cluster.addresses], { redisOptions: { ...USER, keyPrefix: 'own:' } }),
    },
  ])('is told them by the connections of the driver: $name', async ({ make }) => {
    const client = make()
    const driver = new RedisDriver({ client })
    await driver.open()
    const { key, write } = await store(driver)
    expect((await recordUnder(driver, key)).payload).toBe(write.payload)
    await driver.close()
    client.disconnect()
  })

  it('is told them by a client of node-redis', async () => {
    const client = createCluster({ rootNodes: cluster.addresses.map((socket) => ({ socket })), defaults: USER })
    const driver = new RedisDriver({ client })
    await driver.open()
    const { key, write } = await store(driver)
    expect((await recordUnder(driver, key)).payload).toBe(write.payload)
    await driver.close()
    client.destroy()
  })
})
