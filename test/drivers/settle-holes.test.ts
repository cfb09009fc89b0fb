import { describe, expect, it } from 'vitest'
import type { CommitResult, Destroyed, Lease, RecordWrite } from '../../src/contracts/driver.ts'
import type { StoreKey } from '../../src/session/id.ts'
import { GIVE_BACK, aMarker, aRecord, hold, newKey, newToken, recordUnder, store } from '../../src/testing/suite/records.ts'
import { type Protocol, ShakyDriver } from '../support/shaky-driver.ts'
import { FaultPlan } from '../support/shaky-line.ts'
import { ShakyStore } from '../support/shaky-store.ts'
import { withoutDoubt, withoutEpoch, withoutFence, withoutInsertOnce, withoutMarkReadBack, withoutSecondPass } from '../support/unmended.ts'

// The holes that an earlier protocol had, each as the history in which it was found. Each is played with the sentence that mends it, and
// without it, to show that the history is the right one.

const UNKNOWN = { code: 'ERR_SESSION_DRIVER_FAILED', cause: { name: 'UnknownOutcome' } }
const LEASE_MS = 10_000

interface Shaky {
  readonly store: ShakyStore
  readonly faults: FaultPlan
  readonly driver: ShakyDriver
  /** Another process, to which nothing happens. */
  readonly other: ShakyDriver
}

function shaky(protocol: Partial<Protocol> = {}, boundMs = 0): Shaky {
  const [shakyStore, faults] = [new ShakyStore(), new FaultPlan()]
  const driver = new ShakyDriver({ store: shakyStore, faults, protocol, boundMs })
  return { store: shakyStore, faults, driver, other: new ShakyDriver({ store: shakyStore }) }
}

describe('the answer to the marker step of replace is lost', () => {
  async function move(protocol: Partial<Protocol> = {}) {
    const { driver, other, faults } = shaky(protocol)
    const { key } = await store(driver)
    const { lease } = await hold(driver, key)
    const to = newKey()
    faults.next('mark', 'loseAnswer')
    const result = await driver.replace(lease, to, aRecord(), aMarker(), GIVE_BACK)
    return { result, old: (await other.read(key))?.kind, successor: (await other.read(to))?.kind }
  }

  it('the session lives under its new key, and is not handed on', async () => {
    const { result, old, successor } = await move()
    expect(result).toMatchObject({ kind: 'written', readBack: true })
    expect([old, successor]).toEqual(['marker', 'record'])
  })

  it('without reading the old key the whole session would be lost', async () => {
    expect(await move(withoutMarkReadBack)).toMatchObject({ result: { kind: 'lost' }, old: 'marker', successor: undefined })
  })
})

describe('the marker step is refused because the lease had ended, and late copies are let in', () => {
  async function move(protocol: Partial<Protocol> = {}) {
    const { driver, other, faults, store: shakyStore } = shaky(protocol, LEASE_MS + 1)
    const { key } = await store(driver)
    const { lease } = await hold(driver, key, LEASE_MS)
    const to = newKey()
    faults.next('mark', 'late')
    const result = await driver.replace(lease, to, aRecord(), aMarker(), GIVE_BACK).catch((error: unknown) => error)
    shakyStore.acquire(key, lease.token, LEASE_MS)
    shakyStore.arrive()
    return { result, old: (await other.read(key))?.kind, successor: (await other.read(to))?.kind }
  }

  it('the outcome is unknown, and the new record is left for them', async () => {
    const { result, old, successor } = await move()
    expect(result).toMatchObject(UNKNOWN)
    expect([old, successor]).toEqual(['marker', 'record'])
  })

  it('if the new record were destroyed, the whole session would be lost', async () => {
    expect(await move(withoutFence)).toMatchObject({ result: { kind: 'lost' }, old: 'marker', successor: undefined })
  })
})

describe('a session moves to another key after a revocation has listed it', () => {
  async function revoke(protocol: Partial<Protocol> = {}) {
    const { driver, other, faults } = shaky(protocol)
    const { key } = await store(driver, { userId: 'ada' })
    const { lease } = await hold(other, key)
    const to = newKey()
    const gate = faults.hold('destroy')
    const revoking = driver.revokeUser('ada')
    await gate.arrived
    expect((await other.replace(lease, to, aRecord({ userId: 'ada' }), aMarker(), GIVE_BACK)).kind).toBe('written')
    gate.release()
    await revoking
    return other.read(to)
  }

  it('the next pass ends it', async () => {
    expect(await revoke()).toBeUndefined()
  })

  it('one pass would leave it alive', async () => {
    expect(await revoke(withoutSecondPass)).toMatchObject({ kind: 'record' })
  })
})

describe('a login lands after the last list of a revocation that began while it was under way', () => {
  async function login(protocol: Partial<Protocol> = {}) {
    const { driver, other, faults } = shaky(protocol)
    const key = newKey()
    const gate = faults.hold('insert')
    const inserting = driver.insert(key, aRecord({ userId: 'ada' })).catch((error: unknown) => error)
    await gate.arrived
    await other.revokeUser('ada')
    gate.release()
    return { answer: await inserting, found: await other.read(key) }
  }

  it('the login is ended, and told so', async () => {
    expect(await login()).toMatchObject({ answer: { code: 'ERR_SESSION_GONE' }, found: undefined })
  })

  it('without the epoch it would live on', async () => {
    expect((await login(withoutEpoch)).found).toMatchObject({ kind: 'record' })
  })
})

describe('the first copy of an update arrives after it was read back as not written', () => {
  /** A merge of one increment, replayed on a conflict. */
  async function increment(driver: ShakyDriver, key: StoreKey): Promise<void> {
    for (;;) {
      const { payload, version } = await recordUnder(driver, key)
      const { kind } = await driver.update(key, aRecord({ payload: String(Number(payload) + 1) }), version)
      if (kind !== 'conflict') return
    }
  }

  async function merge(protocol: Partial<Protocol> = {}): Promise<string> {
    const { driver, faults, store: shakyStore } = shaky(protocol)
    const { key } = await store(driver, { payload: '0' })
    faults.next('update', 'late')
    const gate = faults.hold('update', 1)
    const merging = increment(driver, key)
    await gate.arrived
    shakyStore.arrive()
    gate.release()
    await merging
    return (await recordUnder(driver, key)).payload
  }

  it('the increment is counted once', async () => {
    expect(await merge()).toBe('1')
  })

  it('believing the conflict would count it twice', async () => {
    expect(await merge(withoutDoubt)).toBe('2')
  })

  it('a client library that sends again by itself would count it twice, so open refuses it', async () => {
    const shakyStore = new ShakyStore()
    const faults = new FaultPlan()
    const driver = new ShakyDriver({ store: shakyStore, faults, clientResends: true })
    const { key } = await store(driver, { payload: '0' })
    faults.next('update', 'twice')
    await increment(driver, key)
    expect((await recordUnder(driver, key)).payload).toBe('2')
    await expect(driver.open()).rejects.toMatchObject({ code: 'ERR_SESSION_DRIVER_FAILED' })
  })
})

describe('a late copy of an insert arrives after the logout of the session', () => {
  /** What a manager does: after an unknown outcome a new session gets another id. */
  async function create(driver: ShakyDriver): Promise<StoreKey> {
    const key = newKey()
    const inserted = await driver.insert(key, aRecord()).catch(() => undefined)
    return inserted === undefined ? create(driver) : key
  }

  async function logoutOfNew(protocol: Partial<Protocol> = {}) {
    const { driver, faults, store: shakyStore } = shaky(protocol)
    faults.next('insert', 'late')
    const key = await create(driver)
    expect((await driver.destroy(key)).kind).toBe('record')
    shakyStore.arrive()
    return driver.read(key)
  }

  it('nothing lives under the key that was logged out', async () => {
    expect(await logoutOfNew()).toBeUndefined()
  })

  it('sending it again under its key would bring the session back', async () => {
    expect(await logoutOfNew(withoutInsertOnce)).toMatchObject({ kind: 'record' })
  })
})

describe('a logout comes upon the marker of a rotation, and the answer is lost', () => {
  async function logout(prepare: (world: Shaky) => void = () => undefined): Promise<Destroyed> {
    const world = shaky()
    const { driver, faults } = world
    const { key } = await store(driver)
    const { lease } = await hold(driver, key)
    await driver.replace(lease, newKey(), aRecord(), aMarker(), GIVE_BACK)
    prepare(world)
    faults.next('destroy', 'loseAnswer')
    return driver.destroy(key)
  }

  it('is told of it the next time: the successor lives, and has to end as well', async () => {
    expect(await logout()).toMatchObject({ kind: 'marker' })
  })

  it('if the marker were removed, it would look as if nothing had been there', async () => {
    expect(await logout((world) => void (world.store.removesWays = true))).toEqual({ kind: 'nothing' })
  })
})

describe('a commit over a bad line', () => {
  async function commit(prepare: (shaky: Shaky, lease: Lease, write: RecordWrite) => void | Promise<void>) {
    const world = shaky()
    const { driver, other } = world
    const { key } = await store(driver, { payload: 'old' })
    const { lease } = await hold(driver, key, LEASE_MS)
    const write = aRecord({ payload: 'new' })
    await prepare(world, lease, write)
    const result: CommitResult | Error = await driver
      .commit(lease, write, { keepLease: newToken(), leaseMs: LEASE_MS })
      .catch((error: Error) => error)
    const found = await other.read(key)
    return { result, payload: found?.kind === 'record' ? found.record.payload : undefined, world, key }
  }

  it('whose answer is lost is found by reading back, and is not handed on', async () => {
    const { result, payload } = await commit(({ faults }) => void faults.next('commit', 'loseAnswer'))
    expect(result).toMatchObject({ kind: 'written', readBack: true, version: { counter: 2 }, lease: { version: { counter: 2 } } })
    expect(payload).toBe('new')
  })

  it('that is lost itself is sent again, and is not handed on', async () => {
    const { result, payload } = await commit(({ faults }) => void faults.next('commit', 'loseCommand').next('commit', 'loseCommand'))
    expect(result).toMatchObject({ kind: 'written', readBack: true, version: { counter: 2 } })
    expect(payload).toBe('new')
  })

  it('whose late copy arrives after the one that was sent again writes once', async () => {
    const { world, key, payload } = await commit(({ faults }) => void faults.next('commit', 'late'))
    world.store.arrive()
    expect(payload).toBe('new')
    expect((await recordUnder(world.other, key)).version.counter).toBe(2)
  })

  it('that never gets an answer is unknown, never a success', async () => {
    const { result, payload } = await commit(({ faults }) => {
      for (let sending = 0; sending < 3; sending++) faults.next('commit', 'loseCommand')
    })
    expect(result).toMatchObject(UNKNOWN)
    expect(payload).toBe('old')
  })

  it('that cannot be read back is unknown, never a success', async () => {
    const { result, payload } = await commit(({ faults }) => void faults.next('commit', 'loseAnswer').next('readBack', 'loseCommand'))
    expect(result).toMatchObject(UNKNOWN)
    expect(payload).toBe('new')
  })

  it('whose session was logged out meanwhile is not said to have stored nothing, and the session stays gone', async () => {
    const { result, payload } = await commit(async ({ faults, other }, lease) => {
      faults.next('commit', 'loseCommand')
      await other.destroy(lease.key)
    })
    expect(result).toEqual({ kind: 'lost', isUnsure: true })
    expect(payload).toBeUndefined()
  })
})
