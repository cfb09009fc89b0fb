import { afterAll, beforeAll } from 'vitest'
import { describeNeeding } from '../support/needs.ts'
import { singleClients } from './redis/clients.ts'
import { redisSuite } from './redis/suite.ts'
import { type PlainClient, type SharedRedis, damage, freePort, openGate, plainClient, removeUnder, sharedRedis } from './redis/support.ts'

describeNeeding('redis', 'RedisDriver on one server', () => {
  let redis: SharedRedis
  let plain: PlainClient

  beforeAll(async () => {
    redis = await sharedRedis()
    plain = await plainClient(redis.url)
  })

  afterAll(async () => {
    plain.destroy()
    await redis.stop()
  })

  for (const [name, make] of Object.entries(singleClients)) {
    redisSuite(name, {
      makeClient: async () => {
        const gate = await openGate(redis.url)
        const { client, end } = make(gate.url)
        const endBoth = async (): Promise<void> => {
          await end()
          await gate.close()
        }
        return { client, end: endBoth, cut: gate.cut }
      },
      makeLostClient: async () => make(`redis://127.0.0.1:${await freePort()}`),
      damage: (key) => damage(plain, key),
      removeUnder: (prefix) => removeUnder(plain, prefix),
    })
  }
})
