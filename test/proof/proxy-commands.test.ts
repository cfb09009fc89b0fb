import { beforeAll, afterAll, beforeEach, expect, it, onTestFinished } from 'vitest'
import { startProxy } from '../../proof/faults/proxy.ts'
import { until } from '../../proof/faults/until.ts'
import { describeNeeding } from '../support/needs.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'
import { connectResp } from '../support/resp.ts'

describeNeeding('redis-server', 'cutAtCommand', () => {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(() => redis.stop())
  beforeEach(() => redis.command('FLUSHALL'))

  const proxied = async () => {
    const proxy = await startProxy({ target: redis, protocol: 'redis' })
    onTestFinished(() => proxy.close())
    const connection = await connectResp(proxy.port)
    onTestFinished(() => connection.close())
    return { proxy, connection }
  }

  it('before: the server never gets the command, and all before it are answered', async () => {
    const { proxy, connection } = await proxied()
    const cut = proxy.cutAtCommand(3, 'before')
    const answers = await Promise.allSettled(['a', 'b', 'c', 'd'].map((word) => connection.command('APPEND', 'key', word)))
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected'])
    expect(await cut.happened).toEqual(['APPEND', 'key', 'c'])
    expect(await redis.command('GET', 'key')).toBe('ab')
  })

  it('after: the server has done the command, the client never learns that, and what follows reaches nobody', async () => {
    const { proxy, connection } = await proxied()
    const cut = proxy.cutAtCommand(3, 'after')
    const answers = await Promise.allSettled(['a', 'b', 'c', 'd'].map((word) => connection.command('APPEND', 'key', word)))
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected'])
    expect(await cut.happened).toEqual(['APPEND', 'key', 'c'])
    expect(await redis.command('GET', 'key')).toBe('abc')
  })

  it('both moments are exact at each of many commands, alone on the line', async () => {
    for (const [moment, kept] of [['before', 0] as const, ['after', 1] as const]) {
      for (let which = 1; which <= 10; which++) {
        const { proxy, connection } = await proxied()
        await redis.command('DEL', 'count')
        const cut = proxy.cutAtCommand(which, moment)
        for (let sent = 1; sent < which; sent++) expect(await connection.command('INCR', 'count')).toBe(sent)
        await expect(connection.command('INCR', 'count')).rejects.toThrow('ECONNRESET')
        await cut.happened
        expect(Number(await redis.command('GET', 'count'))).toBe(which - 1 + kept)
      }
    }
  })

  it('a command can be told by its words, counted over all connections, and is cut once', async () => {
    const { proxy, connection } = await proxied()
    const second = await connectResp(proxy.port)
    const cut = proxy.cutAtCommand(([name, , value]) => name === 'SET' && value === 'two', 'after')
    await connection.command('SET', 'key', 'one')
    await expect(second.command('SET', 'key', 'two')).rejects.toThrow('ECONNRESET')
    await cut.happened
    expect(await connection.command('GET', 'key')).toBe('two')
    expect(await connection.command('SET', 'key', 'two')).toBe('OK')
  })

  it('answers of every shape are counted', async () => {
    const { proxy, connection } = await proxied()
    await connection.command('HELLO', 3)
    await redis.command('RPUSH', 'list', 'a', '', 'c')
    const cut = proxy.cutAtCommand(([name]) => name === 'DEL', 'after')
    const answers = await Promise.allSettled([
      connection.command('GET', 'absent'),
      connection.command('NONSENSE'),
      connection.command('LRANGE', 'list', 0, -1),
      connection.command('HGETALL', 'absent'),
      connection.command('EVAL', 'return {1, {redis.status_reply("x"), false}}', 0),
      connection.command('DEL', 'list'),
    ])
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'fulfilled', 'rejected'])
    await cut.happened
    expect(await redis.command('EXISTS', 'list')).toBe(0)
  })

  it('a message that the server pushes is no answer', async () => {
    const { proxy, connection } = await proxied()
    await connection.command('HELLO', 3)
    await connection.command('CLIENT', 'TRACKING', 'ON')
    await connection.command('GET', 'tracked')
    const cut = proxy.cutAtCommand(1, 'after')
    const answer = connection.command('BLPOP', 'list', 0).catch((error: Error) => error.message)
    await until('the server to have it', async () => (await redis.info('clients')).get('blocked_clients') === '1')
    await redis.command('SET', 'tracked', 'anew')
    await until('the message', () => connection.pushed.length === 1)
    await redis.command('RPUSH', 'list', 'a')
    expect(await answer).toContain('ECONNRESET')
    await cut.happened
    expect(await redis.command('LLEN', 'list')).toBe(0)
  })

  it('is forgotten when the proxy heals', async () => {
    const { proxy, connection } = await proxied()
    proxy.cutAtCommand(1, 'before')
    await proxy.heal()
    expect(await connection.command('PING')).toBe('PONG')
  })

  it('is refused by a proxy that does not read commands', async () => {
    const proxy = await startProxy({ target: redis })
    onTestFinished(() => proxy.close())
    expect(() => proxy.cutAtCommand(1, 'before')).toThrow('needs a protocol')
  })
})
