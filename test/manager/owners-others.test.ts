import { describe, expect, it } from 'vitest'
import { handlesIn, handlesOf, openOwnersShop } from '../support/owners-shop.ts'
import { codeOf, idIn, visit } from './support/shop.ts'

const WAYS = [{}, { destroy: true }] as const

describe('ending all other sessions of a user', () => {
  it('ASVS-7.4.3: ends all but the one that asks, and nobody else’s', async () => {
    const shop = openOwnersShop()
    const others = [await shop.login('ada'), await shop.login('ada'), await shop.login('ada')]
    const strangers = [await shop.login('bob'), await shop.login(undefined)]
    const known = await shop.login('ada')
    const open = await visit(shop.sessions, known.id)
    open.session.set('password', 'changed')
    expect(await shop.sessions.revokeOthers(open.session)).toBe(3)
    await open.commit()
    expect(await shop.usersOf(others)).toEqual(['ended', 'ended', 'ended'])
    expect(await shop.usersOf([...strangers, known])).toEqual(['bob', undefined, 'ada'])
    expect(await shop.sessions.run(known.id, (session) => session.get('password'))).toBe('changed')
    expect(await shop.sessions.revokeOthers(open.session)).toBe(0)
    await shop.idle()
  })

  it.each(WAYS)('ASVS-7.4.3: leaves the one that asks where it took a new id before, in the same request (%o)', async (options) => {
    const shop = openOwnersShop()
    const [known, other] = [await shop.login('ada'), await shop.login('ada')]
    const open = await visit(shop.sessions, known.id)
    await open.session.regenerate(options)
    expect(await shop.sessions.revokeOthers(open.session)).toBe(1)
    const id = idIn((await open.commit()).setCookie) ?? '-'
    expect(id).not.toBe(known.id)
    expect(await shop.usersOf([{ ...known, id }, other])).toEqual(['ada', 'ended'])
    await shop.idle()
  })

  it.each(WAYS)('ASVS-7.4.3: leaves the one that asks where it takes a new id afterwards (%o)', async (options) => {
    const shop = openOwnersShop()
    const [known, other] = [await shop.login('ada'), await shop.login('ada')]
    const open = await visit(shop.sessions, known.id)
    await shop.sessions.revokeOthers(open.session)
    await open.session.regenerate(options)
    open.session.markAuthenticated()
    const id = idIn((await open.commit()).setCookie) ?? '-'
    expect(await shop.usersOf([{ ...known, id }, other])).toEqual(['ada', 'ended'])
    await shop.idle()
  })

  it.each(WAYS)('ASVS-7.4.3: leaves the one that asks while it is on its way to a new id (%o)', async (options) => {
    const shop = openOwnersShop()
    const [known, other] = [await shop.login('ada'), await shop.login('ada')]
    for (const when of ['beforeNext', 'afterNext'] as const) {
      const open = await visit(shop.sessions, known.id)
      shop.driver[when]('commit', async () => void (await shop.sessions.revokeOthers(open.session)))
      open.session.set('when', when)
      await open.commit()
    }
    const open = await visit(shop.sessions, known.id)
    await open.session.regenerate(options)
    shop.driver.afterNext('replace', async () => void (await shop.sessions.revokeOthers(open.session)))
    const id = idIn((await open.commit()).setCookie) ?? '-'
    expect(await shop.usersOf([{ ...known, id }, other])).toEqual(['ada', 'ended'])
    await shop.idle()
  })

  it('ASVS-7.4.3: leaves the one that asks where it is new and not stored yet', async () => {
    const shop = openOwnersShop()
    const others = [await shop.login('ada'), await shop.login('ada')]
    const open = await visit(shop.sessions)
    open.session.setUserId('ada')
    expect(open.session.handle).toBeUndefined()
    expect(await shop.sessions.revokeOthers(open.session)).toBe(2)
    const id = idIn((await open.commit()).setCookie) ?? '-'
    expect(await shop.usersOf([...others, { id, handle: '' }])).toEqual(['ended', 'ended', 'ada'])
    expect(await handlesOf(shop.sessions, 'ada')).toEqual([open.session.handle])
  })

  it('ASVS-7.4.3: leaves the one that asks where its user logged in by this request', async () => {
    const shop = openOwnersShop()
    const [anonymous, other] = [await shop.login(undefined), await shop.login('ada')]
    const open = await visit(shop.sessions, anonymous.id)
    await open.session.regenerate({ destroy: true })
    open.session.setUserId('ada')
    expect(await shop.sessions.revokeOthers(open.session)).toBe(1)
    const id = idIn((await open.commit()).setCookie) ?? '-'
    expect(await shop.usersOf([{ ...anonymous, id }, other])).toEqual(['ada', 'ended'])
  })

  it('ASVS-7.4.3: means the user whom the session has now, not the one before', async () => {
    const shop = openOwnersShop()
    const [known, ada, bob] = [await shop.login('ada'), await shop.login('ada'), await shop.login('bob')]
    const open = await visit(shop.sessions, known.id)
    open.session.setUserId('bob')
    expect(await shop.sessions.revokeOthers(open.session)).toBe(1)
    await open.commit()
    expect(await shop.usersOf([known, ada, bob])).toEqual(['bob', 'ada', 'ended'])
  })

  it('ASVS-7.4.1: lets no request that still runs in one of the others store anything', async () => {
    const shop = openOwnersShop()
    const [known, other] = [await shop.login('ada'), await shop.login('ada')]
    const running = await visit(shop.another(), other.id)
    running.session.set('n', 9)
    const open = await visit(shop.sessions, known.id)
    await shop.sessions.revokeOthers(open.session)
    expect(await running.commit()).toEqual({ setCookie: undefined })
    await open.commit()
    expect(await handlesOf(shop.sessions)).toEqual([known.handle])
    await shop.idle()
  })

  it('ASVS-7.4.3: can be asked for by a session that takes no writes', async () => {
    const shop = openOwnersShop()
    const [known, other] = [await shop.login('ada'), await shop.login('ada')]
    const open = await visit(shop.sessions, known.id, { concurrency: 'readonly' })
    expect(await shop.sessions.revokeOthers(open.session)).toBe(1)
    expect(await shop.usersOf([known, other])).toEqual(['ada', 'ended'])
  })

  it('brings a session that was ended itself not back', async () => {
    const shop = openOwnersShop()
    const [known, other] = [await shop.login('ada'), await shop.login('ada')]
    const open = await visit(shop.sessions, known.id)
    open.session.set('n', 9)
    await shop.sessions.revoke(known.handle)
    expect(await shop.sessions.revokeOthers(open.session)).toBe(1)
    expect(await open.commit()).toEqual({ setCookie: undefined })
    expect(await shop.usersOf([known, other])).toEqual(['ended', 'ended'])
  })

  it('is refused to a session of nobody', async () => {
    const shop = openOwnersShop()
    const known = [await shop.login('ada'), await shop.login(undefined)]
    const anonymous = await visit(shop.sessions, known[1]?.id ?? '-')
    const ended = await visit(shop.sessions, (await shop.login('ada')).id)
    await ended.session.destroy()
    for (const { session } of [anonymous, ended, await visit(shop.sessions)]) {
      expect(await codeOf(shop.sessions.revokeOthers(session))).toBe('ERR_SESSION_INVALID_ARGUMENT')
    }
    expect(await handlesOf(shop.sessions)).toEqual(handlesIn(known))
  })

  it('rejects, and does not throw, for a session that was not started', async () => {
    const shop = openOwnersShop()
    const asked = (): Promise<number> => shop.sessions.revokeOthers(shop.sessions.create())
    expect(await codeOf(asked())).toBe('ERR_SESSION_NOT_STARTED')
  })
})
