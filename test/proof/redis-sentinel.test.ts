import { afterAll, beforeAll, expect, it } from 'vitest'
import { until } from '../../proof/faults/until.ts'
import { describeNeeding } from '../support/needs.ts'
import { type FailoverBy, type RedisSentinel, startSentinel } from '../support/redis-sentinel.ts'
import type { RedisServer } from '../support/redis-server.ts'

/** A failover takes seconds by design, and its waits have bounds of their own. */
const TIMEOUT_MS = 120_000

describeNeeding('redis-server', 'sentinels of our own', () => {
  let sentinel: RedisSentinel
  beforeAll(async () => {
    sentinel = await startSentinel()
  })
  afterAll(() => sentinel.stop())

  const roleOf = async (server: RedisServer) => (await server.info('replication')).get('role')

  /** Fails over; gives what the old master answered to a write when the sentinels had agreed on the new one. */
  const failover = async (by: FailoverBy): Promise<unknown> => {
    const { master, replica } = sentinel
    expect(await master.command('SET', 'key', by)).toBe('OK')
    await until('the replica to have it', async () => (await replica.command('GET', 'key')) === by, 10_000)
    let late: unknown
    await sentinel.failover(by, async () => {
      expect(sentinel.master).toBe(replica)
      expect(await replica.command('GET', 'key')).toBe(by)
      late = await master.command('SET', 'late', by).catch((error: Error) => error.message)
    })
    expect([sentinel.master, sentinel.replica]).toEqual([replica, master])
    expect([await roleOf(replica), await roleOf(master)]).toEqual(['master', 'slave'])
    const addresses = await Promise.all(sentinel.sentinels.map((one) => one.command('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', sentinel.name)))
    expect(addresses).toEqual(Array.from({ length: 3 }, () => ['127.0.0.1', String(replica.port)]))
    return late
  }

  it('make the replica the master when the master is killed', { timeout: TIMEOUT_MS }, async () => {
    expect(await failover('kill')).toMatch('ECONNREFUSED')
  })

  it(
    'make the replica the master when the master stands still, which afterwards takes writes that are lost',
    { timeout: TIMEOUT_MS },
    async () => {
      expect(await failover('pause')).toBe('OK')
      expect(await sentinel.master.command('GET', 'late')).toBe(null)
      expect(await sentinel.replica.command('GET', 'late')).toBe(null)
    },
  )

  it('make the replica the master when they are told to', { timeout: TIMEOUT_MS }, async () => {
    await failover('command')
  })

  it('are asked first who is the master, which they may have changed by themselves', { timeout: TIMEOUT_MS }, async () => {
    const { master, replica } = sentinel
    const [first] = sentinel.sentinels
    await until('it to begin', async () => (await first?.command('SENTINEL', 'FAILOVER', sentinel.name)) === 'OK')
    await until('the other one to be master', async () => (await roleOf(replica)) === 'master', 60_000)
    await sentinel.failover('kill')
    expect([sentinel.master, sentinel.replica]).toEqual([master, replica])
    expect([await roleOf(master), await roleOf(replica)]).toEqual(['master', 'slave'])
  })
})
