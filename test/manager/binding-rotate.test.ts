import { describe, expect, it } from 'vitest'
import type { Session } from '../../src/session/session.ts'
import { asked, recordUnder, refusals, told, visited } from '../support/visits.ts'
import { codeOf, keyOf, openShop, visit } from './support/shop.ts'
import type { Shop } from './support/shop.ts'

const HOME = { ipAddress: '203.0.113.7', userAgent: 'Amiga/4.1' }
const AWAY = { ipAddress: '203.0.113.7', userAgent: 'Amiga/4.2' }

async function traveller(): Promise<Shop & { readonly id: string; readonly reasons: string[] }> {
  const shop = openShop({ binding: { userAgent: 'rotate' } })
  const fill = (session: Session): void => {
    session.setUserId('ada')
    session.markAuthenticated({ level: 2 })
    session.set('n', 0)
  }
  const { sent = '' } = await visited(shop.sessions, [], fill, HOME)
  shop.driver.forget()
  shop.clock.advance(10_000)
  return { ...shop, id: sent, reasons: refusals(shop.sessions) }
}

describe('CS-SM Binding: rotate', () => {
  it('gives a new id, tells once, and keeps everything else', async () => {
    const { sessions, memory, driver, id, reasons, idle } = await traveller()
    const before = await recordUnder(memory, id)
    const moves = told(sessions, 'regenerated')
    const token = await asked(sessions, id, ({ currentToken }) => currentToken)
    driver.forget()
    const { result, sent = '' } = await visited(sessions, id, (session) => [session.id, session.get('n'), session.currentToken], AWAY)
    expect(result).toEqual([sent, 0, token])
    expect([sent === id, reasons]).toEqual([false, ['binding']])
    expect(moves).toEqual([{ key: keyOf(sent), oldKey: keyOf(id), reason: 'rotation' }])
    expect(driver.methods).toEqual(['acquire', 'replace'])
    const { payload, flash, handle, createdAt, authenticatedAt, userId } = before ?? {}
    expect(await recordUnder(memory, sent)).toMatchObject({ payload, flash, handle, createdAt, authenticatedAt, userId, ...AWAY })
    for (const where of [AWAY, {}]) {
      expect(await visited(sessions, sent, (session) => session.level, where)).toEqual({ result: 2, sent: undefined })
    }
    expect(reasons).toEqual(['binding'])
    await idle()
  })

  it('leads from the old id to the new one within the grace, and not after it', async () => {
    const { sessions, clock, id, reasons, idle } = await traveller()
    const { sent } = await visited(sessions, id, (session) => session.increment('n'), AWAY)
    clock.advance(29_999)
    expect(await visited(sessions, id, (session) => session.get('n'), AWAY)).toEqual({ result: 1, sent })
    clock.advance(1)
    const { result } = await visited(sessions, id, ({ isNew }) => isNew, AWAY)
    expect([result, reasons]).toEqual([true, ['binding', 'replaced-id']])
    await idle()
  })

  it('of two at once from the new place both come to one session, and only the first tells', async () => {
    const { sessions, driver, id, reasons, idle } = await traveller()
    const both = await Promise.all([1, 2].map(() => visited(sessions, id, (session) => session.increment('n'), AWAY)))
    const [sent = ''] = both.map((each) => each.sent)
    expect(both.map((each) => each.sent)).toEqual([sent, sent])
    expect(await asked(sessions, sent, (session) => session.get('n'))).toBe(2)
    expect([reasons, driver.methods.filter((method) => method === 'replace')]).toEqual([['binding'], ['replace']])
    await idle()
  })

  it('tells of read-only requests, which get no new id', async () => {
    const { sessions, id, reasons, driver } = await traveller()
    const { result, sent } = await visited(sessions, id, (session) => [session.id, session.get('n')], { ...AWAY, concurrency: 'readonly' })
    expect([result, sent, reasons, driver.methods]).toEqual([[id, 0], undefined, ['binding'], ['read']])
  })

  it('moves nothing for a request that failed', async () => {
    const { sessions, memory, id, idle } = await traveller()
    const open = await visit(sessions, id, AWAY)
    expect(open.session.id).not.toBe(id)
    const planned = open.session.id
    expect(await open.discard(new Error('the handler threw'))).toEqual({ setCookie: undefined })
    expect(await recordUnder(memory, id)).toMatchObject(HOME)
    expect(await recordUnder(memory, planned)).toBeUndefined()
    await idle()
  })

  it('fails the request when it could not be stored, and the session is where it was', async () => {
    const { sessions, memory, driver, id, idle } = await traveller()
    driver.failNext('replace')
    expect(await codeOf(visited(sessions, id, (session) => session.increment('n'), AWAY))).toBe('ERR_SESSION_DRIVER_FAILED')
    expect(await recordUnder(memory, id)).toMatchObject(HOME)
    expect(await asked(sessions, id, (session) => session.get('n'))).toBe(0)
    await idle()
  })

  it('is a login where the request logs in', async () => {
    const { sessions, memory, id, idle } = await traveller()
    const { sent = '' } = await visited(sessions, id, (session) => session.regenerate({ destroy: true }), AWAY)
    expect(await memory.read(keyOf(id))).toMatchObject({ kind: 'marker', marker: { reason: 'login' } })
    expect(await recordUnder(memory, sent)).toMatchObject(AWAY)
    await idle()
  })
})
