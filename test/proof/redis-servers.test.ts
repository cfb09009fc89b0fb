import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { freePorts } from '../support/free-ports.ts'
import { describeNeeding } from '../support/needs.ts'
import { redisForTests, RedisServer, startRedis, redisArgs } from '../support/redis-server.ts'
import { connectResp } from '../support/resp.ts'

async function start(...options: Parameters<typeof startRedis>): Promise<RedisServer> {
  const redis = await startRedis(...options)
  onTestFinished(() => redis.stop())
  return redis
}

describeNeeding('redis-server', 'a Redis server of our own', () => {
  it('keeps what it has acknowledged when it is killed, if it is durable', async () => {
    const redis = await start({ durable: true })
    const connection = await connectResp(redis.port)
    for (let count = 1; count <= 50; count++) expect(await connection.command('INCR', 'count')).toBe(count)
    expect(await redis.kill()).toEqual({ code: null, signal: 'SIGKILL' })
    await expect(connection.command('INCR', 'count')).rejects.toThrow(/closed|ECONNRESET|EPIPE/)
    await expect(redis.command('PING')).rejects.toThrow('ECONNREFUSED')
    await redis.restart()
    expect(await redis.command('GET', 'count')).toBe('50')
  })

  it('keeps nothing otherwise', async () => {
    const redis = await start()
    await redis.command('SET', 'key', 'value')
    const { pid } = redis
    await redis.restart()
    expect(redis.pid).not.toBe(pid)
    expect(await redis.command('GET', 'key')).toBe(null)
  })

  it('answers nobody while it is paused, and everybody afterwards', async () => {
    const [redis, other] = [await start(), await start()]
    await redis.pause()
    const answers: unknown[] = []
    const late = redis.command('SET', 'key', 'value').then((answer) => answers.push(answer))
    await other.command('PING')
    expect(answers).toEqual([])
    redis.resume()
    await late
    expect(answers).toEqual(['OK'])
  })

  it('takes arguments, and says what is wrong with them', async () => {
    const redis = await start({ args: ['--maxmemory', '3mb'] })
    expect(await redis.command('CONFIG', 'GET', 'maxmemory')).toEqual(['maxmemory', '3145728'])
    expect((await redis.info('memory')).get('maxmemory')).toBe('3145728')
    await expect(startRedis({ args: ['--no-such-setting', 'x'] })).rejects.toThrow('no-such-setting')
  })

  it('is gone with its folder when it is stopped, paused or not', async () => {
    const redis = await start({ durable: true })
    await redis.pause()
    await redis.stop()
    await redis.stop()
    expect(existsSync(redis.folder)).toBe(false)
    await expect(redis.command('PING')).rejects.toThrow('ECONNREFUSED')
  })

  it('takes another port when somebody was faster', async () => {
    const somebody = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void somebody.close())
    await once(somebody, 'listening')
    const address = somebody.address()
    const taken = typeof address === 'object' ? (address?.port ?? 0) : 0
    const tried: number[] = []
    const redis = await RedisServer.create((port, _busPort, folder) => {
      tried.push(port)
      return redisArgs(tried.length === 1 ? taken : port, folder, {})
    })
    onTestFinished(() => redis.stop())
    expect([tried.length, redis.port]).toEqual([2, tried[1]])
    expect(await redis.command('PING')).toBe('PONG')
  })
})

describeNeeding('redis', 'redisForTests', () => {
  it('gives a server that answers', async () => {
    const redis = await redisForTests()
    onTestFinished(() => redis.stop())
    expect(await (await connectResp(Number(new URL(redis.url).port || 6379))).command('PING')).toBe('PONG')
  })

  it('gives the one that is named', async () => {
    vi.stubEnv('HOLDFAST_TEST_REDIS', 'redis://redis.example:7000')
    onTestFinished(() => void vi.unstubAllEnvs())
    expect((await redisForTests()).url).toBe('redis://redis.example:7000')
  })
})

describe('freePorts', () => {
  it('gives ports each of which is another', async () => {
    expect(new Set(await freePorts(20)).size).toBe(20)
  })
})
