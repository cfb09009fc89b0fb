import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { describeNeeding } from '../support/needs.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'
import { newUser, newVisitor, send, visits } from './support/client.ts'
import { demoFolder, killDemos, removeFolder, runDemoToItsEnd, startDemo } from './support/demo.ts'

let folder: string
let redis: RedisServer

describeNeeding('redis-server', 'the demo with SESSION_DRIVER=redis', () => {
  beforeAll(async () => {
    redis = await startRedis({ durable: true })
  })

  afterAll(async () => {
    await redis.stop()
  })

  beforeEach(async () => {
    folder = await demoFolder()
  })

  afterEach(async () => {
    await killDemos()
    await removeFolder(folder)
  })

  it('keeps its sessions there, through a restart of the demo and one of Redis', async () => {
    const settings = { SESSION_DRIVER: 'redis', REDIS_URL: redis.url }
    const first = await startDemo(folder, settings)
    const { cookie } = await newUser(first.origin)
    expect(await visits(first.origin, cookie)).toBe(1)
    const ended = await first.stop()
    expect(ended).toEqual({
      code: 0,
      stdout: `Demo on ${first.origin} (sessions in Redis at 127.0.0.1:${redis.port})\n`,
      stderr: '',
    })
    await redis.restart()
    const second = await startDemo(folder, settings)
    expect(await visits(second.origin, cookie)).toBe(2)
    const { text } = await send(`${second.origin}/inside`, { cookie })
    expect(text).toMatch(/demo:session:[0-9a-f]{64}/)
    await second.stop()
  })

  it('counts all of 20 parallel requests through two processes', async () => {
    const demo = await startDemo(folder, { SESSION_DRIVER: 'redis', REDIS_URL: redis.url })
    const { cookie, token } = await newVisitor(demo.origin)
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => send(`${demo.origin}/two-tabs/holdfast`, { cookie, 'x-csrf-token': token }, {})),
    )
    const counts = answers.map(({ text }) => Number(Object(JSON.parse(text)).count)).toSorted((one, other) => one - other)
    expect(counts).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
    await demo.stop()
  })

  it('says in one line what is wrong: the name of the store, its address, or a server that is not there', async () => {
    const unknown = await runDemoToItsEnd(folder, { SESSION_DRIVER: 'redys' })
    expect(unknown).toEqual({ code: 1, stdout: '', stderr: "SESSION_DRIVER must be 'file', 'database' or 'redis', not 'redys'.\n" })
    for (const url of ['localhost', 'localhost:6379', 'http://127.0.0.1:6379', 'rediss:/x']) {
      const noUrl = await runDemoToItsEnd(folder, { SESSION_DRIVER: 'redis', REDIS_URL: url })
      expect(noUrl, url).toEqual({ code: 1, stdout: '', stderr: "REDIS_URL must be a URL such as 'redis://127.0.0.1:6379'.\n" })
    }
    const nobody = await runDemoToItsEnd(folder, { SESSION_DRIVER: 'redis', REDIS_URL: 'redis://127.0.0.1:1' })
    expect({ ...nobody, stderr: '' }).toEqual({ code: 1, stdout: '', stderr: '' })
    expect(nobody.stderr).toMatch(/^.*Redis could not be reached.*\n$/)
  })
})
