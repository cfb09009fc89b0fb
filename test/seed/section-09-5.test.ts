import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DriverFactory, createSessionManager, lifetimeOf } from '../../src/config/index.ts'
import type { LockingDriver } from '../../src/contracts/driver.ts'
import { DatabaseDriver } from '../../src/drivers/database/database-driver.ts'
import { FileDriver } from '../../src/drivers/file/file-driver.ts'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { RedisDriver } from '../../src/drivers/redis/redis-driver.ts'
import { application, loadJson, saidBy, vectorText } from '../config/support.ts'
import { describeNeeding } from '../support/needs.ts'
import { plainClient, removeUnder } from '../support/redis-plain.ts'
import { type ServerForTests, redisForTests } from '../support/redis-server.ts'

interface FactoryCase {
  readonly driver: string
  readonly config: Readonly<Record<string, unknown>>
  readonly ttl?: number
  readonly prefix?: string
  readonly throws?: { readonly message: string }
}

const cases: readonly FactoryCase[] = JSON.parse(vectorText('errors-and-factory.json')).factory
const make = (name: string, config?: Readonly<Record<string, unknown>>): Promise<LockingDriver> =>
  new DriverFactory({ env: {} }).make(name, config)

/** What the PHP library took, or made 7200 or a whole number of; here it is an error: S-261, and a prefix that is none. */
const REFUSED = [{ lifetime: '60' }, { lifetime: 'abc' }, { prefix: null }, { prefix: 5 }]

function isRefusedHere({ config }: FactoryCase): boolean {
  return REFUSED.some((wrong) => Object.entries(wrong).every(([key, value]) => Object.hasOwn(config, key) && config[key] === value))
}

describe('the driver factory', () => {
  it('S-256: make() makes the file driver of a path and a lifetime, which the manager then keeps to', async () => {
    const driver = await new DriverFactory().make('file', { path: join(application(), 'sessions'), lifetime: 3600 })
    expect(driver).toBeInstanceOf(FileDriver)
    expect(lifetimeOf(driver)).toBe(3600)
    await using sessions = await createSessionManager({ driver })
    await sessions.run(undefined, (session) => session.set('a', 1))
    const { sessions: listed } = await sessions.list()
    expect(listed.map(({ expiresAt, lastSeenAt }) => expiresAt - lastSeenAt)).toEqual([3_600_000])
  })

  it('S-258: make() makes the database driver of a live connection, as connection or client, and a table', async () => {
    const { DatabaseSync } = await import('node:sqlite')
    for (const name of ['connection', 'client']) {
      const driver = await make('database', { [name]: new DatabaseSync(':memory:'), table: 'web_sessions', lifetime: 7200 })
      if (!(driver instanceof DatabaseDriver)) throw new Error('no database driver')
      await expect(driver.open()).rejects.toThrow("'web_sessions'")
      await driver.migrate()
      await driver.open()
      await driver.close()
    }
  })

  it('S-259: a name that it does not know is an error that lists those it knows, in upper or lower case too', async () => {
    for (const { driver, throws } of cases.filter(({ throws: thrown }) => thrown?.message.startsWith('Unsupported') === true)) {
      const said = await saidBy(() => make(driver))
      expect(said).toContain(throws?.message)
      expect(said).toContain('Known are: file, database, redis, memory.')
    }
    expect(await saidBy(() => make('File'))).toContain("Did you mean 'file'?")
  })

  it('S-260: what a driver needs and has not is an error that says what', async () => {
    const needing = cases.filter(({ throws }) => throws?.message.includes('requires') === true)
    expect(needing).toHaveLength(7)
    const sense = {
      file: /requires 'path'|file\.path/,
      database: /requires a client or a URL/,
      redis: /requires a client or a URL|redis\.client': must be a client/,
    }
    for (const { driver, config } of needing) {
      if (driver !== 'file' && driver !== 'database' && driver !== 'redis') throw new Error(driver)
      expect(await saidBy(() => make(driver, config))).toMatch(sense[driver])
    }
  })

  it('S-261: a lifetime that is no number above 0 is an error and no default', async () => {
    const path = application()
    for (const lifetime of ['abc', '60', '', 0, -1, Number.NaN, Infinity, null, true, []]) {
      expect(await saidBy(() => make('file', { path, lifetime }))).toContain("Option 'file.lifetime'")
    }
    expect(lifetimeOf(await make('file', { path, lifetime: 1.9 }))).toBe(1.9)
    expect(lifetimeOf(await make('file', { path }))).toBeUndefined()
  })

  it('S-262: a connection that has only a name is one that the application handed in, or that of a URL', async () => {
    const { config } = await loadJson({ default: 'database', drivers: { database: { connection: 'default', table: 'sessions' } } })
    for (const source of [
      { connections: { default: 'sqlite::memory:' } },
      { connections: (name: string) => (name === 'default' ? 'sqlite::memory:' : undefined) },
    ]) {
      const sessions = await createSessionManager(config, source)
      await expect(sessions.ready()).rejects.toThrow("'sessions'")
      await sessions.close()
    }
    const { config: byUrl } = await loadJson({ driver: 'database' }, { DATABASE_URL: 'sqlite::memory:' })
    await (await createSessionManager(byUrl)).close()
    expect(await saidBy(() => createSessionManager({ ...config, database: { connection: 'other' } }))).toContain(
      'there is no connection of this name',
    )
  })

  it('S-263: extend() teaches it drivers', async () => {
    const factory = new DriverFactory().extend(
      'mine',
      ({ maxEntries }) => new MemoryDriver({ acknowledged: true, maxEntries: Number(maxEntries) }),
    )
    expect(await factory.make('mine', { maxEntries: 5 })).toBeInstanceOf(MemoryDriver)
    expect(factory.names).toContain('mine')
  })
})

describeNeeding('redis', 'the driver factory with Redis', () => {
  let redis: ServerForTests
  const prefixes = ['session:', 'sess:']

  beforeAll(async () => {
    redis = await redisForTests()
  })
  afterAll(() => redis.stop())

  it('S-257: make() makes the Redis driver of a live client, as redis or client, a prefix and a lifetime', async () => {
    const client = await plainClient(redis.url)
    for (const name of ['redis', 'client']) {
      const driver = await make('redis', { [name]: client, prefix: 'holdfast-sess:', lifetime: 3600 })
      expect(driver).toBeInstanceOf(RedisDriver)
      expect(lifetimeOf(driver)).toBe(3600)
      const sessions = await createSessionManager({ driver })
      await sessions.run(undefined, (session) => session.set('a', 1))
      expect(await client.keys('holdfast-sess:*')).toHaveLength(1)
      await removeUnder(client, 'holdfast-sess:')
      await sessions.close()
    }
    client.destroy()
  })

  it('S-256 S-257: takes what the PHP factory takes, but for values that it had silently replaced', async () => {
    const client = await plainClient(redis.url)
    const path = application()
    const given = (value: unknown): unknown => ({ '(Redis instance)': client, '<dir>': path })[String(value)] ?? value
    for (const one of cases.filter(({ throws }) => throws === undefined)) {
      const config = Object.fromEntries(Object.entries(one.config).map(([key, value]) => [key, given(value)]))
      if (isRefusedHere(one)) {
        expect(await saidBy(() => make(one.driver, config))).toMatch(/Option '\w+\.(?:lifetime|prefix)'/)
        continue
      }
      expect(prefixes).toContain(one.prefix ?? 'session:')
      const driver = await make(one.driver, config)
      expect(driver.name).toBe(one.driver)
      expect(Math.floor(lifetimeOf(driver) ?? 7200)).toBe(one.ttl)
      await driver.close()
    }
    client.destroy()
  })
})
