import { describe, expect, it } from 'vitest'
import { codeOf, idIn, keyOf, openShop, visit } from '../manager/support/shop.ts'

describe('a reload that fails', () => {
  it('takes no new id back: what it was to replace opens nothing afterwards', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const open = await visit(shop.sessions, id)
    await open.session.regenerate({ destroy: true })
    shop.driver.failNext('read')
    expect(await codeOf(open.session.reload())).toBe('ERR_SESSION_DRIVER_FAILED')
    open.session.setUserId('ada')
    const sent = idIn((await open.commit()).setCookie) ?? ''
    expect(await shop.memory.read(keyOf(sent))).toMatchObject({ record: { userId: 'ada' } })
    expect(await shop.memory.read(keyOf(id))).toMatchObject({ kind: 'marker' })
    await shop.idle()
  })

  it('sends no cookie for an id that nothing is stored under', async () => {
    const shop = openShop({ lifetime: { rotateEverySeconds: 100 } })
    const id = await shop.stored()
    shop.clock.advance(100_000)
    const open = await visit(shop.sessions, id)
    shop.driver.failNext('read')
    expect(await codeOf(open.session.reload())).toBe('ERR_SESSION_DRIVER_FAILED')
    open.session.set('n', 1)
    const sent = idIn((await open.commit()).setCookie) ?? ''
    expect(await shop.peek(sent)).toMatchObject({ n: 1 })
    await shop.idle()
  })
})
