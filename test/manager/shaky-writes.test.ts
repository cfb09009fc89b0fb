import { describe, expect, it } from 'vitest'
import { turns } from './support/idle.ts'
import { countOf, increment, leases, openShakyShop, stored } from './support/shaky-shop.ts'
import { codeOf, failureOf, visit } from './support/shop.ts'

const UNKNOWN = { code: 'ERR_SESSION_DRIVER_FAILED', status: 503 }

describe('a commit whose answer does not come', () => {
  it('counts when it is found by reading back', async () => {
    const { store, here } = openShakyShop()
    const id = await stored(here)
    here.faults.next('commit', 'loseAnswer')
    await increment(here, id)
    expect(await countOf(here, id)).toBe(1)
    expect(here.sent.slice(0, 3)).toEqual(['acquire', 'commit', 'readBack'])
    await turns()
    expect(leases(store)).toEqual([])
  })

  it('is sent again with its own token when it was not carried out', async () => {
    const { here } = openShakyShop()
    const id = await stored(here)
    here.faults.next('commit', 'loseCommand')
    await increment(here, id)
    expect(await countOf(here, id)).toBe(1)
    expect(here.sent.slice(0, 4)).toEqual(['acquire', 'commit', 'readBack', 'commit'])
  })

  it('counts once when the client library sent it twice by itself, and no one waits for what the first one went on with', async () => {
    const { store, here } = openShakyShop()
    const id = await stored(here)
    const open = await visit(here.sessions, id)
    open.session.increment('n')
    const waiting = increment(here, id)
    await turns(1)
    here.faults.next('commit', 'twice')
    expect(await codeOf(Promise.resolve(open.commit()))).toBe('ERR_SESSION_LOCK_LOST')
    await waiting
    expect(await countOf(here, id)).toBe(2)
    await turns()
    expect(leases(store)).toEqual([])
  })

  it.each(['lateCopy', 'late'] as const)('counts once, whatever copies of it arrive (%s)', async (fault) => {
    const { store, here } = openShakyShop()
    const id = await stored(here)
    here.faults.next('commit', fault)
    await increment(here, id)
    store.arrive()
    expect(await countOf(here, id)).toBe(1)
    await increment(here, id)
    store.arrive()
    expect(await countOf(here, id)).toBe(2)
  })

  it('is not said to have stored nothing when another has written before it was read back', async () => {
    const { here, there } = openShakyShop()
    const id = await stored(here)
    here.faults.next('commit', 'loseAnswer')
    const gate = here.faults.hold('readBack')
    const first = failureOf(increment(here, id))
    await gate.arrived
    await increment(there, id)
    gate.release()
    const message = expect.stringMatching(/the store did not answer.*Whether this request was stored before that is not known/)
    expect(await first).toMatchObject({ code: 'ERR_SESSION_LOCK_LOST', message })
    expect(await countOf(here, id)).toBe(2)
  })

  it('counts once when the late one comes before the reading back', async () => {
    const { store, here } = openShakyShop()
    const id = await stored(here)
    here.faults.next('commit', 'late')
    const gate = here.faults.hold('readBack')
    const work = increment(here, id)
    await gate.arrived
    store.arrive()
    gate.release()
    await work
    expect(await countOf(here, id)).toBe(1)
    expect(here.sent.filter((op) => op === 'commit')).toHaveLength(1)
  })

  it('fails the request when nobody can say, and nothing is claimed', async () => {
    const { store, here } = openShakyShop()
    const id = await stored(here)
    here.faults.next('commit', 'loseAnswer').next('readBack', 'loseCommand')
    expect(await failureOf(increment(here, id))).toMatchObject(UNKNOWN)
    await turns()
    expect(leases(store)).toEqual([])
    await increment(here, id)
    expect(await countOf(here, id)).toBe(2)
  })

  it('fails the request when another has written since: its operations are not replayed', async () => {
    const { store, here, there } = openShakyShop()
    const id = await stored(here)
    here.faults.next('commit', 'late')
    const gate = here.faults.hold('readBack')
    const work = codeOf(increment(here, id))
    await gate.arrived
    store.clock.advance(10_001)
    await increment(there, id)
    store.arrive()
    gate.release()
    expect(await work).toBe('ERR_SESSION_LOCK_LOST')
    expect(await countOf(there, id)).toBe(1)
  })

  it('is not handed on when it was found by reading back: who waited asks the store', async () => {
    const { store, here } = openShakyShop()
    const id = await stored(here)
    const open = await visit(here.sessions, id)
    open.session.increment('n')
    const waiting = increment(here, id)
    await turns(1)
    here.faults.next('commit', 'loseAnswer')
    await open.commit()
    await waiting
    expect(here.sent).toEqual(['acquire', 'commit', 'readBack', 'unlock', 'acquire', 'commit'])
    expect(await countOf(here, id)).toBe(2)
    await turns()
    expect(leases(store)).toEqual([])
  })

  it('holds up nobody when it stays unknown although it was to be handed on', async () => {
    const { store, here } = openShakyShop()
    const id = await stored(here)
    const open = await visit(here.sessions, id)
    open.session.increment('n')
    const waiting = increment(here, id)
    await turns(1)
    here.faults.next('commit', 'loseAnswer').next('readBack', 'loseCommand')
    expect(await failureOf(Promise.resolve(open.commit()))).toMatchObject(UNKNOWN)
    await waiting
    expect(await countOf(here, id)).toBe(2)
    await turns()
    expect(leases(store)).toEqual([])
  })

  it('is refused when the process slept past its lease, and the other’s write stands', async () => {
    const { store, here, there } = openShakyShop()
    const id = await stored(here)
    const slow = await visit(here.sessions, id)
    slow.session.increment('n')
    store.clock.advance(10_001)
    await increment(there, id)
    expect(await codeOf(Promise.resolve(slow.commit()))).toBe('ERR_SESSION_LOCK_LOST')
    expect(await countOf(there, id)).toBe(1)
  })
})

describe('an acquire whose answer does not come', () => {
  it.each(['loseAnswer', 'loseCommand'] as const)('fails the request, and unlock is sent (%s)', async (fault) => {
    const { store, here, there } = openShakyShop()
    const id = await stored(here)
    here.faults.next('acquire', fault)
    expect(await failureOf(visit(here.sessions, id))).toMatchObject(UNKNOWN)
    await turns()
    expect(here.sent).toEqual(['acquire', 'unlock'])
    expect(leases(store)).toEqual([])
    await increment(there, id)
    expect(await countOf(here, id)).toBe(1)
  })

  it('and that arrives late holds the session only until its lease ends', async () => {
    const { store, here, there } = openShakyShop({ lock: { waitSeconds: 0 } })
    const id = await stored(here)
    here.faults.next('acquire', 'late')
    expect(await failureOf(visit(here.sessions, id))).toMatchObject(UNKNOWN)
    await turns()
    store.arrive()
    expect(await codeOf(increment(there, id))).toBe('ERR_SESSION_LOCK_TIMEOUT')
    store.clock.advance(10_001)
    await increment(there, id)
    expect(await countOf(here, id)).toBe(1)
  })
})

describe('an unlock or a touch whose answer does not come', () => {
  it('loses nothing and holds nobody up', async () => {
    const { store, here, there } = openShakyShop()
    const id = await stored(here)
    for (const [op, fault] of [
      ['unlock', 'loseAnswer'],
      ['commit', 'loseAnswer'],
      ['commit', 'loseCommand'],
    ] as const) {
      store.clock.advance(60_000)
      here.faults.next(op, fault)
      const open = await visit(here.sessions, id)
      await open.commit()
      await turns()
      expect(leases(store)).toEqual([])
      await increment(there, id)
    }
    expect(await countOf(here, id)).toBe(3)
  })
})
