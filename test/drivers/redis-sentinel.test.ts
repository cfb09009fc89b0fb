import { afterAll, beforeAll } from 'vitest'
import { describeNeeding } from '../support/needs.ts'
import { damageRecord } from '../support/redis-damage.ts'
import { behind, nobody, openGates, toItself } from '../support/redis-gates.ts'
import { removeKeys } from '../support/redis-remove.ts'
import { sentinelClients } from '../support/redis-sentinel-clients.ts'
import { type RedisSentinel, startSentinel } from '../support/redis-sentinel.ts'
import { redisSuite } from './redis/suite.ts'

describeNeeding('redis-server', 'watched by Sentinel', () => {
  let sentinel: RedisSentinel

  beforeAll(async () => {
    sentinel = await startSentinel()
  })

  afterAll(() => sentinel.stop())

  for (const [name, make] of Object.entries(sentinelClients)) {
    redisSuite(name, {
      makeClient: async () => {
        const gates = await openGates([sentinel.master, sentinel.replica])
        return behind(gates, make({ name: sentinel.name, addresses: [...sentinel.addresses], map: gates.map }))
      },
      makeLostClient: async () => make({ name: sentinel.name, addresses: [await nobody()], map: toItself }),
      damage: (key) => damageRecord(sentinel.master, key),
      removeUnder: (prefix) => removeKeys([sentinel.master], prefix),
    })
  }
})
