import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { session } from '../../src/adapters/fetch.ts'
import { DriverFactory, createDriver, createSessionManager, lifetimeOf, loadSessionConfig } from '../../src/config/index.ts'
import { FileDriver } from '../../src/drivers/file/file-driver.ts'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import type { LockingDriver, StoredRecord } from '../../src/contracts/driver.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { keyOf } from '../manager/support/shop.ts'
import { newKey } from '../support/sealed.ts'
import { GOOD_KEY, application, loadJson, saidBy } from './support.ts'

const memory = { driver: 'memory', memory: { acknowledged: true } } as const

/** The cookie of a response to a visitor that gets a session. */
async function cookieOf(sessions: SessionManager, options: object = {}): Promise<string> {
  const handler = session(
    sessions,
    options,
  )((_request, visit) => {
    visit.session.set('n', 1)
    return new Response('ok')
  })
  return (await handler(new Request('https://example.com/'))).headers.get('set-cookie') ?? ''
}

async function recordOf(driver: MemoryDriver, id: string): Promise<StoredRecord> {
  const found = await driver.read(keyOf(id))
  if (found?.kind !== 'record') throw new Error('no record')
  return found.record
}

describe('createSessionManager', () => {
  it('makes the manager of a configuration that was read: cookie, lifetime, folder', async () => {
    const cwd = application({
      'session.config.json': JSON.stringify({ cookie: { name: 'n', path: '/p', sameSite: 'strict' }, lifetime: 60 }),
    })
    const loaded = await loadSessionConfig({ cwd, env: {} })
    await using sessions = await createSessionManager(loaded)
    await sessions.ready()
    expect(await cookieOf(sessions, loaded.session)).toMatch(
      /^__Secure-n=[0-9a-f]{40}; Path=\/p; Max-Age=60; Secure; HttpOnly; SameSite=Strict$/,
    )
    const { sessions: listed } = await sessions.list()
    expect(listed.map(({ expiresAt, lastSeenAt }) => expiresAt - lastSeenAt)).toEqual([60_000])
    expect(loaded.config.file?.path).toBe(join(cwd, 'var/sessions'))
  })

  it('makes one of a configuration in a program, in any spelling, and of nothing at all', async () => {
    await using sessions = await createSessionManager({ session: { default: 'memory', cookie_name: 'n', cookie_secure: false } })
    expect(await cookieOf(sessions)).toMatch(/^n=/)
    await using plain = await createSessionManager()
    expect(plain.name).toBe('ml_session')
  })

  it('takes an option that is undefined as one that was left out', async () => {
    const nothing = { driver: undefined, file: { path: undefined, durability: undefined }, cookie: { name: undefined, path: undefined } }
    await using sessions = await createSessionManager({
      ...nothing,
      lifetime: { idleSeconds: undefined },
      encrypt: undefined,
      lock: undefined,
    })
    expect(sessions.name).toBe('ml_session')
    const made: unknown[] = []
    const factory = new DriverFactory({ connections: undefined }).extend('file', (config) => {
      made.push(config)
      return new MemoryDriver({ maxEntries: undefined, acknowledged: true })
    })
    await using own = await createSessionManager(nothing, { connections: undefined, factory })
    expect(await cookieOf(own)).toMatch(/^__Host-ml_session=[0-9a-f]{40}; Path=\/; Max-Age=7200; Secure; HttpOnly; SameSite=Lax$/)
    expect(made).toEqual([{ path: 'var/sessions' }])
  })

  it('takes a driver that was made already', async () => {
    const driver = new MemoryDriver({ acknowledged: true })
    const sessions = await createSessionManager({ driver, lifetime: { idleSeconds: 30 } })
    const visit = await sessions.start()
    visit.set('a', 1)
    await visit.save()
    const { expiresAt, lastActivity } = await recordOf(driver, visit.id)
    expect(expiresAt - lastActivity).toBe(30_000)
    expect((await createDriver({ driver })).driver).toBe(driver)
    await sessions.close()
  })

  it('says of an object that is no driver that it is none', async () => {
    for (const make of [createSessionManager, createDriver]) {
      expect(await saidBy(() => Reflect.apply(make, undefined, [{ driver: { driver: 'memory' } }]))).toContain(
        "Option 'driver': is an object, and no driver.",
      )
      const other = { open: () => undefined, close: () => undefined }
      expect(await saidBy(() => Reflect.apply(make, undefined, [{ driver: other }]))).toContain("Option 'driver': is an object")
    }
  })

  it('seals what it stores where encrypt is true, with the first key, and opens what others of the ring sealed', async () => {
    const driver = new MemoryDriver({ acknowledged: true })
    const old = await createSessionManager({ driver, encrypt: true, keys: { v1: GOOD_KEY } })
    const visit = await old.start()
    visit.set('secret', 'correct horse')
    await visit.save()
    const { payload } = await recordOf(driver, visit.id)
    expect(payload).not.toContain('correct horse')

    const newer = newKey()
    const sessions = await createSessionManager({ driver, encrypt: true, keys: { v2: newer, v1: GOOD_KEY } })
    expect(await sessions.run(visit.id, (again) => again.get('secret'))).toBe('correct horse')
    expect(await sessions.keyUsage()).toMatchObject({ byKey: new Map([['v2', 1]]) })
    await Promise.all([old.close(), sessions.close()])
  })

  it('fails where encrypt is true and there is no good key, and shows none', async () => {
    for (const keys of [
      undefined,
      {},
      { v1: '' },
      { v1: null },
      { v1: 'correct horse battery staple' },
      { v1: 'a'.repeat(64) },
      { v1: GOOD_KEY, v2: GOOD_KEY },
    ]) {
      const message = await saidBy(() => Reflect.apply(createSessionManager, undefined, [{ ...memory, encrypt: true, keys }]))
      expect(message).toMatch(/^Option '(?:encrypt|keys(?:\.v\d)?)'/)
      expect(message).not.toContain('correct horse')
    }
    await using sessions = await createSessionManager({ ...memory, encrypt: false, keys: { v1: 'weak' } })
    expect(sessions).toBeInstanceOf(SessionManager)
  })

  it('hands a serializer of the application’s on, sealed or not', async () => {
    const driver = new MemoryDriver({ acknowledged: true })
    const serializer = { prepare: () => 'text', restore: (text: string) => ({ value: {}, loaded: text, stale: false }) }
    for (const encrypt of [false, true]) {
      const sessions = await createSessionManager({ driver, serializer, encrypt, keys: { v1: GOOD_KEY } })
      const visit = await sessions.start()
      visit.set('a', 1)
      await visit.save()
      const { payload } = await recordOf(driver, visit.id)
      expect(payload === 'text').toBe(!encrypt)
      await sessions.close()
    }
  })

  it('asks the factory that it is given for drivers of other names', async () => {
    const asked: unknown[] = []
    const factory = new DriverFactory().extend('mongo', (config) => {
      asked.push(config)
      return new MemoryDriver({ acknowledged: true })
    })
    const { config } = await loadJson({ driver: 'mongo', drivers: { mongo: { url: 'mongo://a' } } })
    await using sessions = await createSessionManager(config, { factory })
    await sessions.ready()
    expect(asked).toEqual([{ url: 'mongo://a' }])
    expect(await saidBy(() => createSessionManager(config))).toContain(
      'Unsupported session driver: mongo. Known are: file, database, redis, memory.',
    )
    expect(await saidBy(() => loadJson({ drivers: { flie: {} } }))).toContain("Option 'drivers.flie': is not known. Did you mean 'file'?")
  })

  it('takes the name of such a driver as it is, with dots in it', async () => {
    const asked: unknown[] = []
    const factory = new DriverFactory().extend('my.driver', (config) => {
      asked.push(config)
      return new MemoryDriver({ acknowledged: true })
    })
    const { config } = await loadJson({ driver: 'my.driver', drivers: { 'my.driver': { most: 5 } } })
    const sessions = await createSessionManager(config, { factory })
    await sessions.close()
    expect(asked).toEqual([{ most: 5 }])
  })

  it('lets no name of a driver reach the prototype of all objects', async () => {
    const { config } = await loadJson({ drivers: { 'x.__proto__.polluted': { a: 1 } } })
    expect(Reflect.get({}, 'polluted')).toBeUndefined()
    expect(config.drivers).toEqual({ 'x.__proto__.polluted': { a: 1 } })
  })

  it('asks the connections that it was given before those of the configuration', async () => {
    const [mine, theirs] = [new DatabaseSync(':memory:'), new DatabaseSync(':memory:')]
    theirs.close()
    const { driver } = await createDriver({ driver: 'database', connections: { default: theirs } }, { connections: { default: mine } })
    await expect(driver.open()).rejects.toThrow('table')
    mine.close()
  })

  it('refuses connections beside a factory, which would ask its own', async () => {
    const options = { factory: new DriverFactory({ env: { REDIS_URL: 'redis://elsewhere' } }), connections: { default: 'redis://here' } }
    expect(await saidBy(() => createSessionManager({ driver: 'redis' }, options))).toContain("Option 'connections': would not be asked")
  })

  it('closes what it connected to, and leaves open what it was given', async () => {
    const mine = new DatabaseSync(':memory:')
    const given = await createSessionManager({ driver: 'database', connections: { default: mine } })
    await given.close()
    expect(mine.isOpen).toBe(true)
    mine.close()

    const cwd = application()
    const { driver, close } = await createDriver({ driver: 'database', database: { url: `sqlite:${join(cwd, 'x.db')}` } })
    if (!('migrate' in driver) || typeof driver.migrate !== 'function') throw new Error('no database driver')
    await driver.migrate()
    await driver.open()
    await Promise.all([close(), close()])
    await expect(driver.migrate()).rejects.toThrow(/database is not open|connection is not open/)
  })

  it('ends what it connected to where the manager cannot be made', async () => {
    const ended: string[] = []
    const factory = new DriverFactory().extend('mine', () => {
      const driver = new MemoryDriver({ acknowledged: true })
      return Object.assign(driver, { close: async () => void ended.push('closed') })
    })
    const config = { driver: 'mine', bags: () => [Object.assign(Object.create(null), { name: 'x' })] }
    const noList = Reflect.apply(createSessionManager, undefined, [{ ...config, bags: flip() }, { factory }])
    await expect(noList).rejects.toThrow("Option 'bags'")
    expect(ended).toEqual(['closed'])
  })

  it('leaves a driver that it was given open where the manager cannot be made: others may use it', async () => {
    const driver = new MemoryDriver({ acknowledged: true })
    await using others = new SessionManager({ driver })
    const visit = await others.start()
    visit.set('a', 1)
    await visit.save({ keepOpen: true })
    visit.set('a', 2)
    await expect(Reflect.apply(createSessionManager, undefined, [{ driver, bags: flip() }])).rejects.toThrow("Option 'bags'")
    await visit.save()
    expect(await others.run(visit.id, (again) => again.get('a'))).toBe(2)
  })

  it('knows the idle time that a factory’s driver was made with', async () => {
    const driver = await new DriverFactory().make('memory', { acknowledged: true, lifetime: 30 })
    expect([lifetimeOf(driver), lifetimeOf(new MemoryDriver({ acknowledged: true }))]).toEqual([30, undefined])
    await using sessions = await createSessionManager({ driver })
    const visit = await sessions.start()
    visit.set('a', 1)
    await visit.save()
    const { sessions: listed } = await sessions.list()
    expect(listed.map(({ expiresAt, lastSeenAt }) => expiresAt - lastSeenAt)).toEqual([30_000])
  })

  it('lets nobody overlook the idle time that a driver was made with', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    onTestFinished(() => warn.mockRestore())
    const storedBy = async (make: (driver: LockingDriver) => Promise<SessionManager> | SessionManager): Promise<unknown[]> => {
      warn.mockClear()
      await using sessions = await make(await new DriverFactory().make('memory', { acknowledged: true, lifetime: 30 }))
      for (let n = 0; n < 2; n++) await sessions.run(undefined, (visit) => visit.set('n', n))
      return warn.mock.calls.map(([message]) => message)
    }
    expect(await storedBy((driver) => new SessionManager({ driver }))).toEqual([
      'A driver was made with a lifetime of 30 seconds, and the manager keeps sessions for 7200. ' +
        'The manager decides: give it lifetime: { idleSeconds: 30 }, or make it with createSessionManager({ driver }).',
    ])
    expect(await storedBy((driver) => new SessionManager({ driver, lifetime: { idleSeconds: 30 } }))).toEqual([])
    expect(await storedBy((driver) => createSessionManager({ driver }))).toEqual([])
    expect(await storedBy((driver) => createSessionManager({ driver, lifetime: 60 }))).toEqual([])
  })

  it('refuses options that it does not know, and connections that are none', async () => {
    expect(await saidBy(() => Reflect.apply(createSessionManager, undefined, [memory, { conections: {} }]))).toContain(
      "Did you mean 'connections'?",
    )
    expect(await saidBy(() => Reflect.apply(createSessionManager, undefined, [memory, { connections: 'redis://a' }]))).toContain(
      "Option 'connections': must be an object of clients by their names",
    )
    expect(await saidBy(() => Reflect.apply(createSessionManager, undefined, [memory, { factory: {} }]))).toContain(
      "Option 'factory': must be a DriverFactory, not an object.",
    )
    expect(await saidBy(() => Reflect.apply(createSessionManager, undefined, [loadJson({})]))).toContain('is a promise: await it.')
  })
})

/** Bags that are good when a configuration is checked, and no more when the manager is made. */
function flip(): () => unknown[] {
  let calls = 0
  return () => (calls++ < 3 ? [] : [{}])
}

describe('createDriver', () => {
  it('makes the driver alone, not opened', async () => {
    const cwd = application()
    const { driver, close } = await createDriver(await loadSessionConfig({ cwd, env: {} }))
    expect(driver).toBeInstanceOf(FileDriver)
    await driver.open()
    await close()
    await close()
  })
})
