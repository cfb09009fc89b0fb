import { describe, expect, it, vi } from 'vitest'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { ironSession } from '../../src/move-in/index.ts'
import { SessionError } from '../../src/session/errors.ts'
import { NEXT_WEEK, OldStore, World, ours } from './world.ts'
import type { WorldOptions } from './world.ts'

const ADA = { passport: { user: 'ada' } }

describe('an old session beside one of ours, while there is a way back,', () => {
  it('that cannot be taken over leaves ours unlocked', async () => {
    const data = (old: object): never => {
      throw new Error(`of no use: ${Object.keys(old).join()}`)
    }
    await using world = new World({ keepOldUntil: NEXT_WEEK, data, manager: { lock: { waitSeconds: 0.2 } } })
    const login = await world.visit('', (session) => session.setUserId('grace'))
    await expect(world.visit(`${ours(login)}; ${world.store.put('sid-1', ADA)}`)).rejects.toThrow('of no use')
    expect((await world.visit(ours(login))).userId).toBe('grace')
  })

  it('and newer than ours, which the store does not end, leaves ours unlocked', async () => {
    const driver = new MemoryDriver()
    await using world = new World({ driver, keepOldUntil: NEXT_WEEK, manager: { lock: { waitSeconds: 0.2 } } })
    const created: string[] = []
    world.sessions.on('created', ({ key }) => created.push(key ?? ''))
    const login = await world.visit('', (session) => session.setUserId('grace'))
    const destroying = vi.spyOn(driver, 'destroy').mockImplementation(async (key) => {
      if (key === created[0]) throw SessionError.driverFailed('destroy')
      return MemoryDriver.prototype.destroy.call(driver, key)
    })
    const cookies = `${ours(login)}; ${world.store.put('sid-1', ADA)}`
    await expect(world.visit(cookies)).rejects.toMatchObject({ code: 'ERR_SESSION_DRIVER_FAILED' })
    destroying.mockRestore()
    expect((await world.visit(ours(login))).userId).toBe('grace')
  })

  it('ends no login here when it is nobody’s', async () => {
    await using world = new World({ keepOldUntil: NEXT_WEEK })
    const login = await world.visit('', (session) => session.setUserId('grace'))
    const cookie = world.store.put('sid-1', { returnTo: '/cart' })
    expect((await world.visit(`${ours(login)}; ${cookie}`)).userId).toBe('grace')
    expect((await world.visit(ours(login))).userId).toBe('grace')
  })

  it('takes the place of ours where both are nobody’s', async () => {
    await using world = new World({ keepOldUntil: NEXT_WEEK })
    const before = await world.visit('', (session) => session.set('cart', ['pen']))
    const cookie = world.store.put('sid-1', { returnTo: '/cart' })
    expect((await world.visit(`${ours(before)}; ${cookie}`)).data).toEqual({ returnTo: '/cart' })
  })

  it('that the old application has ended meanwhile is not written again', async () => {
    await using world = new World({ keepOldUntil: NEXT_WEEK })
    const cookie = world.store.put('sid-1', ADA)
    const first = await world.visit(cookie)
    await world.visit(`${cookie}; ${ours(first)}`, (session) => {
      session.set('cart', ['book'])
      delete world.store.sessions['sid-1']
    })
    expect(world.store.look('sid-1')).toBe(undefined)
    expect((await world.visit(`${cookie}; ${ours(first)}`)).userId).toBe(undefined)
  })

  it('whose store has lost its folder is a `trouble` when it is to be written', async () => {
    const store = new OldStore()
    store.set = (_sid, _session, done) => done?.(Object.assign(new Error('no such folder'), { code: 'ENOENT' }))
    await using world = new World({ keepOldUntil: NEXT_WEEK, store })
    const operations: string[] = []
    world.sessions.on('trouble', ({ operation }) => operations.push(operation))
    await world.visit(store.put('sid-1', ADA), (session) => session.set('cart', []))
    expect(operations).toEqual(['move-in set'])
  })
})

describe('an old session', () => {
  it('moves in at the second try where its user was revoked in the midst of the first, and had logged in since', async () => {
    const driver = new MemoryDriver()
    await using world = new World({ driver })
    vi.spyOn(driver, 'insert').mockImplementation(async (key, record) => {
      if (record.userId === undefined) return MemoryDriver.prototype.insert.call(driver, key, record)
      vi.restoreAllMocks()
      throw SessionError.gone()
    })
    expect((await world.visit(world.store.put('sid-1', ADA))).userId).toBe('ada')
  })

  it('that could not move in can be tried again at once', async () => {
    const driver = new MemoryDriver()
    await using world = new World({ driver, manager: { lock: { waitSeconds: 0.2 } } })
    const cookie = world.store.put('sid-1', ADA)
    vi.spyOn(driver, 'insert').mockImplementation(async (key, record) => {
      if (record.userId === undefined) return MemoryDriver.prototype.insert.call(driver, key, record)
      vi.restoreAllMocks()
      throw SessionError.driverFailed('insert')
    })
    await expect(world.visit(cookie)).rejects.toMatchObject({ code: 'ERR_SESSION_DRIVER_FAILED' })
    expect((await world.visit(cookie)).userId).toBe('ada')
  })
})

describe('the way of an old session', () => {
  it('is free where its lease was had and the answer of the store was lost', async () => {
    const driver = new MemoryDriver()
    await using world = new World({ driver, manager: { lock: { waitSeconds: 0.2 } } })
    const cookie = world.store.put('sid-1', ADA)
    const asked = vi.spyOn(driver, 'acquire').mockImplementation(async (...given) => {
      const found = await MemoryDriver.prototype.acquire.call(driver, ...given)
      if (found.kind === 'held') throw SessionError.driverFailed('acquire')
      return found
    })
    await expect(world.visit(cookie)).rejects.toMatchObject({ code: 'ERR_SESSION_DRIVER_FAILED' })
    asked.mockRestore()
    expect((await world.visit(cookie)).userId).toBe('ada')
  })

  it('leaves no session behind that nothing leads to, where its lease is lost before it is marked', async () => {
    const driver = new MemoryDriver()
    await using world = new World({ driver })
    vi.spyOn(driver, 'replace').mockResolvedValueOnce({ kind: 'lost' })
    const { userId } = await world.visit(world.store.put('sid-1', ADA))
    expect(userId).toBe('ada')
    expect((await world.sessions.list({ userId: 'ada' })).sessions).toHaveLength(1)
  })

  it('is followed where the store did not say whether it was marked', async () => {
    const driver = new MemoryDriver()
    await using world = new World({ driver })
    vi.spyOn(driver, 'replace').mockImplementationOnce(async (...given) => {
      await MemoryDriver.prototype.replace.call(driver, ...given)
      return { kind: 'lost', isUnsure: true }
    })
    const { userId } = await world.visit(world.store.put('sid-1', ADA))
    expect(userId).toBe('ada')
    expect((await world.sessions.list({ userId: 'ada' })).sessions).toHaveLength(1)
  })

  it('is not waited for by a request that is aborted', async () => {
    const driver = new MemoryDriver()
    await using world = new World({ driver, manager: { lock: { waitSeconds: 0.2 } } })
    vi.spyOn(driver, 'acquire').mockResolvedValue({ kind: 'busy' })
    const opening = world.sessions.open({ cookieHeader: world.store.put('sid-1', ADA), isHttps: true, isAborted: true })
    await expect(opening).rejects.toMatchObject({ code: 'ERR_SESSION_ABORTED' })
  })
})

const ways: readonly [string, WorldOptions][] = [
  ['at once', {}],
  ['with a way back', { keepOldUntil: NEXT_WEEK }],
]

describe.each(ways)('a login that is stored in the midst of its request, when visitors move in %s,', (_name, options) => {
  it.each([
    ['takes a new id', 'fails', true],
    ['takes a new id', 'ends well', true],
    ['keeps its id', 'fails', false],
    ['keeps its id', 'ends well', false],
  ] as const)('%s, and whose request then %s, has nothing to do with the old session', async (_id, end, isNewId) => {
    await using world = new World(options)
    const planted = world.store.put('sid-1', { cart: ['book'] })
    const before = await world.visit(planted)
    const open = await world.sessions.open({ cookieHeader: `${planted}; ${ours(before)}`, isHttps: true })
    if (isNewId) await open.session.regenerate({ destroy: true })
    open.session.setUserId('grace')
    await open.session.save({ keepOpen: end === 'fails' })
    const mine = `__Host-ml_session=${open.session.id}`
    await (end === 'fails' ? open.discard(new Error('failed')) : open.commit())

    expect((await world.visit(`${planted}; ${mine}`, (session) => session.set('secret', 1))).userId).toBe('grace')
    expect((await world.visit(mine)).userId).toBe('grace')
    expect(world.store.look('sid-1')).toBe(undefined)
    world.store.put('sid-1', { cart: ['book'] })
    expect(await world.visit(planted)).toMatchObject({ userId: undefined, data: {} })
  })

  it.each([
    ['fails', true],
    ['fails', false],
    ['ends well', true],
    ['ends well', false],
  ] as const)('and whose request %s, has ended the old session by then', async (end, isNewId) => {
    await using world = new World(options)
    const planted = world.store.put('sid-1', { cart: ['book'] })
    const open = await world.sessions.open({ cookieHeader: planted, isHttps: true })
    if (isNewId) await open.session.regenerate({ destroy: true })
    open.session.setUserId('grace')
    await open.session.save({ keepOpen: end === 'fails' })
    await (end === 'fails' ? open.discard(new Error('failed')) : open.commit())
    expect(world.store.look('sid-1')).toBe(undefined)
    expect((await world.visit(planted)).userId).toBe(undefined)
  })

  it('and whose process then dies, is not found by the old cookie, nor told to the old store', async () => {
    await using world = new World(options)
    const planted = world.store.put('sid-1', { cart: ['book'] })
    const open = await world.sessions.open({ cookieHeader: planted, isHttps: true })
    open.session.setUserId('grace')
    await open.session.save({ keepOpen: false })
    const mine = `__Host-ml_session=${open.session.id}`
    expect(await world.visit(planted)).toMatchObject({ userId: undefined, data: {} })
    expect((await world.visit(mine, (session) => session.set('secret', 1))).userId).toBe('grace')
    expect(JSON.stringify(world.store.look('sid-1') ?? {})).not.toContain('secret')
    expect((await world.visit(`${planted}; ${mine}`)).userId).toBe('grace')
    expect(world.store.look('sid-1')).toBe(undefined)
  })

  it('ends nothing when it was not stored', async () => {
    await using world = new World(options)
    const cookie = world.store.put('sid-1', { cart: ['book'] })
    const before = await world.visit(cookie)
    const open = await world.sessions.open({ cookieHeader: ours(before), isHttps: true })
    open.session.setUserId('grace')
    await open.discard(new Error('failed'))
    expect(await world.visit(ours(before))).toMatchObject({ userId: undefined, data: { cart: ['book'] } })
    expect((await world.visit(cookie)).data).toEqual({ cart: ['book'] })
  })
})

describe('whose an old session is, by default,', () => {
  it('is what Passport keeps, or its id, where that can be a user’s id', async () => {
    await using world = new World()
    const users: [unknown, string | undefined][] = [
      [{ id: 7 }, '7'],
      [{ id: { of: 'a document' } }, undefined],
      ['x'.repeat(300), undefined],
      ['a\u0000b', undefined],
      ['', undefined],
      [1.5, undefined],
    ]
    for (const [index, [user, expected]] of users.entries()) {
      const seen = await world.visit(world.store.put(`sid-${index}`, { passport: { user } }))
      expect([user, seen.userId, seen.data['passport']]).toEqual([user, expected, { user }])
    }
  })
})

describe('seals that are made up', () => {
  it('are not remembered by a logout', async () => {
    const driver = new MemoryDriver()
    const seals: string[] = []
    const unseal = (seal: string): Promise<object> => {
      seals.push(seal)
      return Promise.resolve({})
    }
    const iron = ironSession({ cookieName: 'shop', password: 'a password of thirty-two characters', unseal })
    await using world = new World({ driver, sources: [iron] })
    const marked: unknown[] = []
    const replace = driver.replace.bind(driver)
    driver.replace = (...given) => {
      marked.push(given)
      return replace(...given)
    }
    for (let n = 0; n < 3; n++) await world.visit(`shop=Fe26.2*1*${n}*a*b*c*d*e`, (session) => session.destroy())
    expect(seals).toHaveLength(6)
    expect(marked).toEqual([])
  })
})

describe('old sessions that may live for years', () => {
  it.each([10 * 365 * 86_400, Number.MAX_SAFE_INTEGER])(
    'move in without asking the store for each month of %d seconds',
    async (lifetimeSeconds) => {
      const driver = new CountingDriver()
      await using world = new World({ driver, lifetimeSeconds })
      const cookie = world.store.put('sid-1', ADA)
      expect((await world.visit(cookie)).userId).toBe('ada')
      const months = (Date.now() - Date.UTC(2026, 0)) / (30 * 86_400_000)
      expect(driver.reads).toBeLessThan(10 + 2 * months)
      await world.sessions.revokeUser('ada')
      expect((await world.visit(world.store.put('sid-2', ADA))).userId).toBeUndefined()
    },
  )
})

class CountingDriver extends MemoryDriver {
  reads = 0

  override read(...asked: Parameters<MemoryDriver['read']>): ReturnType<MemoryDriver['read']> {
    this.reads += 1
    return super.read(...asked)
  }
}
