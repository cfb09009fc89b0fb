import { describe, expect, it } from 'vitest'
import type { SessionEvents } from '../../src/contracts/events.ts'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { GatedStore } from './gated-store.ts'
import { NEXT_WEEK, OldStore, World, ours, signed } from './world.ts'
import type { Seen } from './world.ts'

const ADA = { passport: { user: 'ada' }, cart: ['book'] }
const both = (cookie: string, seen: Pick<Seen, 'cookies'>): string => `${cookie}; ${ours(seen)}`

describe('when the way back is over', () => {
  it('the first request of a session ends the old one, and later ones ask nobody', async () => {
    const store = new GatedStore()
    const driver = new MemoryDriver()
    await using open = new World({ store, driver, keepOldUntil: NEXT_WEEK })
    await using closed = new World({ store, driver, keepOldUntil: new Date(Date.now() - 1) })
    const cookie = store.put('sid-1', ADA)
    const first = await open.visit(cookie)
    store.calls.length = 0
    const second = await closed.visit(both(cookie, first))
    expect(second).toMatchObject({ userId: 'ada', cookies: [expect.stringMatching(/^connect\.sid=; Max-Age=0/)] })
    expect(store.look('sid-1')).toBe(undefined)
    await closed.visit(ours(first))
    expect(store.calls).toEqual(['destroy'])
  })

  it('that is for good: a later time to go back logs nobody out whose old session is gone', async () => {
    const store = new OldStore()
    const driver = new MemoryDriver()
    await using open = new World({ store, driver, keepOldUntil: NEXT_WEEK })
    await using closed = new World({ store, driver })
    const [one, other] = [store.put('sid-1', ADA), store.put('sid-2', ADA)]
    const seen = [await closed.visit(one), await open.visit(other)]
    await closed.visit(both(other, seen[1] ?? { cookies: [] }))
    expect(Object.keys(store.sessions)).toEqual([])
    for (const first of seen) expect((await open.visit(ours(first))).userId).toBe('ada')
  })

  it('an old store that cannot end it is a `trouble`, and is asked again by the next request', async () => {
    const store = new GatedStore()
    await using world = new World({ store })
    const troubles: SessionEvents['trouble'][] = []
    world.sessions.on('trouble', (trouble) => troubles.push(trouble))
    store.failing = 'destroy'
    const cookie = store.put('sid-1', ADA)
    const first = await world.visit(cookie)
    expect(first.cookies).toHaveLength(1)
    expect(troubles.map(({ operation }) => operation)).toEqual(['move-in destroy'])
    store.failing = undefined
    expect((await world.visit(both(cookie, first))).cookies).toEqual([expect.stringMatching(/^connect\.sid=;/)])
    expect(store.look('sid-1')).toBe(undefined)
  })

  it('a cookie of somebody else by the same name is left alone', async () => {
    await using world = new World()
    const first = await world.visit('', (session) => session.set('a', 1))
    const foreign = `connect.sid=${signed('sid-1', 'a secret of another application')}`
    expect(await world.visit(both(foreign, first))).toMatchObject({ data: { a: 1 }, cookies: [] })
    const unknown = `connect.sid=${signed('sid-1')}`
    expect(await world.visit(both(unknown, first))).toMatchObject({ data: { a: 1 }, cookies: [] })
  })
})
