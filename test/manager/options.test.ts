import { describe, expect, it } from 'vitest'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { SessionError } from '../../src/session/errors.ts'
import { SpyDriver } from './support/spy-driver.ts'
import { codeOf, openShop, visit } from './support/shop.ts'
import { withoutLocks } from './support/without-locks.ts'

/** What a manager with these options, right or wrong, throws. */
function refusal(options: unknown): SessionError {
  try {
    void new SessionManager(options as ConstructorParameters<typeof SessionManager>[0])
  } catch (error) {
    if (error instanceof SessionError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

const driver = new MemoryDriver()

describe('an option that is not known', () => {
  it('of start, run and create throws too, and the handler is not called', async () => {
    const sessions = new SessionManager({ driver })
    const misspelt = { signal: new AbortController().signal, concurency: 'readonly' }
    const named = { code: 'ERR_SESSION_CONFIG', message: expect.stringMatching(/^Option 'concurency': .* Did you mean 'concurrency'\?/) }
    await expect(sessions.start(undefined, misspelt)).rejects.toMatchObject(named)
    await expect(sessions.run(undefined, () => expect.fail('it was called'), misspelt)).rejects.toMatchObject(named)
    expect(() => sessions.create(misspelt)).toThrow(expect.objectContaining(named))
  })

  it.each([undefined, null, 'console.log', {}])('%j is no listener', (listener) => {
    const sessions = new SessionManager({ driver })
    expect(() => sessions.on('created', listener as () => void)).toThrow("Option 'on.created': must be a function, not ")
  })

  it.each([
    [{ drivr: driver }, 'drivr', 'driver'],
    [{ driver, lifetimes: {} }, 'lifetimes', 'lifetime'],
    [{ driver, onStoreErrors: 'closed' }, 'onStoreErrors', 'onStoreError'],
    [{ driver, lifetime: { idleSecond: 5 } }, 'lifetime.idleSecond', 'idleSeconds'],
    [{ driver, lock: { waitMs: 5 } }, 'lock.waitMs', 'waitSeconds'],
    [{ driver, cookie: { maxAge: 5 } }, 'cookie.maxAge', ''],
  ])('throws and names itself and the nearest: %#', (options, name, nearest) => {
    const error = refusal(options)
    expect(error.code).toBe('ERR_SESSION_CONFIG')
    expect(error.message).toContain(`'${name}'`)
    expect(error.message).toContain(nearest)
  })
})

const SHARED = bag('shared', 'shared')
const wrong: [string, unknown][] = [
  ['options', undefined],
  ['options', null],
  ['options', []],
  ['driver', {}],
  ['driver', { driver: undefined }],
  ['driver', { driver: null }],
  ['driver', { driver: 'memory' }],
  ['driver', { driver: { ...withoutLocks(), insert: undefined }, assumeSingleProcess: true }],
  ['name', { driver, name: '' }],
  ['name', { driver, name: 'a b' }],
  ['serializer', { driver, serializer: JSON }],
  ['serializer', { driver, serializer: {} }],
  ['schema', { driver, schema: null }],
  ['schema', { driver, schema: {} }],
  ['schema', { driver, schema: { '~standard': { version: 1 } } }],
  ['upgradeData', { driver, upgradeData: {} }],
  ['clock', { driver, clock: 5 }],
  ['bags', { driver, bags: [] }],
  ['bags', { driver, bags: () => undefined }],
  ['bags', { driver, bags: () => [{}] }],
  ['bags', { driver, bags: () => [SHARED] }],
  ['bags', { driver, bags: () => [bag('', 'x')] }],
  ['bags', { driver, bags: () => [bag('flash', 'x')] }],
  ['bags', { driver, bags: () => [bag('a', '_token')] }],
  ['bags', { driver, bags: () => [bag('a', '_meta')] }],
  ['bags', { driver, bags: () => [bag('a', '__proto__')] }],
  ['bags', { driver, bags: () => [bag('a', 'a.b')] }],
  ['bags', { driver, bags: () => [bag('a', 'x'), bag('b', 'x')] }],
  ['bags', { driver, bags: () => [bag('a', 'x'), bag('a', 'y')] }],
  ['concurrency', { driver, concurrency: 'optimistic' }],
  ['concurrency', { driver, concurrency: true }],
  ['assumeSingleProcess', { driver, assumeSingleProcess: 'yes' }],
  ['onStoreError', { driver, onStoreError: 'open' }],
  ['onUnreadable', { driver, onUnreadable: 'ignore' }],
  ['onGone', { driver, onGone: 'new' }],
  ['hashIds', { driver, hashIds: 1 }],
  ['collectEverySeconds', { driver, collectEverySeconds: -1 }],
  ['collectEverySeconds', { driver, collectEverySeconds: 2_592_000 }],
  ['lifetime', { driver, lifetime: 7200 }],
  ['lifetime', { driver, lifetime: null }],
  ['lifetime.idleSeconds', { driver, lifetime: { idleSeconds: 0 } }],
  ['lifetime.idleSeconds', { driver, lifetime: { idleSeconds: '7200' } }],
  ['lifetime.idleSeconds', { driver, lifetime: { idleSeconds: Number.NaN } }],
  ['lifetime.idleSeconds', { driver, lifetime: { idleSeconds: Infinity } }],
  ['lifetime.absoluteSeconds', { driver, lifetime: { absoluteSeconds: -1 } }],
  ['lifetime.touchEverySeconds', { driver, lifetime: { touchEverySeconds: -1 } }],
  ['lifetime.touchEverySeconds', { driver, lifetime: { touchEverySeconds: 721 } }],
  ['lifetime.graceSeconds', { driver, lifetime: { graceSeconds: -1 } }],
  ['lock', { driver, lock: 'yes' }],
  ['lock.waitSeconds', { driver, lock: { waitSeconds: -1 } }],
  ['lock.waitSeconds', { driver, lock: { waitSeconds: 3_000_000 } }],
  ['lock.leaseSeconds', { driver, lock: { leaseSeconds: 0 } }],
  ['lock.maxHoldSeconds', { driver, lock: { maxHoldSeconds: 0 } }],
  ['lock.maxWaiters', { driver, lock: { maxWaiters: 1.5 } }],
  ['lock.maxWaiters', { driver, lock: { maxWaiters: -1 } }],
  ['cookie', { driver, cookie: 'yes' }],
]

function bag(name: string, storageKey: string): object {
  return { name, storageKey, initialize: () => undefined, clear: () => ({}) }
}

describe('a wrong value', () => {
  it.each(wrong)('of %s throws at construction and names itself (%#)', (name, options) => {
    const error = refusal(options)
    expect(error.code).toBe('ERR_SESSION_CONFIG')
    expect(error.message).toMatch(new RegExp(`^Option '${name.replace('.', String.raw`\.`)}`))
  })

  it('of a request is refused as well, and drops nothing silently', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const concurrency = 'optimistic' as 'readonly'
    expect(await codeOf(shop.sessions.start(id, { concurrency }))).toBe('ERR_SESSION_CONFIG')
    expect(await codeOf(shop.sessions.run(id, () => undefined, { concurrency }))).toBe('ERR_SESSION_CONFIG')
    expect(await codeOf(visit(shop.sessions, id, { concurrency }))).toBe('ERR_SESSION_CONFIG')
    expect(() => shop.sessions.create({ concurrency })).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }))
    await shop.idle()
  })

  it('of startCollector is refused', () => {
    for (const everySeconds of [0, -1, Number.NaN, Infinity, 3_000_000, ...(['5', undefined, null] as unknown[] as number[])]) {
      expect(() => openShop().sessions.startCollector({ everySeconds })).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }))
    }
  })
})

describe('a driver without locks', () => {
  it('is refused, unless nothing is written or the process says that it is alone', () => {
    const error = refusal({ driver: withoutLocks() })
    expect(error.message).toContain('assumeSingleProcess: true')
    expect(new SessionManager({ driver: withoutLocks(), concurrency: 'readonly' }).name).toBe('ml_session')
    expect(new SessionManager({ driver: withoutLocks(), assumeSingleProcess: true }).name).toBe('ml_session')
  })

  it('gives no single request the lock that the manager does not have', async () => {
    const sessions = new SessionManager({ driver: withoutLocks(), concurrency: 'readonly' })
    expect(await codeOf(sessions.start('a'.repeat(40), { concurrency: 'exclusive' }))).toBe('ERR_SESSION_CONFIG')
    expect(await codeOf(visit(sessions, 'a'.repeat(40), { concurrency: 'exclusive' }))).toBe('ERR_SESSION_CONFIG')
  })

  const alone = (): { memory: MemoryDriver; sessions: SessionManager } => {
    const memory = new MemoryDriver()
    return { memory, sessions: new SessionManager({ driver: withoutLocks(memory), assumeSingleProcess: true }) }
  }

  async function counter(sessions: SessionManager): Promise<string> {
    return await sessions.run(undefined, (session) => {
      session.set('n', 0)
      return session.id
    })
  }

  it('loses no update in one process: the queue is all the locking there is', async () => {
    const { sessions } = alone()
    const id = await counter(sessions)
    const work = Array.from({ length: 60 }, (_, index) =>
      sessions.run(id, async (session) => {
        const before = session.get('n') as number
        if (index % 2 === 0) await new Promise((resolve) => setImmediate(resolve))
        session.set('n', before + 1)
        if (index % 3 === 0) await session.save({ keepOpen: true })
      }),
    )
    await Promise.all(work)
    expect(await sessions.run(id, (session) => session.get('n'))).toBe(60)
  })

  it('moves a session to a new id, and holds it there', async () => {
    const { sessions } = alone()
    const id = await counter(sessions)
    const session = await sessions.start(id)
    await session.regenerate({ destroy: true })
    await session.save({ keepOpen: true })
    const waiting = sessions.run(session.id, (open) => open.increment('n'))
    session.set('n', 5)
    await session.save()
    expect(await waiting).toBe(6)
    expect((await sessions.start(id)).isNew).toBe(true)
  })

  it('brings back no session that was ended while it was to be moved', async () => {
    const memory = new MemoryDriver()
    const spy = new SpyDriver(memory)
    const sessions = new SessionManager({ driver: withoutLocks(spy), assumeSingleProcess: true })
    const id = await counter(sessions)
    const session = await sessions.start(id)
    await session.regenerate()
    spy.afterNext('insert', async () => {
      await memory.destroy(spy.keys[0] ?? expect.fail('no key'))
    })
    expect(await codeOf(session.save())).toBe('ERR_SESSION_GONE')
    for (const key of spy.keys) expect(await memory.read(key)).toBeUndefined()
  })
})

describe('hashIds: false', () => {
  it('gives the driver the id itself', async () => {
    const memory = new MemoryDriver()
    const spy = new SpyDriver(memory)
    const sessions = new SessionManager({ driver: spy, hashIds: false })
    const session = await sessions.start()
    session.set('n', 1)
    await session.save()
    expect(spy.keys).toEqual([session.id])
    expect((await sessions.start(session.id)).get('n')).toBe(1)
  })
})
