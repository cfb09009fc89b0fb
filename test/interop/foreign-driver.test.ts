import { createStorage } from 'unstorage'
import { describe, expect, it, onTestFinished } from 'vitest'
import { SessionManager } from '../../src/index.ts'
import type { LockingDriver, RecordWrite, StoreKey } from '../../src/index.ts'
import { fromExpressStore, fromUnstorage } from '../../src/interop/index.ts'
import type { CallbackStore, ForeignSession, ItemStorage, ListedCallbackStore } from '../../src/interop/index.ts'
import { hashAsStoreKey } from '../../src/session/id.ts'
import { randomHex } from '../../src/session/random.ts'
import { describeNeeding } from '../support/needs.ts'
import { plainClient, removeUnder } from '../support/redis-plain.ts'
import { redisForTests } from '../support/redis-server.ts'
import { RedisStore, expressSession } from './packages.ts'

const promise = { assumeSingleProcess: true } as const
const newKey = (): StoreKey => hashAsStoreKey(randomHex(32))

function aRecord(changes: Partial<RecordWrite> = {}): RecordWrite {
  return {
    payload: '{"n":1}',
    flash: '{}',
    handle: randomHex(12),
    createdAt: 'now',
    authenticatedAt: undefined,
    regeneratedAt: undefined,
    userId: undefined,
    ipAddress: undefined,
    userAgent: undefined,
    durations: { idleMs: 600_000, absoluteMs: undefined },
    writeToken: randomHex(16),
    ...changes,
  }
}

/** A store that keeps what it is given, and can be made to say that it did not. */
class MoodyStore implements CallbackStore {
  readonly sessions = new Map<string, ForeignSession>()
  failures = 0
  /** Whether it does what it says that it did not. */
  isLying = true

  get(sid: string, done: (error?: unknown, session?: unknown) => void): void {
    done(null, this.sessions.get(sid))
  }

  set(sid: string, session: ForeignSession, done: (error?: unknown) => void): void {
    this.#fail(() => this.sessions.set(sid, session), done)
  }

  destroy(sid: string, done: (error?: unknown) => void): void {
    this.#fail(() => this.sessions.delete(sid), done)
  }

  #fail(act: () => void, done: (error?: unknown) => void): void {
    const fails = this.failures > 0
    if (fails) this.failures -= 1
    if (!fails || this.isLying) act()
    done(fails ? new Error('the answer was lost') : undefined)
  }
}

async function held(driver: LockingDriver, key: StoreKey) {
  const acquired = await driver.acquire(key, { token: randomHex(16), leaseMs: 10_000 })
  if (acquired.kind !== 'held') throw new Error(acquired.kind)
  return acquired
}

describe('a write that a store of theirs gives an error for', () => {
  it('counts as written when it is found there', async () => {
    const store = new MoodyStore()
    const driver = fromExpressStore(store, promise)
    const key = newKey()
    const inserted = await driver.insert(key, aRecord())
    if (inserted === undefined) throw new Error('taken')
    store.failures = 1
    expect(await driver.update(key, aRecord(), inserted.version)).toMatchObject({ kind: 'written', version: { counter: 2 } })
    const { lease } = await held(driver, key)
    store.failures = 1
    expect(await driver.commit(lease, aRecord(), { leaseMs: 10_000 })).toMatchObject({
      kind: 'written',
      version: { counter: 3 },
      readBack: true,
    })
    store.failures = 1
    expect(await driver.destroy(key)).toEqual({ kind: 'record' })
    expect(await driver.read(key)).toBeUndefined()
  })

  it('is sent again when it is not found there', async () => {
    const store = new MoodyStore()
    store.isLying = false
    const driver = fromExpressStore(store, promise)
    const key = newKey()
    const inserted = await driver.insert(key, aRecord())
    if (inserted === undefined) throw new Error('taken')
    store.failures = 2
    expect(await driver.update(key, aRecord(), inserted.version)).toMatchObject({ kind: 'written', version: { counter: 2 } })
    store.failures = 2
    expect(await driver.destroy(key)).toEqual({ kind: 'record' })
    expect(store.sessions.size).toBe(0)
  })

  it('moves a session to its new key, or leaves it under the old one', async () => {
    const store = new MoodyStore()
    const driver = fromExpressStore(store, promise)
    const [key, newer] = [newKey(), newKey()]
    await driver.insert(key, aRecord())
    const { lease } = await held(driver, key)
    const marker = { reason: 'login', salt: undefined, minimumMs: 1000, maximumMs: 60_000, writeToken: randomHex(16) } as const
    store.failures = 1
    await expect(driver.replace(lease, newer, aRecord(), marker, { leaseMs: 10_000 })).rejects.toMatchObject({
      code: 'ERR_SESSION_DRIVER_FAILED',
    })
    expect((await driver.read(key))?.kind).toBe('record')
    expect(await driver.replace(lease, newer, aRecord(), marker, { leaseMs: 10_000 })).toMatchObject({ kind: 'written' })
    expect([(await driver.read(key))?.kind, (await driver.read(newer))?.kind]).toEqual(['marker', 'record'])
  })
})

describe('a store of theirs', () => {
  it('is asked to keep a session for its time and a minute, and for as long as it is held', async () => {
    const store = new MoodyStore()
    const driver = fromExpressStore(store, promise)
    const key = newKey()
    await driver.insert(key, aRecord())
    const kept = store.sessions.get(key)
    expect(kept?.cookie.originalMaxAge).toBe(660_000)
    expect(Math.abs((kept?.cookie.expires.getTime() ?? 0) - Date.now() - 660_000)).toBeLessThan(5000)
    await driver.acquire(key, { token: randomHex(16), leaseMs: 3_600_000 })
    expect(store.sessions.get(key)?.cookie.originalMaxAge).toBeGreaterThanOrEqual(3_600_000)
    expect((await driver.read(key))?.kind).toBe('record')
  })

  it('keeps sessions of its own application beside ours, which are neither read nor overwritten', async () => {
    const store = new expressSession.MemoryStore()
    const driver = fromExpressStore(store, promise)
    const key = newKey()
    store.sessions[key] = '{"cookie":{"originalMaxAge":null},"visits":3}'
    await expect(driver.read(key)).rejects.toMatchObject({ code: 'ERR_SESSION_UNREADABLE' })
    await expect(driver.insert(key, aRecord())).rejects.toMatchObject({ code: 'ERR_SESSION_UNREADABLE' })
    await driver.insert(newKey(), aRecord({ userId: '7' }))
    expect((await driver.list()).sessions.map(({ userId }) => userId)).toEqual(['7'])
    expect(store.sessions[key]).toBe('{"cookie":{"originalMaxAge":null},"visits":3}')
  })

  it('is shared by all drivers over it in this process', async () => {
    const storage = createStorage()
    const [one, other] = [fromUnstorage(storage, promise), fromUnstorage(storage, promise)]
    const key = newKey()
    await one.insert(key, aRecord())
    await held(one, key)
    expect(await other.acquire(key, { token: randomHex(16), leaseMs: 1000 })).toEqual({ kind: 'busy' })
    const elsewhere = fromUnstorage(storage, { ...promise, base: 'elsewhere' })
    expect(await elsewhere.read(key)).toBeUndefined()
  })

  it('that does not answer stops only its own sessions', async () => {
    const store = new MoodyStore()
    const driver = fromExpressStore(store, promise)
    const [stuck, free] = [newKey(), newKey()]
    store.get = (sid, done) => {
      if (sid !== stuck) done(null, store.sessions.get(sid))
    }
    void driver.read(stuck)
    await driver.insert(free, aRecord())
    expect((await driver.read(free))?.kind).toBe('record')
  })

  it('is told of the seconds that an item lives', async () => {
    const ttls: unknown[] = []
    const storage = createStorage()
    const watched: ItemStorage = {
      getItem: (key) => storage.getItem(key),
      setItem: async (key, value, options) => {
        ttls.push(options?.ttl)
        await storage.setItem(key, JSON.stringify(value))
      },
      removeItem: (key) => storage.removeItem(key),
      getKeys: (base) => storage.getKeys(base),
    }
    await fromUnstorage(watched, promise).insert(newKey(), aRecord())
    expect(ttls).toEqual([660])
  })
})

describeNeeding('redis', 'a driver over connect-redis', () => {
  it('has Redis end what nobody uses any more', async () => {
    const redis = await redisForTests()
    const client = await plainClient(redis.url)
    const prefix = `holdfast-interop-ttl-${process.pid}:`
    onTestFinished(async () => {
      await removeUnder(client, prefix)
      client.destroy()
      await redis.stop()
    })
    const key = newKey()
    await fromExpressStore(new RedisStore({ client, prefix }), promise).insert(key, aRecord())
    const ttl = await client.ttl(prefix + key)
    expect(ttl).toBeGreaterThan(640)
    expect(ttl).toBeLessThanOrEqual(660)
  })
})

describe('a manager over a store of theirs', () => {
  const stores: [string, () => LockingDriver][] = [
    ['express-session', () => fromExpressStore(new expressSession.MemoryStore(), promise)],
    ['unstorage', () => fromUnstorage(createStorage(), promise)],
  ]
  for (const [name, make] of stores) {
    it(`loses no update of parallel requests on ${name}`, async () => {
      const sessions = new SessionManager<{ n: number }>({ driver: make() })
      onTestFinished(() => sessions.close())
      const id = await sessions.run(undefined, (session) => {
        session.set('n', 0)
        return session.id
      })
      await Promise.all(Array.from({ length: 20 }, () => sessions.run(id, (session) => session.increment('n'))))
      expect(await sessions.run(id, (session) => session.get('n'))).toBe(20)
    })
  }

  it('ends the sessions of a user', async () => {
    const sessions = new SessionManager({ driver: fromUnstorage(createStorage(), promise) })
    onTestFinished(() => sessions.close())
    const login = (): Promise<string> =>
      sessions.run(undefined, (session) => {
        session.setUserId(7)
        return session.id
      })
    const ids = [await login(), await login()]
    expect((await sessions.list({ userId: 7 })).sessions).toHaveLength(2)
    expect(await sessions.revokeUser(7)).toBe(2)
    for (const id of ids) expect(await sessions.run(id, (session) => session.isNew)).toBe(true)
  })
})

describe('fromExpressStore and fromUnstorage', () => {
  it('want to be promised that there is one process, and refuse what they do not know, by name', () => {
    const store: ListedCallbackStore = new expressSession.MemoryStore()
    const storage = createStorage()
    const bad: [() => unknown, string][] = [
      [() => fromExpressStore(store, {} as typeof promise), "'assumeSingleProcess': must be true: the store has no locks"],
      [() => fromUnstorage(storage, { assumeSingleProcess: 'yes' } as unknown as typeof promise), "'assumeSingleProcess': must be true"],
      [() => fromExpressStore(store, { ...promise, ttl: 1 } as typeof promise), "'ttl': is not known"],
      [() => fromExpressStore({} as CallbackStore, promise), "'store': must be a store of express-session"],
      [() => fromUnstorage(storage, { ...promise, base: 'a//b' }), "'base': must be a word"],
      [() => fromUnstorage({} as ItemStorage, promise), "'storage': must be a storage of unstorage"],
    ]
    for (const [make, message] of bad) expect(make, message).toThrow(message)
  })

  it('keep a list only where the store can say what it has', () => {
    expect('list' in fromExpressStore(new MoodyStore(), promise)).toBe(false)
    expect('list' in fromExpressStore(new expressSession.MemoryStore(), promise)).toBe(true)
  })
})
