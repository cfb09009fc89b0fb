import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Redis as Redis5 } from 'ioredis-5'
import { Redis as Redis6 } from 'ioredis'
import { Redis as Valkey } from 'iovalkey'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { RedisDriver, type RedisDriverOptions } from '../../../src/drivers/redis/redis-driver.ts'
import {
  GIVE_BACK,
  LONG,
  aMarker,
  aRecord,
  hold,
  listAll,
  newKey,
  recordUnder,
  someTexts,
  store,
} from '../../../src/testing/suite/records.ts'
import { describeNeeding } from '../../support/needs.ts'
import { type PlainClient, keysUnder, plainClient } from '../../support/redis-plain.ts'
import { type RedisServer, startRedis } from '../../support/redis-server.ts'
import { singleClients } from './clients.ts'
import type { TestClient } from './suite.ts'

const YOUNG_MS = 300_000

describeNeeding('redis-server', 'what docs/redis-driver.md says', () => {
  const drivers: RedisDriver[] = []
  const clients: TestClient[] = []
  let server: RedisServer
  let plain: PlainClient

  beforeAll(async () => {
    server = await startRedis()
    plain = await plainClient(server.url)
  })
  afterEach(async () => {
    for (const driver of drivers.splice(0)) await driver.close()
    for (const client of clients.splice(0)) await client.end()
    await plain.flushDb()
  })
  afterAll(async () => {
    plain.destroy()
    await server.stop()
  })

  async function opened(client: TestClient, options: Omit<RedisDriverOptions, 'client'> = {}): Promise<RedisDriver> {
    clients.push(client)
    const driver = new RedisDriver({ client: client.client, ...options })
    drivers.push(driver)
    await driver.open()
    return driver
  }
  const nodeRedis = (url: string = server.url): TestClient => (singleClients['node-redis 6'] ?? missing())(url)

  it.each([
    ['ioredis 6', (url: string) => new Redis6(url, WITH_PREFIX)],
    ['ioredis 5', (url: string) => new Redis5(url, WITH_PREFIX)],
    ['iovalkey', (url: string) => new Valkey(url, WITH_PREFIX)],
  ])('a `keyPrefix` of the client is not applied: %s', async (_name, make) => {
    const client = make(server.url)
    const driver = await opened({ client, end: () => client.disconnect() })
    const { key } = await store(driver, { userId: '7' })
    expect(await plain.exists(`session:${key}`)).toBe(1)
    expect(await listAll(driver)).toHaveLength(1)
    expect(await driver.revokeUser('7')).toBe(1)
    expect(await keysUnder(plain, 'other:')).toEqual([])
  })

  it('gc takes what is stale from the indexes of users, and leaves sessions and what may be under way', async () => {
    const driver = await opened(nodeRedis())
    const live = await store(driver, { userId: '7' })
    const [index = ''] = await keysUnder(plain, 'session:user:')
    const [stale, young, moved] = [newKey(), newKey(), await store(driver, { userId: '7' })]
    const now = Date.now()
    await plain.zAdd(index, [
      { score: now - 2 * YOUNG_MS, value: stale },
      { score: now, value: young },
    ])
    const { lease } = await hold(driver, moved.key)
    const successor = newKey()
    await driver.replace(lease, successor, aRecord({ userId: '7' }), aMarker(), GIVE_BACK)
    await driver.gc({ batchSize: 1 })
    const entries = (await plain.zRange(index, 0, -1)).filter((member) => !member.startsWith('~'))
    expect(entries.toSorted()).toEqual([live.key, young, successor].toSorted())
    expect((await listAll(driver, '7')).map(({ key }) => key).toSorted()).toEqual([live.key, successor].toSorted())
  })

  it('gc takes a few stale entries at a time, however many a user has', async () => {
    const driver = await opened(nodeRedis())
    const { key } = await store(driver, { userId: '7' })
    const [index = ''] = await keysUnder(plain, 'session:user:')
    const old = Date.now() - 2 * YOUNG_MS
    // The one that lives stands between them.
    await plain.zAdd(index, [...staleEntries(700, old), { score: old + 1, value: key }, ...staleEntries(700, old + 2)])
    await plain.configResetStat()
    await driver.gc()
    expect((await plain.zRange(index, 0, -1)).filter((member) => !member.startsWith('~'))).toEqual([key])
    expect((await plain.info('commandstats')).match(/^cmdstat_zrem:calls=(\d+)/m)?.[1]).toBe('3')
  })

  it('gc that is stopped ends with the user at hand', async () => {
    const driver = await opened(nodeRedis())
    for (const userId of ['7', '8']) await store(driver, { userId })
    const indexes = await keysUnder(plain, 'session:user:')
    for (const index of indexes) await plain.zAdd(index, staleEntries(3, Date.now() - 2 * YOUNG_MS))
    await driver.gc({ signal: AbortSignal.abort() })
    const left = await Promise.all(indexes.map((index) => plain.zCard(index)))
    expect(left.toSorted((one, other) => one - other)).toEqual([1, 4])
  })

  it('every write waits for replicas, and too few are an error though the write stands; locks do not wait', async () => {
    const strict = await opened(nodeRedis(), { waitReplicas: { replicas: 1, timeoutSeconds: 0.02 } })
    const driver = await opened(nodeRedis())
    const few = /on the master, and 0 of 1 replicas/
    const key = newKey()
    await expect(strict.insert(key, aRecord({ userId: '7' }))).rejects.toThrow(few)
    expect(await driver.read(key), 'what nobody was told the id of').toBeUndefined()
    await driver.insert(key, aRecord({ userId: '7' }))
    const { version } = await recordUnder(driver, key)
    await expect(strict.update(key, aRecord({ userId: '7', payload: 'updated' }), version)).rejects.toThrow(few)
    await expect(strict.rewrite(key, someTexts(), (await recordUnder(driver, key)).version)).rejects.toThrow(few)
    expect((await recordUnder(driver, key)).version.counter).toBe(version.counter + 2)
    const { lease } = await hold(strict, key)
    expect(await strict.renew(lease, LONG)).toBe(true)
    await expect(strict.commit(lease, aRecord({ userId: '7', payload: 'committed' }), GIVE_BACK)).rejects.toThrow(few)
    expect((await recordUnder(driver, key)).payload).toBe('committed')
    const { lease: last } = await hold(strict, key)
    const moved = newKey()
    await expect(strict.replace(last, moved, aRecord({ userId: '7' }), aMarker(), GIVE_BACK)).rejects.toThrow(few)
    expect(await driver.read(moved)).toBeUndefined()
    expect((await recordUnder(driver, key)).payload).toBe('committed')
    await strict.unlock(last)
    await expect(strict.revokeUser('7')).rejects.toThrow(few)
    const other = await store(driver)
    await expect(strict.destroy(other.key)).rejects.toThrow(few)
    expect(await driver.read(other.key)).toBeUndefined()
  })

  it('a revocation finds sessions that live longer than the one that was entered last', async () => {
    const driver = await opened(nodeRedis())
    const { key } = await store(driver, { userId: '7', durations: { idleMs: 10 * LONG, absoluteMs: 1000 * LONG } })
    const [index = ''] = await keysUnder(plain, 'session:user:')
    await plain.zAdd(index, { score: Date.now() - 100 * LONG, value: key })
    await store(driver, { userId: '7', durations: { idleMs: LONG, absoluteMs: LONG } })
    expect(await listAll(driver, '7')).toHaveLength(2)
    expect(await driver.revokeUser('7')).toBe(2)
    expect(await driver.read(key)).toBeUndefined()
  })

  it('a revocation finds a session that was given a longer life after its login', async () => {
    const driver = await opened(nodeRedis())
    const { key } = await store(driver, { userId: '7', durations: { idleMs: LONG, absoluteMs: LONG } })
    const [index = ''] = await keysUnder(plain, 'session:user:')
    const longer = aRecord({ userId: '7', durations: { idleMs: 1000 * LONG, absoluteMs: 1000 * LONG } })
    const endsNoLater = async (): Promise<void> => expect(await plain.pTTL(`session:${key}`)).toBeLessThanOrEqual(await plain.pTTL(index))
    await driver.commit((await hold(driver, key)).lease, longer, GIVE_BACK)
    await endsNoLater()
    await driver.update(key, longer, (await recordUnder(driver, key)).version)
    await endsNoLater()
    await driver.touch(key, { idleMs: 2000 * LONG, absoluteMs: 2000 * LONG })
    await endsNoLater()
  })

  it('gc lets an index end in which nothing is left but how often its user was revoked', async () => {
    const driver = await opened(nodeRedis())
    await store(driver, { userId: '7' })
    const { key } = await store(driver, { userId: '8' })
    await driver.revokeUser('7')
    await driver.revokeUser('8', { exceptHandle: (await recordUnder(driver, key)).handle })
    await driver.gc()
    const days = (await Promise.all((await keysUnder(plain, 'session:user:')).map((name) => plain.pTTL(name)))).map((ms) => ms / 86_400_000)
    expect(days.toSorted((one, other) => one - other)).toEqual([expect.closeTo(1), expect.closeTo(3650, 0)])
  })

  it('gc leaves what others have under the prefix, and is not stopped by it', async () => {
    const driver = await opened(nodeRedis())
    const { key } = await store(driver, { userId: '7' })
    await driver.destroy(key)
    const [index = `session:user:${'0'.repeat(64)}`] = await keysUnder(plain, 'session:user:')
    await plain.zAdd(index, { score: 1, value: key })
    await plain.hSet('session:user:42', 'name', 'Ada')
    await plain.hSet(`session:user:${'f'.repeat(64)}`, 'name', 'Ada')
    await plain.zAdd('session:user:seen', { score: 1, value: 'a'.repeat(40) })
    await driver.gc({ batchSize: 1 })
    expect(await plain.zScore(index, key)).toBeNull()
    expect(await plain.zCard('session:user:seen')).toBe(1)
    expect(await plain.hGet('session:user:42', 'name')).toBe('Ada')
  })

  describe('the commands that the user of the client needs', () => {
    const documented = commandsInDocs()
    const urlOfUser = async (commands: readonly string[]): Promise<string> => {
      const rights = commands.map((command) => `+${command.toLowerCase()}`)
      await plain.aclSetUser('holdfast', ['reset', 'on', '>secret', '~session:*', '-@all', ...rights])
      return server.url.replace('//', '//holdfast:secret@')
    }

    it.each(Object.keys(singleClients))('are those that are listed: %s', async (name) => {
      const url = await urlOfUser(documented)
      await useAll(await opened((singleClients[name] ?? missing())(url)))
    })

    it.each(documented.filter((command) => command !== 'WAIT'))('%s is one of them: without it something fails', async (command) => {
      const url = await urlOfUser(documented.filter((one) => one !== command))
      const attempt = async (): Promise<void> => {
        const driver = await opened(nodeRedis(url))
        // The server has forgotten what it was told before.
        await plain.scriptFlush()
        await useAll(driver)
      }
      // INFO is not needed to keep sessions: `open` warns that it could not check the settings.
      if (command === 'INFO') await attempt()
      else await expect(attempt()).rejects.toThrow('The user of the client may not run this')
    })

    it('include WAIT for `waitReplicas`', async () => {
      const url = await urlOfUser(documented)
      const options = { waitReplicas: { replicas: 1, timeoutSeconds: 0.02 } }
      await expect(store(await opened(nodeRedis(url), options))).rejects.toThrow(/0 of 1 replicas/)
      const waits = (await plain.info('commandstats')).match(/^cmdstat_wait:.*$/m)?.[0]
      expect(waits).toContain('rejected_calls=0')
    })
  })
})

const WITH_PREFIX = { lazyConnect: true, keyPrefix: 'other:' }

function staleEntries(count: number, score: number): { readonly score: number; readonly value: string }[] {
  return Array.from({ length: count }, () => ({ score, value: newKey() }))
}

/** Everything that sessions are used for. */
async function useAll(driver: RedisDriver): Promise<void> {
  const { key, version } = await store(driver, { userId: '7' })
  await driver.update(key, aRecord({ userId: '7' }), version)
  await driver.touch(key, { idleMs: LONG, absoluteMs: undefined })
  await driver.rewrite(key, someTexts(), (await recordUnder(driver, key)).version)
  const { lease } = await hold(driver, key)
  await driver.renew(lease, 2 * LONG)
  await driver.commit(lease, aRecord({ userId: '7' }), GIVE_BACK)
  const again = await hold(driver, key)
  await driver.replace(again.lease, newKey(), aRecord({ userId: '7' }), aMarker(), GIVE_BACK)
  await listAll(driver)
  await listAll(driver, '7')
  await driver.survey()
  await driver.gc()
  await driver.revokeUser('7')
  await driver.destroy(key)
}

function commandsInDocs(): string[] {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/redis-driver.md'), 'utf8')
  const item = /- The user of the client needs (.*?)(?:\n- |\n\n|$)/s.exec(page)?.[1] ?? missing()
  const single = item.split('On a Cluster')[0] ?? item
  return [...new Set([...single.matchAll(/`([A-Z]+)`/g)].map(([, name = '']) => name))]
}

function missing(): never {
  throw new Error('it is not there')
}
