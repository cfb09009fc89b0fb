import { afterAll, beforeAll } from 'vitest'
import { RedisDriver } from '../../src/drivers/redis/redis-driver.ts'
import { describeNeeding } from '../support/needs.ts'
import { newPrefix, plainClient, removeUnder } from '../support/redis-plain.ts'
import { redisForTests } from '../support/redis-server.ts'
import type { ServerForTests } from '../support/redis-server.ts'
import { commandSuite } from './suite.ts'

describeNeeding('redis-server', 'the command with Redis', () => {
  let server: ServerForTests
  beforeAll(async () => {
    server = await redisForTests()
  })
  afterAll(() => server.stop())

  commandSuite('Redis', async () => {
    const prefix = newPrefix()
    const client = await plainClient(server.url)
    return {
      config: { driver: 'redis', redis: { prefix } },
      env: { REDIS_URL: server.url },
      connect: () => new RedisDriver({ client, prefix }),
      end: async () => {
        await removeUnder(client, prefix)
        client.destroy()
      },
    }
  })
})
