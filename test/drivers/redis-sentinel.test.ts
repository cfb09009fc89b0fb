import { afterAll, beforeAll } from 'vitest'
import { describeNeeding } from '../support/needs.ts'
import { damageRecord } from '../support/redis-damage.ts'
import { fillTables } from '../support/redis-filling.ts'
import { behind, nobody, openGates, toItself } from '../support/redis-gates.ts'
import { removeKeys } from '../support/redis-remove.ts'
import { sentinelClients } from '../support/redis-sentinel-clients.ts'
import { type RedisSentinel, startSentinel } from '../support/redis-sentinel.ts'
import { type TestClient, redisSuite } from './redis/suite.ts'

describeNeeding('redis-server', 'watched by Sentinel', () => {
  const clients = new Map<string, TestClient>()
  let made = 0
  let sentinel: RedisSentinel

  beforeAll(async () => {
    sentinel = await startSentinel()
  })

  afterAll(async () => {
    for (const client of clients.values()) await client.end()
    await sentinel.stop()
  })

  /** For node-redis, of which each sentinel client takes a tenth of a second to make: two for all tests, turn about. */
  function shared(name: string, make: () => TestClient): TestClient {
    if (!name.includes('node-redis')) return make()
    made += 1
    const key = `${name} ${made % 2}`
    const client = clients.get(key) ?? make()
    clients.set(key, client)
    return { client: client.client, end: () => undefined }
  }

  for (const [name, make] of Object.entries(sentinelClients)) {
    redisSuite(name, {
      makeClient: () => shared(name, () => make({ name: sentinel.name, addresses: [...sentinel.addresses], map: toItself })),
      makeCuttableClient: async () => {
        const gates = await openGates([sentinel.master, sentinel.replica])
        return behind(gates, make({ name: sentinel.name, addresses: [...sentinel.addresses], map: gates.map }))
      },
      makeLostClient: async () => make({ name: sentinel.name, addresses: [await nobody()], map: toItself }),
      damage: (key) => damageRecord(sentinel.master, key),
      fill: (prefix) => fillTables([sentinel.master], prefix),
      removeUnder: (prefix) => removeKeys([sentinel.master], prefix),
    })
  }
})
