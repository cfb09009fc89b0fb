import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { CommitResult } from '../../src/contracts/driver.ts'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { testClock } from '../../src/testing/test-clock.ts'
import type { Seen, WorldOptions } from './world.ts'
import { NEXT_WEEK, World, ours } from './world.ts'

const ADA = { passport: { user: 'ada' } }

const DAY = 86_400_000
const SEASON = 30 * DAY

/** Comes with the old cookie alone, as a thief who has copied it would, also where the old store never forgets. */
async function replay(world: World, cookie: string, sid: string): Promise<Seen> {
  world.store.put(sid, ADA)
  return world.visit(cookie)
}

const ways: readonly [string, WorldOptions][] = [
  ['at once', {}],
  ['with a way back', { keepOldUntil: NEXT_WEEK }],
]

describe.each(ways)('an old cookie, when visitors move in %s,', (_name, options) => {
  it('opens nothing after a logout', async () => {
    await using world = new World(options)
    const cookie = world.store.put('sid-1', ADA)
    const first = await world.visit(cookie)
    const { cookies } = await world.visit(`${cookie}; ${ours(first)}`, (session) => session.destroy())
    expect(cookies.map((line) => line.split(';', 2).join(';'))).toEqual(['__Host-ml_session=; Path=/', 'connect.sid=; Max-Age=0'])
    expect(world.store.look('sid-1')).toBe(undefined)
    expect((await replay(world, cookie, 'sid-1')).userId).toBe(undefined)
    expect((await replay(world, cookie, 'sid-1')).userId).toBe(undefined)
  })

  it('opens nothing after a logout in the very request that it came with', async () => {
    await using world = new World(options)
    const cookie = world.store.put('sid-1', ADA)
    await world.visit(cookie, (session) => session.destroy())
    expect(world.store.look('sid-1')).toBe(undefined)
    expect((await replay(world, cookie, 'sid-1')).userId).toBe(undefined)
  })

  it('opens nothing after a logout by `invalidate`', async () => {
    await using world = new World(options)
    const cookie = world.store.put('sid-1', ADA)
    await world.visit(cookie, (session) => session.invalidate())
    expect(world.store.look('sid-1')).toBe(undefined)
    expect((await replay(world, cookie, 'sid-1')).userId).toBe(undefined)
  })

  it('opens nothing after a logout whose request failed', async () => {
    await using world = new World(options)
    const cookie = world.store.put('sid-1', ADA)
    const open = await world.sessions.open({ cookieHeader: cookie, isHttps: true })
    await open.session.destroy()
    await open.discard(new Error('failed'))
    expect(world.store.look('sid-1')).toBe(undefined)
    expect((await replay(world, cookie, 'sid-1')).userId).toBe(undefined)
  })

  it('opens nothing after a logout that did not bring it', async () => {
    await using world = new World(options)
    const cookie = world.store.put('sid-1', ADA)
    const first = await world.visit(cookie)
    await world.visit(ours(first), (session) => session.destroy())
    expect((await world.visit(cookie)).userId).toBe(undefined)
    expect((await replay(world, cookie, 'sid-1')).userId).toBe(undefined)
  })

  it('opens nothing after a logout by who had a session of ours beside it', async () => {
    await using world = new World(options)
    const login = await world.visit('', (session) => session.setUserId('grace'))
    const cookie = world.store.put('sid-1', ADA)
    const { cookies } = await world.visit(`${ours(login)}; ${cookie}`, (session) => session.destroy())
    expect(cookies).toHaveLength(2)
    expect((await replay(world, cookie, 'sid-1')).userId).toBe(undefined)
  })

  it('is no way into the session of a later login, even one that kept its id', async () => {
    await using world = new World(options)
    const cookie = world.store.put('sid-1', { cart: ['book'] })
    const first = await world.visit(cookie)
    await world.visit(`${cookie}; ${ours(first)}`, (session) => session.setUserId('grace'))
    expect((await world.visit(ours(first))).userId).toBe('grace')
    expect((await replay(world, cookie, 'sid-1')).userId).toBe(undefined)
  })

  it('is worth nothing after a login that only takes a new id, here and in the old application', async () => {
    await using world = new World(options)
    const cookie = world.store.put('sid-1', { cart: ['book'] })
    const first = await world.visit(cookie)
    const login = await world.visit(`${cookie}; ${ours(first)}`, async (session) => {
      await session.regenerate({ destroy: true })
      session.set('passport', { user: 'ada' })
    })
    expect(world.store.look('sid-1')).toBe(undefined)
    expect((await world.visit(ours(login))).data).toEqual({ cart: ['book'], passport: { user: 'ada' } })
    expect((await world.visit(cookie)).data).toEqual({})
  })

  it('opens nothing after `revokeUser`, for who has moved in', async () => {
    await using world = new World(options)
    const cookie = world.store.put('sid-1', ADA)
    const first = await world.visit(cookie)
    await world.sessions.revokeUser('ada')
    const seen = await world.visit(`${cookie}; ${ours(first)}`)
    expect(seen.userId).toBe(undefined)
    expect(world.store.look('sid-1')).toBe(undefined)
    expect((await replay(world, cookie, 'sid-1')).userId).toBe(undefined)
  })

  it('opens nothing after `revokeUser`, for who has not moved in yet', async () => {
    await using world = new World(options)
    const cookies = [world.store.put('sid-1', ADA), world.store.put('sid-2', { passport: { user: 'grace' } })]
    await world.sessions.revokeUser('ada')
    expect(await Promise.all(cookies.map(async (cookie) => (await world.visit(cookie)).userId))).toEqual([undefined, 'grace'])
    expect((await replay(world, cookies[0] ?? '', 'sid-1')).userId).toBe(undefined)
  })

  it('opens nothing after `revokeOthers` and `revokeAll`', async () => {
    await using world = new World(options)
    const [one, other, third] = ['sid-1', 'sid-2', 'sid-3'].map((sid) => world.store.put(sid, ADA)) as [string, string, string]
    await world.visit(other)
    await world.visit(one, (session) => world.sessions.revokeOthers(session))
    expect((await world.visit(one)).userId).toBe('ada')
    expect((await replay(world, other, 'sid-2')).userId).toBe(undefined)
    const late = world.store.put('sid-4', { passport: { user: 'grace' } })
    await world.sessions.revokeAll()
    for (const cookie of [one, other, third, late]) expect((await world.visit(cookie)).userId).toBe(undefined)
    expect((await world.sessions.list()).sessions).toEqual([])
  })

  it('opens nothing after the session ended by our limits', async () => {
    const clock = testClock()
    const driver = new MemoryDriver({ clock: clock.now })
    await using world = new World({ ...options, driver, manager: { lifetime: { idleSeconds: 3600 } } })
    const cookie = world.store.put('sid-1', ADA)
    const first = await world.visit(cookie)
    clock.advance(3_601_000)
    expect((await world.visit(`${cookie}; ${ours(first)}`)).userId).toBe(undefined)
    expect(world.store.look('sid-1')).toBe(undefined)
    clock.advance(29 * DAY)
    await world.sessions.collect()
    expect((await replay(world, cookie, 'sid-1')).userId).toBe(undefined)
  })

  it('opens nothing when its login is older than our absolute limit', async () => {
    await using world = new World({
      ...options,
      manager: { lifetime: { absoluteSeconds: 86_400 } },
      authenticatedAt: () => Date.now() - 2 * DAY,
    })
    const cookie = world.store.put('sid-1', ADA)
    expect((await world.visit(cookie)).userId).toBe(undefined)
    expect((await replay(world, cookie, 'sid-1')).userId).toBe(undefined)
  })
})

describe('of several old sessions', () => {
  it('one whose login is known to be later than `revokeUser` moves in', async () => {
    await using world = new World({ authenticatedAt: ({ at }) => Number(at) })
    await world.sessions.revokeUser('ada')
    const [before, after] = [-1000, 1000].map((ms) => world.store.put(`sid${ms}`, { ...ADA, at: Date.now() + ms })) as [string, string]
    expect((await world.visit(before)).userId).toBe(undefined)
    expect((await world.visit(after)).userId).toBe('ada')
  })

  it('`revokeUser` on a server whose clock has come to the next season counts on one whose clock has not', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Math.ceil(Date.now() / SEASON) * SEASON + 1_800_000 })
    onTestFinished(() => void vi.useRealTimers())
    await using world = new World()
    const cookie = world.store.put('sid-1', ADA)
    await world.sessions.revokeUser('ada')
    vi.setSystemTime(Date.now() - 3_600_000)
    expect((await world.visit(cookie)).userId).toBe(undefined)
  })

  it('a second `revokeUser` counts from its own time', async () => {
    await using world = new World({ authenticatedAt: ({ at }) => Number(at) })
    await world.sessions.revokeUser('ada')
    const at = Date.now() + 1
    await new Promise((resolve) => setTimeout(resolve, 5))
    await world.sessions.revokeUser('ada')
    expect((await world.visit(world.store.put('sid-1', { ...ADA, at }))).userId).toBe(undefined)
  })
})

const DAY_MS = 86_400_000

/** A store in which something else happens just before, or just after, a session moves in. */
class BusyDriver extends MemoryDriver {
  before: (() => Promise<unknown>) | undefined
  after: (() => Promise<unknown>) | undefined

  override async replace(...given: Parameters<MemoryDriver['replace']>): Promise<CommitResult> {
    const { before, after } = this
    this.before = this.after = undefined
    await before?.()
    const done = await super.replace(...given)
    await after?.()
    return done
  }
}

describe('sessions of a user that are ended', () => {
  it.each(['before', 'after'] as const)('just %s one moves in take it along', async (when) => {
    const driver = new BusyDriver()
    await using world = new World({ driver })
    const cookie = world.store.put('sid-1', ADA)
    driver[when] = () => world.sessions.revokeUser('ada')
    expect((await world.visit(cookie)).userId).toBe(undefined)
    expect((await replay(world, cookie, 'sid-1')).userId).toBe(undefined)
    expect((await world.sessions.list()).sessions).toEqual([])
  })

  it('take one along whose process died when it had moved in', async () => {
    const driver = new BusyDriver()
    await using world = new World({ driver })
    const cookie = world.store.put('sid-1', ADA)
    driver.before = () => world.sessions.revokeUser('ada')
    driver.after = () => Promise.reject(new Error('the process has died'))
    await world.visit(cookie).catch(() => undefined)
    expect((await world.visit(cookie)).userId).toBe(undefined)
  })

  it('take along one whose id another request changes at that moment', async () => {
    const driver = new BusyDriver()
    await using world = new World({ driver })
    const cookie = world.store.put('sid-1', ADA)
    let other: Seen | undefined
    driver.before = () => world.sessions.revokeUser('ada')
    driver.after = async () => {
      other = await world.visit(cookie, (session) => session.regenerate())
    }
    expect((await world.visit(cookie)).userId).toBe(undefined)
    expect(other?.userId).toBe(undefined)
    expect((await world.sessions.list({ userId: 'ada' })).sessions).toEqual([])
  })

  it.each([1, 40, 170, 240, 299])('are remembered for as long as the old application may come back: on day %i of 300', async (day) => {
    vi.useFakeTimers({ toFake: ['Date'] })
    onTestFinished(() => void vi.useRealTimers())
    const start = Date.now()
    await using world = new World({ driver: new MemoryDriver(), keepOldUntil: new Date(start + 300 * DAY_MS), lifetimeSeconds: 7 * 86_400 })
    const cookie = world.store.put('sid-1', ADA)
    await world.sessions.revokeUser('ada')
    vi.setSystemTime(start + day * DAY_MS)
    world.store.put('sid-1', ADA)
    expect((await world.visit(cookie)).userId).toBe(undefined)
  })

  it('are shown to no request, however many come with the old cookie at the same time', async () => {
    const driver = new BusyDriver()
    await using world = new World({ driver })
    const cookie = world.store.put('sid-1', ADA)
    await world.sessions.revokeUser('ada')
    let other: Seen | undefined
    driver.after = async () => {
      other = await world.visit(cookie)
    }
    expect((await world.visit(cookie)).userId).toBe(undefined)
    expect(other).toMatchObject({ userId: undefined, data: {} })
  })
})

describe('a logout that cannot reach the old store', () => {
  it('is an error while there is a way back, and the old cookie opens nothing here all the same', async () => {
    let isDown = false
    await using world = new World({
      keepOldUntil: NEXT_WEEK,
      store: {
        get: (sid, done) => world.store.get(sid, done),
        set: (sid, session, done) => world.store.set(sid, session, done),
        destroy: (sid, done) => (isDown ? done(new Error('connection refused')) : world.store.destroy(sid, done)),
      },
    })
    const cookie = world.store.put('sid-1', ADA)
    const first = await world.visit(cookie)
    isDown = true
    await expect(world.visit(`${cookie}; ${ours(first)}`, (session) => session.destroy())).rejects.toMatchObject({ status: 503 })
    expect((await world.visit(cookie)).userId).toBe(undefined)
    isDown = false
    expect((await world.visit(cookie)).userId).toBe(undefined)
    expect(world.store.look('sid-1')).toBe(undefined)
  })
})
