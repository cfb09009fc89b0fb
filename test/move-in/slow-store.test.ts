import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { GatedStore } from './gated-store.ts'
import { NEXT_WEEK, World, ours, signed } from './world.ts'

const ADA = { passport: { user: 'ada' }, cart: ['book'] }

describe('while there is a way back, an old store', () => {
  it('that takes no change for several requests undoes none of them here', async () => {
    const store = new GatedStore()
    await using world = new World({ store, keepOldUntil: NEXT_WEEK })
    const cookie = store.put('sid-1', ADA)
    const cookies = `${cookie}; ${ours(await world.visit(cookie))}`
    store.failing = 'set'
    for (let count = 1; count <= 20; count++) await world.visit(cookies, (session) => session.set('count', count))
    store.failing = undefined
    expect((await world.visit(cookies)).data).toEqual({ ...ADA, count: 20 })
    expect(store.look('sid-1')).toMatchObject({ count: 20 })
  })

  it('that is slow to take what several requests have changed undoes none of it here', async () => {
    const store = new GatedStore()
    await using world = new World({ store, keepOldUntil: NEXT_WEEK })
    const cookie = store.put('sid-1', ADA)
    const cookies = `${cookie}; ${ours(await world.visit(cookie))}`
    const { promise, resolve } = Promise.withResolvers<void>()
    store.gate = promise
    const pending = ['one', 'two', 'three', 'four'].map((name) => world.visit(cookies, (session) => session.set(name, 1)))
    await vi.waitFor(() => expect(store.calls.filter((call) => call === 'set')).toHaveLength(4))
    resolve()
    await Promise.all(pending)
    expect((await world.visit(cookies)).data).toEqual({ ...ADA, one: 1, two: 1, three: 1, four: 1 })
    expect(store.look('sid-1')).toMatchObject({ one: 1, two: 1, three: 1, four: 1 })
  })

  it('that takes what merging requests have changed in another order than they were stored undoes none of it here', async () => {
    const store = new GatedStore()
    await using world = new World({ store, keepOldUntil: NEXT_WEEK, manager: { concurrency: 'merge' } })
    const cookie = store.put('sid-1', ADA)
    const cookies = `${cookie}; ${ours(await world.visit(cookie))}`
    const { promise: areAllThere, resolve: goOn } = Promise.withResolvers<void>()
    const set = store.set.bind(store)
    const sets: (() => void)[] = []
    store.set = (...given) => void sets.unshift(() => set(...given))
    const changes = ['one', 'two', 'three'].map((name, index) =>
      world.visit(cookies, async (session) => {
        if (index === 2) goOn()
        await areAllThere
        session.set(name, 1)
      }),
    )
    await vi.waitFor(() => expect(sets).toHaveLength(3))
    store.set = set
    for (const each of sets) each()
    await Promise.all(changes)
    expect((await world.visit(cookies)).data).toEqual({ ...ADA, one: 1, two: 1, three: 1 })
    expect(store.look('sid-1')).toMatchObject({ one: 1, two: 1, three: 1 })
  })

  it('whose touch writes the whole session loses no change of the old application by it', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    onTestFinished(() => void vi.useRealTimers())
    const store = new GatedStore()
    store.touch = (sid, session, done) => store.set(sid, session, done)
    await using world = new World({ store, keepOldUntil: NEXT_WEEK })
    const cookie = store.put('sid-1', ADA)
    const cookies = `${cookie}; ${ours(await world.visit(cookie))}`
    await world.visit(cookies, (session) => session.set('cart', ['pen']))
    vi.advanceTimersByTime(61_000)
    await world.visit(cookies)
    store.put('sid-1', { ...store.look('sid-1'), ...ADA })
    expect((await world.visit(cookies)).data).toEqual(ADA)
  })
})

describe('an old store', () => {
  it('that rejects where it should call back has failed at once', async () => {
    const store = { get: () => Promise.reject(new Error('down')), set: () => undefined, destroy: () => undefined }
    await using world = new World({ store })
    await expect(world.visit(`connect.sid=${signed('sid-1')}`)).rejects.toMatchObject({
      code: 'ERR_SESSION_DRIVER_FAILED',
      cause: { message: 'down' },
    })
  })
})
