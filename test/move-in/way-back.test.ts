import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { SessionEvents } from '../../src/contracts/events.ts'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { testClock } from '../../src/testing/test-clock.ts'
import { GatedStore } from './gated-store.ts'
import { NEXT_WEEK, World, ours } from './world.ts'
import type { Seen } from './world.ts'

const ADA = { passport: { user: 'ada' }, cart: ['book'] }
const both = (cookie: string, seen: Pick<Seen, 'cookies'>): string => `${cookie}; ${ours(seen)}`

describe('while there is a way back', () => {
  it('what changes here is written to the old session, beside its cookie, and nothing when nothing changes', async () => {
    const store = new GatedStore()
    await using world = new World({ store, keepOldUntil: NEXT_WEEK })
    const cookie = store.put('sid-1', ADA, {
      originalMaxAge: 600_000,
      expires: new Date(Date.now() + 60_000),
      httpOnly: true,
      path: '/',
      sameSite: 'lax',
    })
    const first = await world.visit(cookie)
    expect(first.cookies).toHaveLength(1)
    await world.visit(both(cookie, first))
    expect(store.calls).toEqual(['get', 'get', 'get'])
    await world.visit(both(cookie, first), (session) => session.set('cart', ['book', 'pen']))
    const old = store.look('sid-1')
    expect(old).toMatchObject({
      passport: { user: 'ada' },
      cart: ['book', 'pen'],
      cookie: { originalMaxAge: 600_000, sameSite: 'lax', path: '/' },
    })
    expect(old).not.toHaveProperty('_token')
    expect(old).not.toHaveProperty('cookie.maxAge')
    expect(Date.parse((old?.['cookie'] as { expires: string } | undefined)?.expires ?? '')).toBeGreaterThan(Date.now() + 500_000)
  })

  it('a session that is used here does not end there for want of use, however often it is used', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    onTestFinished(() => void vi.useRealTimers())
    const store = new GatedStore()
    await using world = new World({ store, keepOldUntil: NEXT_WEEK, manager: { lifetime: { touchEverySeconds: 10 } } })
    const cookie = store.put('sid-1', ADA)
    const first = await world.visit(cookie)
    store.calls.length = 0
    for (let visit = 0; visit < 4; visit++) {
      vi.advanceTimersByTime(30_000)
      await world.visit(both(cookie, first))
    }
    expect(store.calls).toEqual(['get', 'get', 'touch', 'get', 'get', 'touch'])
  })

  it('a process that has not seen it move in tells the old store of its first use', async () => {
    const store = new GatedStore()
    const driver = new MemoryDriver()
    await using world = new World({ driver, store, keepOldUntil: NEXT_WEEK })
    const cookie = store.put('sid-1', ADA)
    const cookies = both(cookie, await world.visit(cookie))
    store.calls.length = 0
    await using other = new World({ driver, store, keepOldUntil: NEXT_WEEK })
    for (const each of [world, other, other]) await each.visit(cookies)
    expect(store.calls).toEqual(['get', 'get', 'touch', 'get'])
  })

  it('a change is written there, though another request gives the session a new id for its age meanwhile', async () => {
    const store = new GatedStore()
    const clock = testClock()
    const driver = new MemoryDriver({ clock: clock.now })
    const lifetime = { rotateEverySeconds: 80, graceSeconds: 300 }
    const manager = { clock: clock.now, concurrency: 'merge', lifetime } as const
    await using world = new World({ driver, store, keepOldUntil: NEXT_WEEK, manager })
    const cookie = store.put('sid-1', ADA)
    const cookies = both(cookie, await world.visit(cookie))
    clock.advance(81_000)
    const { promise, resolve } = Promise.withResolvers<void>()
    store.gate = promise
    const changing = world.visit(cookies, (session) => session.set('cart', ['pen']))
    await vi.waitFor(() => expect(store.calls).toContain('set'))
    store.gate = undefined
    clock.advance(81_000)
    const renewed = await world.visit(cookies)
    resolve()
    expect((await changing).id).not.toBe(renewed.id)
    expect(store.look('sid-1')).toMatchObject({ cart: ['pen'] })
  })

  it('what the old application has removed, or put under a name that is no path here, is so here, under the same id', async () => {
    await using world = new World({ keepOldUntil: NEXT_WEEK })
    const cookie = world.store.put('sid-1', ADA)
    const first = await world.visit(cookie)
    const changed = { passport: ADA.passport, '': 1, 'a.b': 2 }
    world.store.put('sid-1', changed)
    expect(await world.visit(both(cookie, first))).toMatchObject({ id: first.id, userId: 'ada' })
    expect((await world.visit(ours(first))).data).toEqual(changed)
  })

  it('a session that is only read is shown as it was, whatever the old application has changed', async () => {
    const driver = new MemoryDriver()
    await using world = new World({ driver, keepOldUntil: NEXT_WEEK })
    const cookie = world.store.put('sid-1', ADA)
    const first = await world.visit(cookie)
    world.store.put('sid-1', { ...ADA, cart: [] })
    const manager = { concurrency: 'readonly' } as const
    await using reading = new World({ driver, store: world.store, keepOldUntil: NEXT_WEEK, manager })
    expect((await reading.visit(both(cookie, first))).data).toEqual(ADA)
  })

  it('and is none any more, a session is read as before', async () => {
    const driver = new MemoryDriver()
    await using before = new World({ driver, keepOldUntil: NEXT_WEEK })
    const cookie = before.store.put('sid-1', ADA)
    const cookies = both(cookie, await before.visit(cookie))
    await using after = new World({ driver, store: before.store, manager: { concurrency: 'readonly' } })
    expect((await after.visit(cookies)).userId).toBe('ada')
  })

  it('another user who logged in at the old application since is not shown the session of the one before', async () => {
    await using world = new World({ keepOldUntil: NEXT_WEEK })
    const before = await world.visit('', (session) => session.setUserId('grace'))
    const cookie = world.store.put('sid-1', ADA)
    const after = await world.visit(both(cookie, before))
    expect(after.userId).toBe('ada')
    expect((await world.visit(ours(before))).userId).toBe(undefined)
    expect((await world.visit(both(cookie, after))).userId).toBe('ada')
  })

  it('who logged in anew at the old application, under another id there, is found here', async () => {
    await using world = new World({ keepOldUntil: NEXT_WEEK })
    const first = await world.visit(world.store.put('sid-1', ADA))
    delete world.store.sessions['sid-1']
    const cookie = world.store.put('sid-2', { passport: { user: 'grace' } })
    const second = await world.visit(both(cookie, first))
    expect(second.userId).toBe('grace')
    expect((await world.visit(ours(first))).userId).toBe(undefined)
  })

  it('an id that is renewed for its age in the midst of a merging request leaves the old session there; a login in one ends it', async () => {
    const clock = testClock()
    const manager = { clock: clock.now, concurrency: 'merge', lifetime: { rotateEverySeconds: 600 } } as const
    await using world = new World({ keepOldUntil: NEXT_WEEK, driver: new MemoryDriver({ clock: clock.now }), manager })
    const cookie = world.store.put('sid-1', ADA)
    const first = await world.visit(cookie)
    clock.advance(700_000)
    const second = await world.visit(both(cookie, first), async (session) => {
      session.set('cart', ['pen'])
      await session.save({ keepOpen: true })
    })
    expect([second.id === first.id, world.store.look('sid-1')?.['cart']]).toEqual([false, ['pen']])
    await world.visit(both(cookie, second), async (session) => {
      await session.regenerate()
      await session.save({ keepOpen: true })
    })
    expect(world.store.look('sid-1')).toBeUndefined()
  })

  it('a login that only takes a new id stays one, whatever a merging request stores that began before it', async () => {
    await using world = new World({ keepOldUntil: NEXT_WEEK })
    const cookie = world.store.put('sid-1', { cart: ['book'] })
    const before = both(cookie, await world.visit(cookie))
    const merging = await world.sessions.open({ cookieHeader: before, isHttps: true, concurrency: 'merge' })
    merging.session.set('seen', 1)
    const login = await world.visit(before, async (session) => {
      await session.regenerate()
      session.set('user', 'ada')
    })
    await merging.commit()
    for (let each = 0; each < 2; each++) {
      expect((await world.visit(ours(login))).data).toEqual({ cart: ['book'], user: 'ada', seen: 1 })
      expect(world.store.look('sid-1')).toBeUndefined()
    }
    expect((await world.visit(cookie)).data).toEqual({})
  })

  it('a user who changed in the same old session gets a new id here', async () => {
    await using world = new World({ keepOldUntil: NEXT_WEEK })
    const cookie = world.store.put('sid-1', ADA)
    const first = await world.visit(cookie)
    world.store.put('sid-1', { passport: { user: 'grace' }, cart: [] })
    const second = await world.visit(both(cookie, first))
    expect(second).toMatchObject({ userId: 'grace', data: { passport: { user: 'grace' }, cart: [] } })
    expect(second.id).not.toBe(first.id)
    expect((await world.visit(ours(first))).userId).toBe(undefined)
  })

  it('a logout that comes while the old session is being written is not undone by it', async () => {
    const store = new GatedStore()
    await using world = new World({ store, keepOldUntil: NEXT_WEEK })
    const cookie = store.put('sid-1', ADA)
    const first = await world.visit(cookie)
    const { promise, resolve } = Promise.withResolvers<void>()
    store.gate = promise
    const writing = world.visit(both(cookie, first), (session) => session.set('cart', []))
    while (!store.calls.includes('set')) await new Promise((done) => setImmediate(done))
    await world.visit(both(cookie, first), (session) => session.destroy())
    resolve()
    await writing
    expect(store.look('sid-1')).toBe(undefined)
  })

  it('our cookie cannot have the name of the old one, which the old application would not find again', async () => {
    const manager = { name: 'connect.sid', cookie: { prefix: 'none' } } as const
    await using world = new World({ keepOldUntil: NEXT_WEEK, manager })
    await expect(world.visit('')).rejects.toMatchObject({ code: 'ERR_SESSION_CONFIG', message: expect.stringContaining("'connect.sid'") })
  })

  it('an old store that does not take what changed is a `trouble`, and gets it with the next request', async () => {
    const store = new GatedStore()
    await using world = new World({ store, keepOldUntil: NEXT_WEEK })
    const troubles: SessionEvents['trouble'][] = []
    world.sessions.on('trouble', (trouble) => troubles.push(trouble))
    const cookie = store.put('sid-1', ADA)
    const first = await world.visit(cookie)
    store.failing = 'set'
    await world.visit(both(cookie, first), (session) => session.set('cart', ['pen']))
    expect(troubles.map(({ operation }) => operation)).toEqual(['move-in set'])
    store.failing = undefined
    expect((await world.visit(both(cookie, first))).data).toMatchObject({ cart: ['pen'] })
    expect(store.look('sid-1')).toMatchObject({ cart: ['pen'] })
  })

  it('what the old application has put back as it was before is found here as well', async () => {
    await using world = new World({ keepOldUntil: NEXT_WEEK })
    const cookie = world.store.put('sid-1', ADA)
    const first = await world.visit(cookie, (session) => session.set('cart', ['book', 'pen']))
    const written = world.store.look('sid-1')
    expect(written).toMatchObject({ cart: ['book', 'pen'] })
    // As express-session keeps what it does not know.
    world.store.put('sid-1', { ...written, cart: ['book'] })
    expect((await world.visit(both(cookie, first))).data).toEqual(ADA)
  })

  it('an old store that cannot be asked is an error for who has moved in, and the session stays', async () => {
    const store = new GatedStore()
    await using world = new World({ store, keepOldUntil: NEXT_WEEK })
    const cookie = store.put('sid-1', ADA)
    const first = await world.visit(cookie)
    store.failing = 'get'
    await expect(world.visit(both(cookie, first))).rejects.toMatchObject({ code: 'ERR_SESSION_DRIVER_FAILED', status: 503 })
    store.failing = undefined
    expect((await world.visit(both(cookie, first))).userId).toBe('ada')
  })

  it('what JSON cannot hold is kept here, and the old session stays as it was', async () => {
    await using world = new World({ keepOldUntil: NEXT_WEEK })
    const cookie = world.store.put('sid-1', ADA)
    const first = await world.visit(cookie, (session) => session.set('big', 1n))
    expect((await world.visit(both(cookie, first))).data).toEqual({ ...ADA, big: 1n })
    expect(world.store.look('sid-1')).toMatchObject(ADA)
  })

  it('data in another form is written back where the way back is known', async () => {
    const data = ({ cart }: Readonly<Record<string, unknown>>): Record<string, unknown> => ({ basket: cart })
    const toOld = ({ basket }: Readonly<Record<string, unknown>>): Record<string, unknown> => ({ passport: { user: 'ada' }, cart: basket })
    await using oneWay = new World({ keepOldUntil: NEXT_WEEK, data })
    await using twoWays = new World({ keepOldUntil: NEXT_WEEK, data, toOld })
    for (const world of [oneWay, twoWays]) {
      const cookie = world.store.put('sid-1', ADA)
      const first = await world.visit(cookie, (session) => session.set('basket', ['pen']))
      expect((await world.visit(both(cookie, first))).data).toEqual({ basket: ['pen'] })
    }
    expect(oneWay.store.look('sid-1')).toMatchObject(ADA)
    expect(twoWays.store.look('sid-1')).toMatchObject({ ...ADA, cart: ['pen'] })
  })

  it('a request that only reads shows nobody who has logged out at the old application', async () => {
    await using world = new World({ keepOldUntil: NEXT_WEEK })
    const cookie = world.store.put('sid-1', ADA)
    const first = await world.visit(cookie)
    delete world.store.sessions['sid-1']
    const cookieHeader = both(cookie, first)
    const open = await world.sessions.open({ cookieHeader, isHttps: true, concurrency: 'readonly' })
    expect(open.session.userId).toBe(undefined)
    await open.commit()
    expect((await world.visit(cookieHeader)).userId).toBe(undefined)
  })

  it('of a request that failed nothing is written to the old session', async () => {
    await using world = new World({ keepOldUntil: NEXT_WEEK })
    const cookieHeader = world.store.put('sid-1', ADA)
    const open = await world.sessions.open({ cookieHeader, isHttps: true })
    open.session.set('cart', ['lost'])
    await open.discard(new Error('failed'))
    expect(world.store.look('sid-1')).toMatchObject(ADA)
  })
})
