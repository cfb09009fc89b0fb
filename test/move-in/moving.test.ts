import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { NEXT_WEEK, SECRET, World, ours, signed } from './world.ts'

const ADA = { passport: { user: 'ada' }, cart: ['book'] }

describe('a visitor who moves in', () => {
  it('has the data and the user of the old session, and a new id with our cookie', async () => {
    await using world = new World()
    const cookie = world.store.put('sid-1', ADA)
    const first = await world.visit(cookie)
    expect(first).toMatchObject({ userId: 'ada', data: ADA, isNew: false })
    expect(ours(first)).toBe(`__Host-ml_session=${first.id}`)
    const second = await world.visit(ours(first))
    expect(second).toMatchObject({ userId: 'ada', data: ADA, cookies: [] })
  })

  it('comes with a cookie that any of the secrets has signed', async () => {
    await using world = new World({ secrets: ['today', SECRET, 'long ago'] })
    for (const secret of ['today', SECRET, 'long ago']) {
      world.store.put(`signed ${secret}`, ADA)
      expect((await world.visit(`connect.sid=${signed(`signed ${secret}`, secret)}`)).userId).toBe('ada')
    }
  })

  it('leaves no old session behind, and is told to forget its cookie', async () => {
    await using world = new World({ cookie: { path: '/shop', domain: 'example.org' } })
    const { cookies } = await world.visit(world.store.put('sid-1', ADA))
    expect(world.store.look('sid-1')).toBe(undefined)
    expect(cookies[1]).toBe('connect.sid=; Max-Age=0; Domain=example.org; Path=/shop; HttpOnly')
  })

  it('keeps our cookie where it has the name of the old one, which it writes over; one of that name elsewhere is cleared', async () => {
    const manager = { name: 'connect.sid', cookie: { prefix: 'none' } } as const
    await using world = new World({ manager })
    const { cookies } = await world.visit(world.store.put('sid-1', ADA))
    expect(cookies).toEqual([expect.stringMatching(/^connect\.sid=[0-9a-f]{40}; Path=\/;/)])
    const embedded = { name: 'connect.sid', cookie: { prefix: 'none', sameSite: 'None', partitioned: true } } as const
    for (const options of [
      { manager, cookie: { domain: '.example.org' } },
      { manager, cookie: { path: '/shop' } },
      { manager: embedded },
    ]) {
      await using elsewhere = new World(options)
      expect((await elsewhere.visit(elsewhere.store.put('sid-1', ADA))).cookies).toHaveLength(2)
    }
  })

  it('is told to forget a cookie whose name browsers take from Secure ones alone, however it is written', async () => {
    for (const name of ['__Host-sid', '__secure-sid']) {
      await using world = new World({ name })
      const { cookies } = await world.visit(world.store.put('sid-1', ADA).replace('connect.sid', name))
      expect(cookies[1]).toBe(`${name}=; Max-Age=0; Path=/; HttpOnly; Secure`)
    }
  })

  it('is told the cookie of what a save in the midst of a request has stored, also where the rest could not be', async () => {
    const driver = new MemoryDriver()
    await using world = new World({ driver })
    const open = await world.sessions.open({ cookieHeader: world.store.put('sid-1', ADA), isHttps: true })
    await open.session.regenerate({ destroy: true })
    await open.session.save()
    open.session.set('visits', 1)
    driver.commit = () => Promise.reject(new Error('down'))
    await expect(Promise.resolve(open.commit())).rejects.toThrow('commit')
    const { setCookie } = await open.discard(new Error('down'))
    expect(setCookie).toContain(`__Host-ml_session=${open.session.id}`)
  })

  it('finds the same session again when the response with our cookie was lost', async () => {
    await using world = new World()
    const cookie = world.store.put('sid-1', ADA)
    const first = await world.visit(cookie, (session) => session.set('visits', 1))
    const again = await world.visit(cookie)
    expect(again).toMatchObject({ userId: 'ada', id: first.id, data: { ...ADA, visits: 1 } })
    expect(ours(again)).toBe(ours(first))
  })

  it('is one session, whatever comes at the same time with the old cookie', async () => {
    await using world = new World()
    const cookie = world.store.put('sid-1', { ...ADA, visits: 0 })
    const all = await Promise.all(Array.from({ length: 20 }, () => world.visit(cookie, (session) => session.increment('visits'))))
    expect(new Set(all.map(({ id }) => id)).size).toBe(1)
    expect((await world.visit(ours(all[0] ?? { cookies: [] }))).data['visits']).toBe(20)
    expect((await world.sessions.list()).sessions).toHaveLength(1)
  })

  it('keeps its session when the first request fails', async () => {
    await using world = new World()
    const cookie = world.store.put('sid-1', ADA)
    const open = await world.sessions.open({ cookieHeader: cookie, isHttps: true })
    open.session.set('cart', [])
    await open.discard(new Error('failed'))
    expect(await world.visit(cookie)).toMatchObject({ userId: 'ada', data: ADA })
  })

  it('can be given other data, another user and the time of the login by options', async () => {
    const loginAt = new Date(Date.now() - 600_000)
    await using world = new World({
      data: ({ cart }) => ({ basket: cart }),
      userId: ({ uid }) => Number(uid),
      authenticatedAt: ({ at }) => Number(at),
    })
    const cookie = world.store.put('sid-1', { uid: 7, cart: ['book'], at: loginAt.getTime() })
    const seen = await world.visit(cookie, (session) => {
      expect(session.authenticatedAt).toBe(loginAt.getTime())
      expect(session.isFresh({ withinSeconds: 700 })).toBe(true)
      expect(session.isFresh({ withinSeconds: 500 })).toBe(false)
    })
    expect(seen).toMatchObject({ userId: '7', data: { basket: ['book'] } })
  })

  it.each([0, -1, Number.NaN, Infinity])('moves in where the time of the login is none: %s', async (at) => {
    await using world = new World({ authenticatedAt: () => at })
    const seen = await world.visit(world.store.put('sid-1', ADA), (session) => expect(session.authenticatedAt).toBe(undefined))
    expect(seen.userId).toBe('ada')
  })

  it('has a session that nobody listed before, among those of its user', async () => {
    await using world = new World()
    await world.visit(world.store.put('sid-1', ADA))
    expect((await world.sessions.list({ userId: 'ada' })).sessions).toHaveLength(1)
  })

  it('can be read where nothing is written, such as before an upgrade', async () => {
    await using world = new World({ keepOldUntil: NEXT_WEEK })
    const cookieHeader = world.store.put('sid-1', ADA)
    const open = await world.sessions.open({ cookieHeader, isHttps: true, concurrency: 'readonly' })
    expect(open.session.userId).toBe('ada')
  })

  it('needs no request of its own kind: merging ones move it as well', async () => {
    await using world = new World({ keepOldUntil: NEXT_WEEK, manager: { concurrency: 'merge' } })
    const cookie = world.store.put('sid-1', ADA)
    const first = await world.visit(cookie, (session) => session.set('a', 1))
    expect((await world.visit(`${cookie}; ${ours(first)}`)).data).toEqual({ ...ADA, a: 1 })
    expect(world.store.look('sid-1')).toMatchObject({ ...ADA, a: 1 })
  })
})

describe('nobody moves in', () => {
  it('with a cookie that nobody signed, that another secret has signed, or that has another form', async () => {
    await using world = new World()
    world.store.put('sid-1', ADA)
    const good = decodeURIComponent(signed('sid-1'))
    const last = good.at(-1) ?? ''
    const texts = [
      'sid-1',
      's:sid-1',
      's:sid-1.',
      's:.',
      's:',
      '',
      good.slice(2),
      `${good}=`,
      `${good} `,
      good.slice(0, -1),
      // Another text for the same bytes.
      good.slice(0, -1) + String.fromCharCode(last.charCodeAt(0) + 1),
      decodeURIComponent(signed('sid-1', 'another')),
      good.replace('sid-1', 'sid-2'),
      `j:${good}`,
      good.replace('s:', 'j:'),
      'x'.repeat(100_000),
    ]
    for (const text of texts) {
      const seen = await world.visit(`connect.sid=${encodeURIComponent(text)}`)
      expect({ text, ...seen }).toMatchObject({ userId: undefined, isNew: true, cookies: [] })
    }
    expect(world.store.look('sid-1')).toMatchObject(ADA)
  })

  it('with a session that the old store does not know, or that has expired there', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    onTestFinished(() => void vi.useRealTimers())
    await using world = new World()
    expect(await world.visit(`connect.sid=${signed('unknown')}`)).toMatchObject({ isNew: true, cookies: [] })
    const expired = world.store.put('sid-1', ADA, { originalMaxAge: 1000, expires: new Date(Date.now()), path: '/' })
    // As a store keeps it that does not look.
    const raw = world.store.look('sid-1')
    await using careless = new World({ store: { get: (_sid, done) => done(null, raw), set: () => undefined, destroy: () => undefined } })
    expect(await careless.visit(expired)).toMatchObject({ isNew: true, cookies: [] })
  })

  it('whose old store gives what is no session', async () => {
    await using world = new World({ store: { get: (_sid, done) => done(null, [ADA]), set: () => undefined, destroy: () => undefined } })
    expect(await world.visit(`connect.sid=${signed('sid-1')}`)).toMatchObject({ data: {}, isNew: true, cookies: [] })
  })

  it('for whom nothing was kept', async () => {
    await using world = new World()
    expect(await world.visit(world.store.put('sid-1', {}))).toMatchObject({ isNew: true, cookies: [] })
    expect((await world.sessions.list()).sessions).toEqual([])
  })

  it('who has a session of ours and logged in here', async () => {
    await using world = new World()
    const first = await world.visit('', (session) => session.setUserId('grace'))
    const cookie = world.store.put('sid-1', ADA)
    expect((await world.visit(`${ours(first)}; ${cookie}`)).userId).toBe('grace')
  })
})

describe('old data', () => {
  it('reaches no prototype, and what sessions keep for themselves is left out', async () => {
    await using world = new World()
    const cookie = world.store.put('sid-1', {})
    const hostile =
      '"__proto__":{"isAdmin":true},"constructor":{"prototype":{"isAdmin":true}},"prototype":{"a":1},"_token":"known","_meta":{"moved_in":1,"auth_level":9,"user_id":"root"},"__lastAccess":1'
    world.store.sessions['sid-1'] = `{"cookie":{},${hostile},"a.b":1,"fine":{"deep":[1,null,true]}}`
    const { data } = await world.visit(cookie, (session) => {
      expect(session.token()).not.toBe('known')
      expect([session.level, session.userId]).toEqual([0, undefined])
      expect(session.get('isAdmin' as never)).toBe(undefined)
    })
    expect(data).toEqual({ 'a.b': 1, fine: { deep: [1, null, true] } })
    expect(Reflect.get({}, 'isAdmin')).toBe(undefined)
  })

  it('that cannot be kept is an error that names it, and logs nobody out', async () => {
    const get = (_sid: string, done: (error: unknown, session: unknown) => void): void =>
      done(null, { passport: { user: 'ada' }, onClick() {} })
    const store = { get, set: () => undefined, destroy: (_sid: string, done: () => void) => done() }
    await using world = new World({ store })
    const cookie = `connect.sid=${signed('sid-1')}`
    await expect(world.visit(cookie)).rejects.toMatchObject({ code: 'ERR_SESSION_SERIALIZATION_FAILED', message: /onClick/ })
    await using mended = new World({ store, driver: world.driver, data: ({ passport }) => ({ passport }) })
    expect((await mended.visit(cookie)).userId).toBe('ada')
  })

  it('that does not meet the schema is an error as well', async () => {
    const schema = {
      '~standard': {
        version: 1 as const,
        vendor: 'test',
        validate: (value: unknown) =>
          'cart' in (value as object) ? { value: value as object } : { issues: [{ message: 'no', path: ['cart'] }] },
      },
    }
    await using world = new World({ manager: { schema } as never })
    await expect(world.visit(world.store.put('sid-1', { a: 1 }))).rejects.toMatchObject({
      code: 'ERR_SESSION_DESERIALIZATION_FAILED',
      message: /'cart'/,
    })
    expect((await world.visit(world.store.put('sid-2', { cart: [] }))).data).toEqual({ cart: [] })
  })
})

describe('an old store that does not answer', () => {
  it('is an error and no empty session, and nothing is lost by it', async () => {
    let isDown = true
    await using world = new World({
      store: {
        get: (sid, done) => (isDown ? done(new Error('connection refused')) : world.store.get(sid, done)),
        set: () => undefined,
        destroy: (sid, done) => world.store.destroy(sid, done),
      },
    })
    const cookie = world.store.put('sid-1', ADA)
    await expect(world.visit(cookie)).rejects.toMatchObject({ code: 'ERR_SESSION_DRIVER_FAILED', status: 503 })
    isDown = false
    expect((await world.visit(cookie)).userId).toBe('ada')
  })

  it('is waited for within a bound', async () => {
    await using world = new World({ answerSeconds: 0.02, store: { get: () => undefined, set: () => undefined, destroy: () => undefined } })
    await expect(world.visit(`connect.sid=${signed('sid-1')}`)).rejects.toMatchObject({ code: 'ERR_SESSION_DRIVER_FAILED', status: 503 })
  })

  it('does not hinder those who bring no old cookie', async () => {
    await using world = new World({ answerSeconds: 0.02, store: { get: () => undefined, set: () => undefined, destroy: () => undefined } })
    const first = await world.visit('', (session) => session.set('a', 1))
    expect((await world.visit(ours(first))).data).toEqual({ a: 1 })
  })
})
