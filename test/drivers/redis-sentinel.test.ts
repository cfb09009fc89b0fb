import { afterAll, beforeAll } from 'vitest'
import { describeNeeding } from '../support/needs.ts'
import { damageRecord } from '../support/redis-damage.ts'
import { fillTables } from '../support/redis-filling.ts'
import { behind, nobody, openGates, toItself } from '../support/redis-gates.ts'
import { removeKeys } from '../support/redis-remove.ts'
import { type SentinelWay, sentinelClients } from '../support/redis-sentinel-clients.ts'
import { type RedisSentinel, startSentinel } from '../support/redis-sentinel.ts'
import { type TestClient, redisSuite } from './redis/suite.ts'

describeNeeding('redis-server', 'watched by Sentinel', () => {
  const shared = new Map<string, readonly TestClient[]>()
  let made = 0
  let sentinel: RedisSentinel

  const makeDirect = (make: (way: SentinelWay) => TestClient): TestClient =>
    make({ name: sentinel.name, addresses: [...sentinel.addresses], map: toItself })

  beforeAll(async () => {
    sentinel = await startSentinel()
    // Of node-redis each sentinel client takes a tenth of a second to make: two for all tests, turn about. On a busy machine it takes seconds, once, which
    // is not what the tests are about.
    for (const [name, make] of Object.entries(sentinelClients)) {
      if (!name.includes('node-redis')) continue
      const both = [makeDirect(make), makeDirect(make)]
      shared.set(name, both)
      for (const { client } of both) await client.connect()
    }
  })

  afterAll(async () => {
    for (const client of [...shared.values()].flat()) await client.end()
    await sentinel.stop()
  })

  function makeClient(name: string, make: (way: SentinelWay) => TestClient): TestClient {
    made += 1
    const client = shared.get(name)?.[made % 2]
    return client === undefined ? makeDirect(make) : { client: client.client, end: () => undefined }
  }

  for (const [name, make] of Object.entries(sentinelClients)) {
    redisSuite(name, {
      makeClient: () => makeClient(name, make),
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
