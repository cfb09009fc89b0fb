import { describe, expect, it } from 'vitest'
import { DatabaseStore } from '../../../src/drivers/database/database-store.ts'
import { openShop, visit } from '../../manager/support/shop.ts'
import { beforeNextCall } from '../../support/owners-hooks.ts'
import { openWorld } from '../../support/sealed-world.ts'
import { sqliteStore } from '../../support/stores/sqlite.ts'

describe('a logout', () => {
  it('ASVS-7.4.1 that comes when its id was renewed by another meanwhile ends the renewed session too', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const paused = await visit(shop.sessions, id)
    // Its process stands still for so long that its lock ends.
    shop.clock.advance(11_000)
    const other = await visit(shop.another(), id)
    other.session.set('n', 1)
    await other.session.regenerate()
    await other.commit()
    const renewed = other.session.id
    expect(await shop.peek(renewed)).toMatchObject({ n: 1 })
    await paused.session.destroy()
    await paused.commit()
    for (const each of [id, renewed]) expect(await shop.peek(each)).toBeUndefined()
  })
})

describe('a login', () => {
  it('ASVS-7.4.2 that has begun to be written when all sessions of its user are revoked is revoked too', async () => {
    const { deploy } = await openWorld(sqliteStore)
    const [one, other] = [await deploy(), await deploy()]
    const login = await visit(one.sessions)
    login.session.setUserId('ada')
    beforeNextCall(DatabaseStore.prototype, 'insert', async () => {
      expect(await other.sessions.revokeUser('ada')).toBe(0)
    })
    expect(await login.commit()).toEqual({ setCookie: undefined })
    expect((await other.sessions.list({ userId: 'ada' })).sessions).toEqual([])
    const next = await visit(other.sessions)
    next.session.setUserId('ada')
    await next.commit()
    expect((await other.sessions.list({ userId: 'ada' })).sessions).toHaveLength(1)
  })
})
