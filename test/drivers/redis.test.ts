import { afterAll, beforeAll } from 'vitest'
import { describeNeeding } from '../support/needs.ts'
import { fillers } from '../support/redis-filling.ts'
import { behind, nobody, openGates } from '../support/redis-gates.ts'
import { type PlainClient, damage, plainClient, removeUnder } from '../support/redis-plain.ts'
import { type ServerForTests, redisForTests } from '../support/redis-server.ts'
import { singleClients } from './redis/clients.ts'
import { redisSuite } from './redis/suite.ts'

describeNeeding('redis', 'RedisDriver on one server', () => {
  let redis: ServerForTests
  let plain: PlainClient

  beforeAll(async () => {
    redis = await redisForTests()
    plain = await plainClient(redis.url)
  })

  afterAll(async () => {
    plain.destroy()
    await redis.stop()
  })

  for (const [name, make] of Object.entries(singleClients)) {
    redisSuite(name, {
      makeClient: () => make(redis.url),
      makeCuttableClient: async () => {
        const { hostname, port } = new URL(redis.url)
        const gates = await openGates([{ host: hostname, port: Number(port === '' ? 6379 : port) }])
        return behind(gates, make(urlOf(gates.addresses[0])))
      },
      makeLostClient: async () => make(urlOf(await nobody())),
      damage: (key) => damage(plain, key),
      fill: (prefix) => plain.mSet(fillers(prefix).flatMap((key) => [key, ''])),
      removeUnder: (prefix) => removeUnder(plain, prefix),
    })
  }
})

function urlOf(address: { readonly host: string; readonly port: number } | undefined): string {
  return `redis://${address?.host}:${address?.port}`
}
