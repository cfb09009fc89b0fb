import { afterAll, beforeAll } from 'vitest'
import { describeNeeding } from '../support/needs.ts'
import { clusterClients } from '../support/redis-cluster-clients.ts'
import { type RedisCluster, startCluster } from '../support/redis-cluster.ts'
import { damageRecord } from '../support/redis-damage.ts'
import { fillTables } from '../support/redis-filling.ts'
import { behind, nobody, openGates, toItself } from '../support/redis-gates.ts'
import { removeKeys } from '../support/redis-remove.ts'
import { redisSuite } from './redis/suite.ts'

describeNeeding('redis-server', 'on a Cluster', () => {
  let cluster: RedisCluster

  beforeAll(async () => {
    cluster = await startCluster()
  })

  afterAll(() => cluster.stop())

  for (const [name, make] of Object.entries(clusterClients)) {
    redisSuite(name, {
      makeClient: () => make({ addresses: [...cluster.addresses], map: toItself }),
      makeCuttableClient: async () => {
        const gates = await openGates(cluster.nodes)
        return behind(gates, make(gates))
      },
      makeLostClient: async () => make({ addresses: [await nobody()], map: toItself }),
      damage: async (key) => damageRecord(await cluster.ownerOf(await cluster.slotOf(key)), key),
      fill: (prefix) => fillTables(cluster.masters, prefix),
      removeUnder: (prefix) => removeKeys(cluster.masters, prefix),
    })
  }
})
