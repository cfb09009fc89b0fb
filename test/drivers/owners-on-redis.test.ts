import { afterAll, beforeAll } from 'vitest'
import { RedisDriver } from '../../src/drivers/redis/redis-driver.ts'
import { RedisStore } from '../../src/drivers/redis/redis-store.ts'
import { describeNeeding } from '../support/needs.ts'
import { beforeNextCall } from '../support/owners-hooks.ts'
import { ownersSuite } from '../support/owners-suite.ts'
import { newPrefix, plainClient, removeUnder } from '../support/redis-plain.ts'
import type { PlainClient } from '../support/redis-plain.ts'
import { redisForTests } from '../support/redis-server.ts'
import type { ServerForTests } from '../support/redis-server.ts'

describeNeeding('redis', 'on Redis', () => {
  let server: ServerForTests
  let plain: PlainClient

  beforeAll(async () => {
    server = await redisForTests()
    plain = await plainClient(server.url)
  })
  afterAll(async () => {
    plain.destroy()
    await server.stop()
  })

  ownersSuite(
    'RedisDriver over node-redis',
    () => {
      const prefix = newPrefix()
      const clients: PlainClient[] = []
      return {
        connect: async () => {
          const client = await plainClient(server.url)
          clients.push(client)
          return new RedisDriver({ client, prefix })
        },
        remove: async () => {
          for (const client of clients) client.destroy()
          await removeUnder(plain, prefix)
        },
      }
    },
    { moves: 100, betweenLookAndWrite: (step, hook) => beforeNextCall(RedisStore.prototype, step, hook) },
  )
})
