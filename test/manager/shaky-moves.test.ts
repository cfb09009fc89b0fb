import { describe, expect, it } from 'vitest'
import { turns } from './support/idle.ts'
import { countOf, increment, leases, openShakyShop, rowOf, stored } from './support/shaky-shop.ts'
import { codeOf, failureOf, idIn, visit } from './support/shop.ts'

describe('a logout that met a rotation', () => {
  it('that read the session before the rotation ends the successor too', async () => {
    const { store, here, there } = openShakyShop()
    const id = await stored(here)
    const logout = await visit(here.sessions, id)
    store.clock.advance(10_001)
    const successor = (await increment(there, id, (open) => open.session.regenerate())) ?? ''
    expect(await countOf(there, successor)).toBe(1)
    await logout.session.destroy()
    await logout.commit()
    for (const each of [id, successor]) expect(await countOf(there, each)).toBeUndefined()
  })

  it('follows a chain of rotations', async () => {
    const { store, here, there } = openShakyShop()
    const ids = [await stored(here)]
    const logout = await visit(here.sessions, ids[0])
    store.clock.advance(10_001)
    for (let each = 0; each < 5; each++) ids.push((await increment(there, ids.at(-1) ?? '', (open) => open.session.regenerate())) ?? '')
    await logout.session.destroy()
    for (const id of ids) expect(await countOf(there, id)).toBeUndefined()
  })

  it('finds the marker again when the answer was lost that told of it', async () => {
    const { store, here, there } = openShakyShop()
    const id = await stored(here)
    const logout = await visit(here.sessions, id)
    store.clock.advance(10_001)
    const successor = (await increment(there, id, (open) => open.session.regenerate())) ?? ''
    here.faults.next('destroy', 'loseAnswer')
    await logout.session.destroy()
    await logout.commit()
    for (const each of [id, successor]) expect(await countOf(there, each)).toBeUndefined()
  })

  it('is sent again when it did not arrive', async () => {
    const { here } = openShakyShop()
    const id = await stored(here)
    const logout = await visit(here.sessions, id)
    here.faults.next('destroy', 'loseCommand')
    await logout.session.destroy()
    expect(await countOf(here, id)).toBeUndefined()
  })

  it('does not follow the marker of a login: that session is another’s', async () => {
    const { store, here, there } = openShakyShop()
    const id = await stored(here)
    const logout = await visit(here.sessions, id)
    store.clock.advance(10_001)
    const newId = (await increment(there, id, (open) => open.session.regenerate({ destroy: true }))) ?? ''
    await logout.session.destroy()
    expect(await countOf(there, newId)).toBe(1)
  })
})

describe('a new session whose insert is not answered', () => {
  it.each(['loseAnswer', 'loseCommand', 'late'] as const)(
    'gets another id, and the first never becomes a session of anybody (%s)',
    async (fault) => {
      const { store, here, there } = openShakyShop()
      const open = await visit(here.sessions)
      open.session.set('n', 5)
      const first = open.session.id
      here.faults.next('insert', fault)
      const sent = idIn((await open.commit()).setCookie) ?? ''
      expect(sent).toBe(open.session.id)
      expect(sent).not.toBe(first)
      expect(await countOf(there, sent)).toBe(5)
      const logout = await visit(there.sessions, sent)
      await logout.session.destroy()
      store.arrive()
      expect(await countOf(here, sent)).toBeUndefined()
      expect(here.sent.filter((op) => op === 'insert')).toHaveLength(2)
    },
  )

  it('fails after three tries, and nobody has an id of them', async () => {
    const { store, here } = openShakyShop()
    const open = await visit(here.sessions)
    open.session.set('n', 5)
    here.faults.next('insert', 'late').next('insert', 'late').next('insert', 'late')
    expect(await failureOf(Promise.resolve(open.commit()))).toMatchObject({ code: 'ERR_SESSION_DRIVER_FAILED', status: 503 })
    store.arrive()
    expect(store.rows.size).toBe(3)
    expect(rowOf(store, open.session.id)).toBeUndefined()
  })
})

describe('a rotation over a bad line', () => {
  it('whose marker’s answer was lost is done', async () => {
    const { store, here, there } = openShakyShop()
    const id = await stored(here)
    here.faults.next('mark', 'loseAnswer')
    const successor = (await increment(here, id, (open) => open.session.regenerate())) ?? ''
    for (const each of [id, successor]) expect(await countOf(there, each)).toBe(1)
    await turns()
    expect(leases(store)).toEqual([])
  })

  it.each(['regenerate', 'login'] as const)('that stays unknown fails the request, and the session is not lost (%s)', async (kind) => {
    const { here, there } = openShakyShop()
    const id = await stored(here)
    here.faults.next('mark', 'loseAnswer').next('readBack', 'loseCommand')
    let planned = ''
    const work = increment(here, id, async (open) => {
      await open.session.regenerate({ destroy: kind === 'login' })
      planned = open.session.id
    })
    expect(await failureOf(work)).toMatchObject({ code: 'ERR_SESSION_DRIVER_FAILED', status: 503 })
    expect(await countOf(there, planned)).toBe(1)
    expect(await countOf(there, id)).toBe(kind === 'login' ? undefined : 1)
  })

  it('that was refused for its lease leaves both, since a late copy may still be let in', async () => {
    const { store, here, there } = openShakyShop()
    const id = await stored(here)
    let planned = ''
    here.faults.next('mark', 'late')
    const gate = here.faults.hold('readBack')
    const work = codeOf(
      increment(here, id, async (open) => {
        await open.session.regenerate()
        planned = open.session.id
      }),
    )
    await gate.arrived
    store.clock.advance(10_001)
    gate.release()
    expect(await work).toBe('ERR_SESSION_DRIVER_FAILED')
    expect(await countOf(there, id)).toBe(0)
    expect(rowOf(store, planned)).toBeDefined()
    store.arrive()
    await increment(there, id)
    expect(await countOf(there, id)).toBe(1)
  })

  it('that another overtook is told as lost, and the new record is gone', async () => {
    const { store, here, there } = openShakyShop()
    const id = await stored(here)
    let planned = ''
    const slow = await visit(here.sessions, id)
    slow.session.increment('n')
    await slow.session.regenerate()
    planned = slow.session.id
    store.clock.advance(10_001)
    await increment(there, id)
    expect(await codeOf(Promise.resolve(slow.commit()))).toBe('ERR_SESSION_LOCK_LOST')
    expect(rowOf(store, planned)).toBeUndefined()
    expect(await countOf(there, id)).toBe(1)
  })

  it('of a session that was ended meanwhile brings nothing back', async () => {
    const { store, here, there } = openShakyShop()
    const id = await stored(here)
    const slow = await visit(here.sessions, id)
    await slow.session.regenerate({ destroy: true })
    const planned = slow.session.id
    store.clock.advance(10_001)
    const logout = await visit(there.sessions, id)
    await logout.session.destroy()
    expect(await slow.commit()).toEqual({ setCookie: undefined })
    expect(rowOf(store, planned)).toBeUndefined()
    expect(store.rows.size).toBe(0)
  })
})
