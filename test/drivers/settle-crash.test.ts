import { describe, expect, it } from 'vitest'
import { GIVE_BACK, aMarker, aRecord, askFor, hold, newKey, recordUnder, store } from '../../src/testing/suite/records.ts'
import { ShakyDriver } from '../support/shaky-driver.ts'
import { FaultPlan } from '../support/shaky-line.ts'
import { ShakyStore } from '../support/shaky-store.ts'

const LEASE_MS = 10_000

async function held() {
  const [shakyStore, faults] = [new ShakyStore(), new FaultPlan()]
  const [driver, other] = [new ShakyDriver({ store: shakyStore, faults }), new ShakyDriver({ store: shakyStore })]
  const { key } = await store(driver, { payload: 'old' })
  const { lease } = await hold(driver, key, LEASE_MS)
  return { store: shakyStore, faults, driver, other, key, lease, to: newKey() }
}

describe('a process that dies while it moves a session', () => {
  it('before the new record is there: the old one is whole, and free when the lease ends', async () => {
    const { store: shakyStore, faults, driver, other, key, lease, to } = await held()
    faults.next('insert', 'crash')
    await expect(driver.replace(lease, to, aRecord(), aMarker(), GIVE_BACK)).rejects.toThrow('the process died')
    expect((await recordUnder(other, key)).payload).toBe('old')
    expect(await other.read(to)).toBeUndefined()
    shakyStore.clock.advance(LEASE_MS)
    expect(await askFor(other, key)).toBe('held')
  })

  it('between the two steps: the old record is whole, and nobody has the id of the new one', async () => {
    const { store: shakyStore, faults, driver, other, key, lease, to } = await held()
    faults.next('insert', 'crashAfter')
    await expect(driver.replace(lease, to, aRecord(), aMarker(), GIVE_BACK)).rejects.toThrow('the process died')
    expect((await recordUnder(other, key)).payload).toBe('old')
    shakyStore.clock.advance(LEASE_MS)
    expect(await askFor(other, key)).toBe('held')
  })

  it('after the second step: the marker leads to the new record', async () => {
    const { faults, driver, other, key, lease, to } = await held()
    faults.next('mark', 'crashAfter')
    await expect(driver.replace(lease, to, aRecord({ payload: 'new' }), aMarker(), GIVE_BACK)).rejects.toThrow('the process died')
    expect((await other.read(key))?.kind).toBe('marker')
    expect((await recordUnder(other, to)).payload).toBe('new')
  })
})

describe('a command under a lease that the client library repeats', () => {
  it('commits once, and may be told that it lost', async () => {
    const { faults, driver, other, key, lease } = await held()
    faults.next('commit', 'twice')
    expect(await driver.commit(lease, aRecord({ payload: 'new' }), GIVE_BACK)).toEqual({ kind: 'lost' })
    expect(await recordUnder(other, key)).toMatchObject({ payload: 'new', version: { counter: 2 } })
  })

  it('does not undo what came after it', async () => {
    const { store: shakyStore, faults, driver, other, key, lease } = await held()
    faults.next('commit', 'lateCopy')
    expect((await driver.commit(lease, aRecord({ payload: 'first' }), GIVE_BACK)).kind).toBe('written')
    const next = await hold(other, key)
    expect((await other.commit(next.lease, aRecord({ payload: 'second' }), GIVE_BACK)).kind).toBe('written')
    shakyStore.arrive()
    expect((await recordUnder(other, key)).payload).toBe('second')
  })

  it('moves a session once: its own marker is found', async () => {
    const { faults, driver, other, key, lease, to } = await held()
    faults.next('mark', 'twice')
    expect(await driver.replace(lease, to, aRecord(), aMarker(), GIVE_BACK)).toMatchObject({ kind: 'written', readBack: true })
    expect((await other.read(key))?.kind).toBe('marker')
    await recordUnder(other, to)
  })
})
