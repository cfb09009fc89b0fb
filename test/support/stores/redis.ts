import { afterAll, beforeAll } from 'vitest'
import { RedisDriver } from '../../../src/drivers/redis/redis-driver.ts'
import { newPrefix, plainClient, removeUnder } from '../redis-plain.ts'
import type { PlainClient } from '../redis-plain.ts'
import { redisForTests } from '../redis-server.ts'
import type { ServerForTests } from '../redis-server.ts'
import type { Store } from '../sealed-world.ts'

/** Makes stores in Redis, a prefix each: to be called inside `describe`. */
export function redisStores(): () => Store {
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

  return () => {
    const prefix = newPrefix()
    const clients: PlainClient[] = []
    return {
      connect: async () => {
        const client = await plainClient(server.url)
        clients.push(client)
        return new RedisDriver({ client, prefix })
      },
      raw: async (key) => (await plain.withTypeMapping({ 36: Buffer }).get(prefix + key)) ?? Buffer.alloc(0),
      remove: async () => {
        for (const client of clients) client.destroy()
        await removeUnder(plain, prefix)
      },
    }
  }
}
