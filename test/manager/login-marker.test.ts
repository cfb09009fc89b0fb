import { describe, expect, it } from 'vitest'
import { codeOf, idIn, keyOf, openShop, visit } from './support/shop.ts'
import type { Shop } from './support/shop.ts'

/** A visitor who has just logged in: requests with the old id may still be under way. */
async function loggedIn(): Promise<Shop & { oldId: string; newId: string }> {
  const shop = openShop({ lifetime: { graceSeconds: 30 } })
  const oldId = await shop.stored((session) => session.set('cart', ['tea']))
  const open = await visit(shop.sessions, oldId)
  await open.session.regenerate({ destroy: true })
  open.session.setUserId('ada')
  const newId = idIn((await open.commit()).setCookie) ?? ''
  shop.driver.forget()
  shop.events.length = 0
  return { ...shop, oldId, newId }
}

describe('the id that a login replaced, within graceSeconds', () => {
  it('opens an anonymous session that takes no writes, and no cookie is sent', async () => {
    const shop = await loggedIn()
    shop.clock.advance(29_999)
    const open = await visit(shop.sessions, shop.oldId)
    const { session } = open
    expect([session.isNew, session.all(), session.userId, session.id === shop.newId]).toEqual([true, {}, undefined, false])
    expect(() => session.set('n', 1)).toThrow(expect.objectContaining({ code: 'ERR_SESSION_READONLY' }))
    expect(() => session.flash('n', 1)).toThrow('replaced by a login')
    expect(await codeOf(session.save())).toBe('ERR_SESSION_READONLY')
    expect(await open.commit()).toEqual({ setCookie: undefined })
    expect(shop.driver.methods).toEqual(['acquire'])
    expect(shop.events).toEqual([])
    await shop.idle()
  })

  it('lets a page with a form be shown, whose token nothing will match', async () => {
    const shop = await loggedIn()
    const open = await visit(shop.sessions, shop.oldId)
    const token = open.session.token()
    expect(token).toMatch(/^[0-9a-f]{80}$/)
    expect([open.session.token(), open.session.currentToken, open.session.all()]).toEqual([token, undefined, {}])
    expect(() => open.session.regenerateToken()).toThrow(expect.objectContaining({ code: 'ERR_SESSION_READONLY' }))
    expect(await open.commit()).toEqual({ setCookie: undefined })
    expect((await shop.peek(shop.newId))?.['_token']).not.toBe(token)
    await shop.idle()
  })

  it('is the same for a readonly request', async () => {
    const shop = await loggedIn()
    const open = await visit(shop.sessions, shop.oldId, { concurrency: 'readonly' })
    expect([open.session.isNew, open.session.userId]).toEqual([true, undefined])
    expect(open.commit()).toEqual({ setCookie: undefined })
    expect(shop.driver.methods).toEqual(['read'])
  })

  it.each(['regenerate', 'invalidate'] as const)('%s there starts an unrelated session', async (act) => {
    const shop = await loggedIn()
    const open = await visit(shop.sessions, shop.oldId)
    await open.session[act]()
    open.session.set('n', 1)
    const sent = idIn((await open.commit()).setCookie) ?? ''
    expect([shop.oldId, shop.newId, 'cleared']).not.toContain(sent)
    expect(await shop.peek(sent)).toMatchObject({ n: 1 })
    expect(await shop.peek(sent)).not.toHaveProperty('cart')
    expect(await shop.peek(shop.newId)).toMatchObject({ cart: ['tea'] })
    await shop.idle()
  })

  const ends = ['regenerate', 'invalidate', 'destroy'] as const
  const chains = [...ends.map((act) => [act]), ...ends.slice(0, 2).flatMap((first) => ends.map((second) => [first, second]))]
  it.each(chains)('%s %s there, with nothing kept, never clears the newer cookie', async (...acts) => {
    const shop = await loggedIn()
    const open = await visit(shop.sessions, shop.oldId)
    for (const act of acts) if (act !== undefined) await open.session[act]()
    expect(await open.commit()).toEqual({ setCookie: undefined })
    expect(await shop.peek(shop.newId)).toMatchObject({ cart: ['tea'] })
    expect(shop.driver.methods.filter((method) => method !== 'read')).toEqual(['acquire'])
    await shop.idle()
  })

  it('a login there starts an unrelated session of its own', async () => {
    const shop = await loggedIn()
    const open = await visit(shop.sessions, shop.oldId)
    await open.session.regenerate({ destroy: true })
    open.session.setUserId('eve')
    const sent = idIn((await open.commit()).setCookie) ?? ''
    expect(await shop.memory.read(keyOf(sent))).toMatchObject({ record: { userId: 'eve' } })
    expect(await shop.memory.read(keyOf(shop.newId))).toMatchObject({ record: { userId: 'ada' } })
    await shop.idle()
  })

  it('counts when it stands beside unknown cookies: none of them makes a session that takes the newer one’s place', async () => {
    const shop = await loggedIn()
    for (const ids of [
      [shop.oldId, 'e'.repeat(40)],
      ['e'.repeat(40), shop.oldId],
    ]) {
      const open = await visit(shop.sessions, ids)
      expect(() => open.session.set('n', 1)).toThrow(expect.objectContaining({ code: 'ERR_SESSION_READONLY' }))
      expect(await open.commit()).toEqual({ setCookie: undefined })
    }
    await shop.idle()
  })

  it('gives way to the new id when the browser sends both', async () => {
    const shop = await loggedIn()
    const open = await visit(shop.sessions, [shop.oldId, shop.newId])
    expect([open.session.id, open.session.userId]).toEqual([shop.newId, 'ada'])
    await open.commit()
    await shop.idle()
  })

  it('cannot be used to end the new session', async () => {
    const shop = await loggedIn()
    const open = await visit(shop.sessions, shop.oldId)
    await open.session.destroy()
    expect(await shop.memory.read(keyOf(shop.newId))).toMatchObject({ kind: 'record' })
    await shop.idle()
  })
})

describe('the id that a login replaced, after graceSeconds', () => {
  it('is told of as a replaced id, and the visitor gets a new session', async () => {
    const shop = await loggedIn()
    shop.clock.advance(30_000)
    const open = await visit(shop.sessions, shop.oldId)
    expect(open.session.isNew).toBe(true)
    open.session.set('n', 1)
    const sent = idIn((await open.commit()).setCookie)
    expect([shop.oldId, shop.newId]).not.toContain(sent)
    expect(shop.events[0]).toMatchObject({ kind: 'refused', reason: 'replaced-id', key: keyOf(shop.oldId) })
    await shop.idle()
  })

  it('is no id at all, with graceSeconds: 0', async () => {
    const shop = openShop({ lifetime: { graceSeconds: 0 } })
    const oldId = await shop.stored()
    const open = await visit(shop.sessions, oldId)
    await open.session.regenerate({ destroy: true })
    await open.commit()
    const late = await visit(shop.sessions, oldId)
    late.session.set('n', 7)
    expect(idIn((await late.commit()).setCookie)).toMatch(/^[0-9a-f]{40}$/)
    await shop.idle()
  })
})

describe('a login and a request that was under way', () => {
  it('the waiting request gets an anonymous session, and nothing of it is stored in the old one', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const login = await visit(shop.sessions, id)
    const waiting = visit(shop.sessions, id)
    await login.session.regenerate({ destroy: true })
    login.session.setUserId('ada')
    await login.commit()
    const open = await waiting
    expect([open.session.isNew, open.session.userId]).toEqual([true, undefined])
    expect(await open.commit()).toEqual({ setCookie: undefined })
    await shop.idle()
  })

  it('of two logins at once the second is unrelated to the first', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const logins = await Promise.all(
      ['ada', 'eve'].map(async (user) => {
        const open = await visit(shop.sessions, id)
        await open.session.regenerate({ destroy: true })
        open.session.setUserId(user)
        return idIn((await open.commit()).setCookie) ?? ''
      }),
    )
    expect(new Set(logins).size).toBe(2)
    const users = await Promise.all(logins.map(async (each) => (await shop.sessions.start(each, { concurrency: 'readonly' })).userId))
    expect(users).toEqual(['ada', 'eve'])
    const second = await shop.peek(logins[1] ?? '')
    expect(second).not.toHaveProperty('n')
    await shop.idle()
  })
})
