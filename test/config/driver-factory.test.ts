import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DriverFactory, type DriverFactoryOptions } from '../../src/config/index.ts'
import type { LockingDriver } from '../../src/contracts/driver.ts'
import { DatabaseDriver } from '../../src/drivers/database/database-driver.ts'
import { FileDriver } from '../../src/drivers/file/file-driver.ts'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { RedisDriver } from '../../src/drivers/redis/redis-driver.ts'
import { newKey, store } from '../../src/testing/suite/records.ts'
import { mariaDbForTests } from '../support/mariadb-server.ts'
import { describeNeeding } from '../support/needs.ts'
import { postgresForTests } from '../support/postgres-server.ts'
import { plainClient, removeUnder } from '../support/redis-plain.ts'
import { type ServerForTests, redisForTests } from '../support/redis-server.ts'
import { silentServer } from '../support/silent-server.ts'
import { application, saidBy } from './support.ts'

const factory = (options: DriverFactoryOptions = {}): DriverFactory => new DriverFactory({ env: {}, ...options })
const made = (name: string, config?: Readonly<Record<string, unknown>>, options?: DriverFactoryOptions): Promise<LockingDriver> =>
  factory(options).make(name, config)

/** Stores a session by a driver and reads it again. Then the driver is closed, and must have forgotten its connection. */
async function serves(driver: LockingDriver): Promise<void> {
  if (driver instanceof DatabaseDriver) await driver.migrate()
  await driver.open()
  const { key } = await store(driver)
  expect(await driver.read(key)).toMatchObject({ kind: 'record' })
  await driver.destroy(key)
  await driver.close()
}

/** What a program without types can do. */
function extendBy(one: DriverFactory, ...given: readonly unknown[]): unknown {
  const extend: unknown = Reflect.get(one, 'extend')
  if (typeof extend !== 'function') throw new Error('no method')
  return Reflect.apply(extend, one, given)
}

/** Opens it again after it was closed, which what was made for it alone cannot do. */
async function isEnded(driver: LockingDriver): Promise<void> {
  await expect(driver.open().then(() => driver.read(newKey()))).rejects.toThrow('Session driver operation')
  await driver.close()
}

describe('DriverFactory', () => {
  it('makes each driver of this package by its name', async () => {
    expect(await made('file', { path: join(application(), 's') })).toBeInstanceOf(FileDriver)
    expect(await made('memory', { acknowledged: true })).toBeInstanceOf(MemoryDriver)
    expect(factory().names).toEqual(['file', 'database', 'redis', 'memory'])
  })

  it('makes drivers that it was taught, and its own in another way', async () => {
    const taught = new MemoryDriver({ acknowledged: true })
    const one = factory()
      .extend('mine', (config) => Object.assign(taught, { config }))
      .extend('file', async () => taught)
    expect(await one.make('mine', { a: 1 })).toBe(taught)
    expect(taught).toMatchObject({ config: { a: 1 } })
    expect(await one.make('file', { path: 'x' })).toBe(taught)
    expect(one.names).toEqual(['file', 'database', 'redis', 'memory', 'mine'])
    expect(await made('file', { path: join(application(), 's') })).toBeInstanceOf(FileDriver)
  })

  it('refuses a maker that is none, or makes no driver with locks', async () => {
    const extend = (...given: readonly unknown[]): unknown => extendBy(factory(), ...given)
    expect(await saidBy(() => extend('', () => undefined))).toContain("Option 'name': must be a name")
    expect(await saidBy(() => extend('mine', {}))).toContain("Option 'mine': must be a function that makes a driver, not an object.")
    const bad = factory()
    extendBy(bad, 'mine', () => ({ read: () => undefined }))
    expect(await saidBy(() => bad.make('mine'))).toContain("Option 'mine': its maker gives no driver with locks")
  })

  it('refuses what is no name of a driver, no configuration and no environment', async () => {
    const make = (...given: readonly unknown[]): unknown => {
      const method: unknown = Reflect.get(factory(), 'make')
      return typeof method === 'function' ? Reflect.apply(method, factory(), given) : undefined
    }
    expect(await saidBy(() => make(undefined))).toContain("Option 'driver': must be the name of a driver, not undefined.")
    expect(await saidBy(() => make('file', null))).toContain("Option 'file': must be an object, not null.")
    expect(await saidBy(() => Reflect.construct(DriverFactory, [{ env: null }]))).toContain("Option 'DriverFactory.env': must be an object")
  })

  it('refuses what a driver does not know or cannot use, by the driver’s name', async () => {
    const wrong: [string, Readonly<Record<string, unknown>>, string][] = [
      ['file', { path: 'x', durabilty: 'power' }, "Option 'file.durabilty': is not known. Did you mean 'durability'?"],
      ['file', { path: 'a\0b' }, "Option 'file.path': must be the path of a folder"],
      ['memory', { maxEntries: 0 }, "Option 'memory.maxEntries': must be a whole number from 1"],
      ['redis', { client: {} }, "Option 'redis.client': must be a client of redis 5 or 6"],
      ['redis', { url: 'http://a' }, "Option 'redis.url': must begin with 'redis://'"],
      ['redis', { url: 'redis://:sec#secret@a' }, "Option 'redis.url': cannot be read as a URL. In a user name or password write"],
      ['redis', { url: 'redis://a', library: 'pg' }, `Option 'redis.library': must be one of "redis", "ioredis", "iovalkey", not "pg".`],
      ['redis', { url: 'redis://a', prefix: '{x}' }, "Option 'redis.prefix': must not hold a hash tag"],
      ['database', { client: {} }, "Option 'database.client': must be a client of pg"],
      ['database', { url: 'mongodb://a:secret@b' }, "Option 'database.url': must begin with one of postgres:,"],
      [
        'database',
        { url: 'postgres://a', library: 'mysql2' },
        "Option 'database.library': does not fit the URL, which can be connected to by pg, postgres.",
      ],
      [
        'database',
        { url: 'sqlite::memory:', statementTimeoutSeconds: 61 },
        "Option 'database.statementTimeoutSeconds': must be at most 60, not 61.",
      ],
    ]
    for (const [name, config, message] of wrong) {
      const said = await saidBy(() => made(name, config))
      expect(said).toContain(message)
      expect(said).not.toContain('secret')
    }
  })

  it('finds connections by their names: in an object, by a function, or as a promise of either', async () => {
    const driver = await made('database', { connection: 'web' }, { connections: { web: 'sqlite::memory:' } })
    await serves(driver)
    const asked: string[][] = []
    const find = (...given: string[]): Promise<string> => {
      asked.push(given)
      return Promise.resolve('sqlite::memory:')
    }
    await serves(await made('database', { connection: 'web' }, { connections: find }))
    await serves(await made('database', {}, { connections: find }))
    expect(asked).toEqual([
      ['web', 'database'],
      ['default', 'database'],
    ])
  })

  it('says which connections there are when it has none of a name, and never takes another for it', async () => {
    const options = { connections: { main: 'sqlite::memory:' }, env: { DATABASE_URL: 'sqlite::memory:', REDIS_URL: 'redis://a' } }
    expect(await saidBy(() => made('database', { connection: 'web' }, options))).toBe(
      "Option 'database.connection': is 'web', and there is no connection of this name. There are: main. Hand it in: connections: { web: client }, or leave the name " +
        'out to use DATABASE_URL.',
    )
    expect(await saidBy(() => made('redis', { connection: 'constructor' }, options))).toContain(
      "is 'constructor', and there is no connection",
    )
    expect(await saidBy(() => made('redis', {}, { connections: () => undefined }))).toBe(
      "Option 'redis.client': Redis driver requires a client or a URL: set REDIS_URL, or hand one in: connections: { default: client }.",
    )
  })

  it('shows nothing of a URL that stands where a name is meant', async () => {
    const url = 'redis://:secret@host:6379'
    const wrong: [() => unknown, string][] = [
      [
        () => made('redis', { connection: url }),
        "'redis.connection': must be the name of a connection, not a URL: that goes into 'redis.url', or",
      ],
      [() => made('database', { connection: url }), "'database.connection': must be the name of a connection, not a URL"],
      [() => made(url), "'driver': must be the name of a driver, not a URL"],
      [() => Reflect.apply(factory, undefined, [{ connections: url }]), "'DriverFactory.connections': must be an object of clients"],
    ]
    for (const [make, message] of wrong) {
      const said = await saidBy(make)
      expect(said).toContain(message)
      expect(said).not.toContain('secret')
    }
  })

  it('takes the URL of the environment for the connection without a name, behind that of the configuration', async () => {
    await serves(await made('database', {}, { env: { DATABASE_URL: 'sqlite::memory:' } }))
    await serves(await made('database', { connection: 'default', url: 'sqlite::memory:' }, { env: { DATABASE_URL: 'postgres://nowhere' } }))
  })

  it.each(['node:sqlite', 'better-sqlite3'])('opens a file of SQLite with %s, and closes it with the driver', async (library) => {
    const url = `sqlite:${join(application(), 'sessions.db')}`
    const driver = await made('database', { url, library })
    await serves(driver)
    await isEnded(driver)
  })

  it('waits while another process has a file of SQLite locked, as one that begins at the same time', async () => {
    const file = join(application(), 'sessions.db')
    const other = new DatabaseSync(file)
    other.exec('BEGIN EXCLUSIVE')
    const making = made('database', { url: `sqlite:${file}` })
    await setTimeout(100)
    other.exec('CREATE TABLE somebody (a); COMMIT')
    other.close()
    await serves(await making)
  })

  it('says why a file cannot be used that is none of SQLite', async () => {
    const folder = application({ 'notes.txt': 'Remember the milk. '.repeat(100) })
    const said = await saidBy(() => made('database', { url: `sqlite:${folder}/notes.txt` }))
    expect(said).toBe("Option 'database.url': names a file that SQLite cannot use: file is not a database.")
  })

  it('says which file of SQLite cannot be opened, without the rest of the URL', async () => {
    const said = await saidBy(() => made('database', { url: `sqlite:${application()}/no/folder/x.db` }))
    expect(said).toBe("Option 'database.url': is refused by node:sqlite (ERR_SQLITE_ERROR). Its folder must be there, and be writable.")
  })

  it.each(['pg', 'mysql2'])('says at once of a URL that %s cannot read how it is written, without the password in it', async (library) => {
    const protocol = library === 'pg' ? 'postgres:' : 'mysql:'
    const said = await saidBy(() => made('database', { url: `${protocol}//shop:pass/of-the-mountain@127.0.0.1/shop`, library }))
    expect(said).toBe(
      `Option 'database.url': is refused by ${library} (ERR_INVALID_URL). Correct it. In a user name or password write / ? # @ and % as %2F %3F %23 %40 and %25.`,
    )
  })

  it('closes a driver whose PostgreSQL takes the connection and says nothing', { timeout: 60_000 }, async () => {
    const url = `postgres://ada@${await silentServer()}/none`
    const driver = await made('database', { url, statementTimeoutSeconds: 0.1 })
    await expect(driver.open()).rejects.toThrow('could not be reached')
    await driver.close()
  })

  it.each(['sqlite:', 'file:', 'sqlite://'])(
    'refuses %s, which names no file: SQLite would keep the sessions in one that it removes',
    async (url) => {
      expect(await saidBy(() => made('database', { url }))).toContain("Option 'database.url': must name a file, such as ")
    },
  )
})

describeNeeding('redis-server', 'DriverFactory with a URL of Redis', () => {
  let redis: ServerForTests
  const prefix = 'holdfast-factory:'

  beforeAll(async () => {
    redis = await redisForTests()
  })
  afterAll(async () => {
    const plain = await plainClient(redis.url)
    await removeUnder(plain, prefix)
    plain.destroy()
    await redis.stop()
  })

  it.each([undefined, 'redis', 'ioredis', 'iovalkey'])('connects with %s, and ends the connection with the driver', async (library) => {
    const before = await connections(redis.url)
    const driver = await made('redis', { url: redis.url, prefix, ...(library === undefined ? {} : { library }) })
    expect(driver).toBeInstanceOf(RedisDriver)
    await serves(driver)
    await expect.poll(() => connections(redis.url)).toBeLessThanOrEqual(before)
  })

  it('takes the URL of the environment, and a client that was handed in, which it leaves connected', async () => {
    await serves(await made('redis', { prefix }, { env: { REDIS_URL: redis.url } }))
    const client = await plainClient(redis.url)
    for (const config of [{ client }, { redis: client }, { connection: client }]) await serves(await made('redis', { prefix, ...config }))
    await serves(await made('redis', { prefix, connection: 'cache' }, { connections: { cache: client } }))
    expect(client.isReady).toBe(true)
    client.destroy()
  })

  it('makes a driver of a server that nobody answers at, and gives it up with close()', async () => {
    const driver = await made('redis', { url: 'redis://127.0.0.1:1', prefix, commandTimeoutSeconds: 0.2 })
    await expect(driver.open()).rejects.toThrow("operation 'open' failed")
    await driver.close()
  })
})

async function connections(url: string): Promise<number> {
  const plain = await plainClient(url)
  const list: unknown = await plain.sendCommand(['CLIENT', 'LIST'])
  plain.destroy()
  return typeof list === 'string' ? list.trim().split('\n').length : Number.NaN
}

describeNeeding('postgres-server', 'DriverFactory with a URL of PostgreSQL', () => {
  let server: ServerForTests
  beforeAll(async () => {
    server = await postgresForTests()
  })
  afterAll(() => server.stop())

  it.each([undefined, 'pg', 'postgres'])('connects with %s, and ends the connections with the driver', async (library) => {
    const driver = await made('database', { url: server.url, table: 'holdfast_factory', ...(library === undefined ? {} : { library }) })
    await serves(driver)
    await isEnded(driver)
  })
})

describeNeeding('mariadb-server', 'DriverFactory with a URL of MariaDB', () => {
  let server: ServerForTests
  beforeAll(async () => {
    server = await mariaDbForTests()
  })
  afterAll(() => server.stop())

  it.each([
    ['mysql:', undefined],
    ['mysql:', 'mysql2'],
    ['mysql:', 'mariadb'],
    ['mariadb:', undefined],
    ['mariadb:', 'mariadb'],
    ['mariadb:', 'mysql2'],
  ])('connects to %s with %s, and ends the connections with the driver', async (protocol, library) => {
    const url = server.url.replace('mysql:', protocol)
    const driver = await made('database', { url, table: 'holdfast_factory', ...(library === undefined ? {} : { library }) })
    await serves(driver)
    await isEnded(driver)
  })
})
