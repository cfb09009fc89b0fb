import { afterAll, beforeAll, expect, it } from 'vitest'
import { RedisDriver } from '../../src/drivers/redis/redis-driver.ts'
import { describeNeeding } from '../support/needs.ts'
import { keysUnder, newPrefix, plainClient, removeUnder } from '../support/redis-plain.ts'
import { redisForTests } from '../support/redis-server.ts'
import type { ServerForTests } from '../support/redis-server.ts'
import { configFile, holdfast, newApp } from './command.ts'
import { visitors } from './shop.ts'
import { commandSuite } from './suite.ts'

describeNeeding('redis-server', 'the command with Redis', () => {
  let server: ServerForTests
  beforeAll(async () => {
    server = await redisForTests()
  })
  afterAll(() => server.stop())

  it('revoke --all ends sessions also where what they hold is damaged', { timeout: 180_000 }, async () => {
    const prefix = newPrefix()
    const client = await plainClient(server.url)
    const driver = new RedisDriver({ client, prefix })
    await visitors(driver, 2)
    for (const name of await keysUnder(client, prefix)) if (!name.includes(':user:')) await client.append(name, 'x')
    const at = { cwd: newApp(configFile({ driver: 'redis', redis: { prefix } })), env: { REDIS_URL: server.url } }
    const dry = await holdfast(['revoke', '--all', '--dry-run'], at)
    expect([dry.stdout, await holdfast(['revoke', '--all'], at)]).toEqual([
      '2 sessions would be ended. Nothing was changed.\n',
      { code: 0, stdout: '2 sessions ended.\n', stderr: '' },
    ])
    await removeUnder(client, prefix)
    client.destroy()
  })

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
