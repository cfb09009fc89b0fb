import { describe, expect, it } from 'vitest'
import { codeOf, failureOf, keyOf, openShop, visit } from './support/shop.ts'

describe('a store that cannot be reached', () => {
  it('fails the request with a 503', async () => {
    const shop = openShop()
    const id = await shop.stored()
    for (const [method, concurrency] of [
      ['acquire', 'exclusive'],
      ['read', 'readonly'],
    ] as const) {
      shop.driver.failNext(method)
      expect(await failureOf(visit(shop.sessions, id, { concurrency }))).toMatchObject({ code: 'ERR_SESSION_DRIVER_FAILED', status: 503 })
    }
    expect(shop.events).toEqual([1, 2].map(() => expect.objectContaining({ kind: 'refused', reason: 'store-error' })))
    await shop.idle()
  })

  it('onStoreError: anonymous goes on with an empty session that takes no writes, and the cookie stays', async () => {
    const shop = openShop({ onStoreError: 'anonymous' })
    const id = await shop.stored()
    shop.driver.failNext('acquire')
    const { session, ...open } = await visit(shop.sessions, id).then((visited) => ({
      session: visited.session,
      commit: () => visited.commit(),
    }))
    expect([session.isNew, session.all(), session.userId]).toEqual([true, {}, undefined])
    expect(() => session.set('n', 1)).toThrow(expect.objectContaining({ code: 'ERR_SESSION_READONLY' }))
    expect(() => session.set('n', 1)).toThrow('its store cannot be reached')
    for (const act of [session.save(), session.regenerate(), session.invalidate(), session.destroy()]) {
      expect(await codeOf(act)).toBe('ERR_SESSION_READONLY')
    }
    expect([session.token().length, session.currentToken]).toEqual([80, undefined])
    expect(await open.commit()).toEqual({ setCookie: undefined })
    expect(await shop.peek(id)).toMatchObject({ n: 0 })
    await shop.idle()
  })

  it('onStoreError: anonymous does not excuse a lock that cannot be had, nor a commit that fails', async () => {
    const shop = openShop({ onStoreError: 'anonymous', lock: { waitSeconds: 0 } })
    const id = await shop.stored()
    const open = await visit(shop.sessions, id)
    expect(await codeOf(visit(shop.sessions, id))).toBe('ERR_SESSION_LOCK_TIMEOUT')
    open.session.set('n', 1)
    shop.driver.failNext('commit')
    expect(await codeOf(Promise.resolve(open.commit()))).toBe('ERR_SESSION_DRIVER_FAILED')
    await shop.idle()
  })

  it('that another kind of driver tells of in its own words is told as one of ours', async () => {
    const shop = openShop()
    const id = await shop.stored()
    shop.driver.failNext('acquire', new TypeError('fetch failed'))
    const error = await failureOf(visit(shop.sessions, id))
    expect(error).toMatchObject({ code: 'ERR_SESSION_DRIVER_FAILED', status: 503, cause: new TypeError('fetch failed') })
    await shop.idle()
  })

  it('a new visitor is served as long as nothing is to be stored', async () => {
    const { sessions, driver } = openShop()
    driver.failNext('open')
    const open = await visit(sessions)
    expect(await open.commit()).toEqual({ setCookie: undefined })
    const storing = await visit(sessions)
    storing.session.set('n', 1)
    expect(await codeOf(Promise.resolve(storing.commit()))).toBe('ERR_SESSION_DRIVER_FAILED')
  })
})

describe('a store that cannot be opened', () => {
  it('fails the first request, and the next one works once it can', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const sessions = shop.another()
    shop.driver.failNext('open')
    expect(await codeOf(sessions.start(id))).toBe('ERR_SESSION_DRIVER_FAILED')
    expect((await sessions.start(id)).get('n')).toBe(0)
  })

  it('fails the first adapter’s request, tells why, and the next one works', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const sessions = shop.another()
    const reasons: string[] = []
    sessions.on('refused', ({ reason }) => reasons.push(reason))
    shop.driver.failNext('open')
    expect(await codeOf(visit(sessions, id))).toBe('ERR_SESSION_DRIVER_FAILED')
    expect(reasons).toEqual(['store-error'])
    const open = await visit(sessions, id)
    expect(open.session.get('n')).toBe(0)
    await open.commit()
    await shop.idle()
  })

  it('is a store that cannot be reached, for onStoreError: anonymous', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const sessions = shop.another({ onStoreError: 'anonymous' })
    shop.driver.failNext('open', undefined, 2)
    const open = await visit(sessions, id)
    expect([open.session.isNew, open.session.all()]).toEqual([true, {}])
    expect(await open.commit()).toEqual({ setCookie: undefined })
    const session = await sessions.start(id)
    expect(() => session.set('n', 1)).toThrow(expect.objectContaining({ code: 'ERR_SESSION_READONLY' }))
  })

  it('is told early by ready(), which can be called again', async () => {
    const shop = openShop()
    shop.driver.failNext('open')
    expect(await codeOf(shop.sessions.ready())).toBe('ERR_SESSION_DRIVER_FAILED')
    await Promise.all([shop.sessions.ready(), shop.sessions.ready()])
    expect(shop.driver.calls).toHaveLength(2)
  })

  it('is opened once, however many requests come first', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const sessions = shop.another()
    shop.driver.forget()
    await Promise.all(Array.from({ length: 20 }, () => sessions.run(id, (session) => session.increment('n'))))
    expect(shop.driver.calls.filter((call) => call.method === 'open')).toHaveLength(1)
    expect(await shop.peek(id)).toMatchObject({ n: 20 })
  })
})

describe('a response never claims what was not stored', () => {
  it('a commit of unknown outcome fails, also when it was carried out', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const open = await visit(shop.sessions, id)
    open.session.increment('n')
    shop.driver.loseAnswer('commit')
    expect(await failureOf(Promise.resolve(open.commit()))).toMatchObject({ code: 'ERR_SESSION_DRIVER_FAILED', status: 503 })
    expect(await shop.peek(id)).toMatchObject({ n: 1 })
  })

  it.each([true, false])('a save that failed and was swallowed still fails the response (keepOpen: %s)', async (keepOpen) => {
    const shop = openShop()
    const id = await shop.stored()
    const open = await visit(shop.sessions, id)
    open.session.increment('n')
    shop.driver.failNext('commit')
    expect(await codeOf(open.session.save({ keepOpen }))).toBe('ERR_SESSION_DRIVER_FAILED')
    expect(await codeOf(Promise.resolve(open.commit()))).toBe('ERR_SESSION_DRIVER_FAILED')
    expect(await shop.peek(id)).toMatchObject({ n: 0 })
    expect(shop.events.filter((event) => event.kind === 'refused')).toHaveLength(1)
    await shop.idle()
  })

  it('a new session that was stored and could not be locked fails the response', async () => {
    const shop = openShop()
    const open = await visit(shop.sessions)
    open.session.set('n', 1)
    shop.driver.failNext('acquire')
    expect(await codeOf(open.session.save())).toBe('ERR_SESSION_DRIVER_FAILED')
    expect(await codeOf(Promise.resolve(open.commit()))).toBe('ERR_SESSION_DRIVER_FAILED')
    await shop.idle()
  })

  it('a session that was ended after its save failed fails nothing', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const open = await visit(shop.sessions, id)
    open.session.increment('n')
    shop.driver.failNext('commit')
    expect(await codeOf(open.session.save())).toBe('ERR_SESSION_DRIVER_FAILED')
    await open.session.destroy()
    expect((await open.commit()).setCookie).toContain('Max-Age=0')
    expect(await shop.memory.read(keyOf(id))).toBeUndefined()
    await shop.idle()
  })

  it('an insert that is refused three times fails, and its session has another id afterwards', async () => {
    const shop = openShop()
    const session = await shop.sessions.start()
    session.set('n', 1)
    const ids = new Set([session.id])
    for (let each = 0; each < 3; each++) shop.driver.beforeNext('insert', () => void ids.add(session.id))
    shop.driver.loseAnswer('insert', 3)
    expect(await codeOf(session.save())).toBe('ERR_SESSION_DRIVER_FAILED')
    expect(ids.size).toBe(3)
    expect(ids.has(session.id)).toBe(false)
  })
})
