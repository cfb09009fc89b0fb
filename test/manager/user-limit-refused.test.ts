import { describe, expect, it } from 'vitest'
import { session as sessionLayer } from '../../src/adapters/fetch.ts'
import type { Session } from '../../src/session/session.ts'
import { handlesOf, loggedIn, moved, notedEvents, openOwnersShop } from '../support/owners-shop.ts'
import type { OwnersShop } from '../support/owners-shop.ts'
import { SaltingSerializer } from '../support/salting-serializer.ts'
import { turns } from './support/idle.ts'
import { codeOf, failureOf, idIn, keyOf, visit } from './support/shop.ts'

const REFUSE = { maxPerUser: { sessions: 1, whenReached: 'refuse' } } as const
const LIMIT = { kind: 'limit', key: undefined, userId: 'ada', sessions: 1 }
const REFUSED = expect.objectContaining({ kind: 'refused', reason: 'limit', cause: expect.objectContaining({ code: 'ERR_SESSION_LIMIT' }) })

/** The step by which each kind of login is stored: another one comes right after it. */
const steps = ['insert', 'commit', 'replace'] as const

/** A request that is about to log in, in a session that was nobody’s unless it is an insert. */
async function about(shop: OwnersShop, step: (typeof steps)[number]) {
  const known = step === 'insert' ? undefined : await shop.login(undefined)
  const open = await visit(shop.sessions, known?.id)
  if (step === 'replace') await open.session.regenerate({ destroy: true })
  open.session.setUserId('ada')
  open.session.set('secret', 'of the login')
  return { known, open }
}

describe('a login that is refused', () => {
  it.each(steps)('ASVS-7.1.2: has no cookie and nothing stored, and gives its lock back (by %s)', async (step) => {
    const shop = openOwnersShop(REFUSE)
    const first = await shop.login('ada')
    const { known, open } = await about(shop, step)
    const before = await shop.memory.list()
    const error = await failureOf(Promise.resolve(open.commit()))
    expect(error).toMatchObject({ code: 'ERR_SESSION_LIMIT', status: 403, expose: false })
    expect(String(error)).not.toContain(open.session.id)
    expect(await shop.memory.list()).toEqual(before)
    expect(await handlesOf(shop.sessions, 'ada')).toEqual([first.handle])
    expect(shop.events).toEqual([LIMIT, REFUSED])
    await shop.idle()
    if (known === undefined) return
    // Whoever had a session before has it still, under the id that the browser knows.
    const next = await visit(shop.sessions, known.id)
    expect([next.session.isNew, next.session.userId, next.session.get('cart'), next.session.has('secret')]).toEqual([
      false,
      undefined,
      'cart-secret',
      false,
    ])
    await next.commit()
  })

  it('ASVS-7.1.2: is answered with 403, without a cookie, by an adapter', async () => {
    const shop = openOwnersShop(REFUSE)
    const answer = sessionLayer(shop.sessions)((_: Request, { session }: { readonly session: Session }) => {
      session.setUserId('ada')
      return new Response('welcome', { headers: { 'x-user': 'ada' } })
    })
    const welcome = await answer(new Request('https://app.example/login'))
    expect([welcome.status, welcome.headers.getSetCookie().length]).toEqual([200, 1])
    const refused = await answer(new Request('https://app.example/login'))
    expect([refused.status, refused.headers.getSetCookie(), refused.headers.get('x-user'), await refused.text()]).toEqual([
      403,
      [],
      null,
      'Forbidden',
    ])
  })

  it.each([true, false])('says so by save already, and at the end of the request too (keepOpen: %s)', async (keepOpen) => {
    const shop = openOwnersShop(REFUSE)
    await shop.login('ada')
    const { open } = await about(shop, 'commit')
    expect(await codeOf(open.session.save({ keepOpen }))).toBe('ERR_SESSION_LIMIT')
    expect(await codeOf(Promise.resolve(open.commit()))).toBe('ERR_SESSION_LIMIT')
    expect(await handlesOf(shop.sessions, 'ada')).toHaveLength(1)
    await shop.idle()
  })

  it('lets its request go on as a visitor who was logged out', async () => {
    const shop = openOwnersShop(REFUSE)
    await shop.login('ada')
    const { open } = await about(shop, 'insert')
    expect(await codeOf(open.session.save())).toBe('ERR_SESSION_LIMIT')
    await open.session.invalidate()
    open.session.flash('message', 'too many devices')
    const id = idIn((await open.commit()).setCookie) ?? '-'
    const next = await visit(shop.sessions, id)
    expect([next.session.userId, next.session.getFlash('message')]).toEqual([undefined, 'too many devices'])
    await next.commit()
  })
})

describe('a login that is refused because another came at the same moment', () => {
  it.each(steps)('ASVS-7.1.2: has no cookie, and nothing of it stays; its lock is given back (by %s)', async (step) => {
    const shop = openOwnersShop(REFUSE)
    const { known, open } = await about(shop, step)
    shop.driver.afterNext(step, async () => void (await loggedIn(shop.another({}), 'ada')))
    expect(await codeOf(Promise.resolve(open.commit()))).toBe('ERR_SESSION_LIMIT')
    const [other, ...more] = (await shop.sessions.list({ userId: 'ada' })).sessions
    expect(more).toEqual([])
    expect(other?.handle).not.toBe(open.session.handle)
    for (const id of [open.session.id, known?.id ?? '-']) {
      if (id !== '-') expect((await shop.memory.read(keyOf(id)))?.kind).not.toBe('record')
    }
    expect(shop.events).toEqual([LIMIT, REFUSED])
    await shop.idle()
  })

  it.each(['insert', 'commit'] as const)('ASVS-7.1.2: the same by a save in the middle of the request (by %s)', async (step) => {
    const shop = openOwnersShop(REFUSE)
    const { open } = await about(shop, step)
    shop.driver.afterNext(step, async () => void (await loggedIn(shop.another({}), 'ada')))
    expect(await codeOf(open.session.save({ keepOpen: true }))).toBe('ERR_SESSION_LIMIT')
    expect(await codeOf(Promise.resolve(open.commit()))).toBe('ERR_SESSION_LIMIT')
    expect(await handlesOf(shop.sessions, 'ada')).toHaveLength(1)
    await shop.idle()
  })

  it('ASVS-7.1.2: lets no request that waits for the session see its user', async () => {
    const shop = openOwnersShop(REFUSE)
    const { known, open } = await about(shop, 'commit')
    const waiting = shop.sessions.run(known?.id, (session) => [session.userId, session.get('secret')])
    await turns(2)
    shop.driver.afterNext('commit', async () => void (await loggedIn(shop.another({}), 'ada')))
    expect(await codeOf(Promise.resolve(open.commit()))).toBe('ERR_SESSION_LIMIT')
    expect(await waiting).toEqual([undefined, undefined])
    await shop.idle()
  })

  it('lets the visitor have a session again at once, with the id that the browser knows or without', async () => {
    const shop = openOwnersShop(REFUSE)
    const { known, open } = await about(shop, 'replace')
    shop.driver.afterNext('replace', async () => void (await loggedIn(shop.another({}), 'ada')))
    expect(await codeOf(Promise.resolve(open.commit()))).toBe('ERR_SESSION_LIMIT')
    for (const ids of [[], [known?.id ?? '-']]) {
      const next = await visit(shop.sessions, ids)
      next.session.set('cart', 'again')
      expect(idIn((await next.commit()).setCookie)).toMatch(/^[0-9a-f]{40}$/)
    }
  })
})

describe('a limit event', () => {
  it('says of an eviction how many there were, the new one among them, and how many ended', async () => {
    const shop = openOwnersShop()
    for (let n = 0; n < 4; n++) await shop.login('ada')
    const sessions = shop.another({ maxPerUser: { sessions: 2 } })
    const events = notedEvents(sessions, ['limit', 'revoked', 'refused', 'destroyed'])
    const known = await loggedIn(sessions, 'ada')
    expect(events).toEqual([
      { kind: 'limit', key: keyOf(known.id), userId: 'ada', sessions: 5 },
      { kind: 'revoked', key: undefined, reason: 'limit', userId: 'ada', removed: 3 },
    ])
  })

  it('is one, also where the session that is ended for the login takes a new id meanwhile', async () => {
    const shop = openOwnersShop({ maxPerUser: { sessions: 1 } })
    let first = await shop.login('ada')
    shop.driver.beforeNext('destroy', async () => {
      first = await moved(shop.another(), first)
    })
    const second = await shop.login('ada')
    expect(await shop.usersOf([first, second])).toEqual(['ended', 'ada'])
    expect(shop.events).toEqual([
      { kind: 'limit', key: keyOf(second.id), userId: 'ada', sessions: 2 },
      { kind: 'revoked', key: undefined, reason: 'limit', userId: 'ada', removed: 1 },
    ])
  })

  it('is none for a login that just fills the limit', async () => {
    const shop = openOwnersShop({ maxPerUser: { sessions: 2 } })
    for (const userId of ['ada', 'ada', 'bob', 'bob']) await shop.login(userId)
    expect(shop.events).toEqual([])
  })

  it('holds no id where ids are not hashed', async () => {
    const shop = openOwnersShop({ hashIds: false, maxPerUser: { sessions: 1, whenReached: 'allow' } })
    await shop.login('ada')
    await shop.login('ada')
    expect(shop.events).toEqual([{ kind: 'limit', key: undefined, userId: 'ada', sessions: 2 }])
  })

  it.each(['refuse', 'evict-oldest', 'allow'] as const)('stops nothing where its listener throws (%s)', async (whenReached) => {
    const shop = openOwnersShop({ maxPerUser: { sessions: 1, whenReached } })
    for (const kind of ['limit', 'revoked'] as const) {
      shop.sessions.on(kind, () => {
        throw new Error('of the listener')
      })
    }
    await shop.login('ada')
    if (whenReached === 'refuse') expect(await codeOf(shop.login('ada'))).toBe('ERR_SESSION_LIMIT')
    else await shop.login('ada')
    expect(await handlesOf(shop.sessions, 'ada')).toHaveLength(whenReached === 'allow' ? 2 : 1)
    expect(shop.events.filter(({ kind }) => kind === 'limit')).toHaveLength(1)
    await shop.idle()
  })
})

describe('a login that was made while a save is under way that nobody awaits', () => {
  it.each([
    ['of a new session', false],
    ['of one that is stored, by a serializer that answers later', true],
  ])('is counted as well: %s', async (_title, isStored) => {
    const shop = openOwnersShop({ ...REFUSE, serializer: new SaltingSerializer({ answersLater: true }) })
    const first = await shop.login('ada')
    const open = await visit(shop.sessions, isStored ? (await shop.login(undefined)).id : [])
    open.session.set('n', 1)
    const saving = codeOf(open.session.save())
    open.session.setUserId('ada')
    expect(await saving).toBe('ERR_SESSION_LIMIT')
    expect(await codeOf(Promise.resolve(open.commit()))).toBe('ERR_SESSION_LIMIT')
    expect(await handlesOf(shop.sessions, 'ada')).toEqual([first.handle])
    await shop.idle()
  })

  it('ends an older one, where that is what the limit says', async () => {
    const shop = openOwnersShop({ maxPerUser: { sessions: 1 } })
    await shop.login('ada')
    shop.clock.advance(1000)
    const open = await visit(shop.sessions)
    open.session.set('n', 1)
    const saving = open.session.save()
    open.session.setUserId('ada')
    await saving
    await open.commit()
    expect(await handlesOf(shop.sessions, 'ada')).toEqual([open.session.handle])
    await shop.idle()
  })
})
