import { describe, expect, it } from 'vitest'
import type { Session } from '../../src/session/session.ts'
import { keyOf, codeOf, openShop, visit } from './support/shop.ts'

const ACTS: readonly [string, 'destroy' | 'read', (session: Session) => Promise<void>][] = [
  ['destroy()', 'destroy', (session) => session.destroy()],
  ['invalidate()', 'destroy', (session) => session.invalidate()],
  ['reload()', 'read', (session) => session.reload()],
]

describe('refused', () => {
  it.each(ACTS)('tells of a store that fails %s', async (_, step, act) => {
    const shop = openShop()
    const id = await shop.stored()
    const open = await visit(shop.sessions, id)
    shop.driver.failNext(step, undefined, 3)
    expect(await codeOf(act(open.session))).toBe('ERR_SESSION_DRIVER_FAILED')
    expect(shop.events).toMatchObject([
      { kind: 'refused', reason: 'store-error', key: keyOf(id), cause: { code: 'ERR_SESSION_DRIVER_FAILED' } },
    ])
    await open.discard(undefined)
    await shop.idle()
  })

  it('tells of a session that was ended meanwhile and is asked for again', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const open = await visit(shop.sessions, id)
    await shop.memory.destroy(keyOf(id))
    expect(await codeOf(open.session.reload())).toBe('ERR_SESSION_GONE')
    expect(shop.events).toMatchObject([{ kind: 'refused', reason: 'gone', key: keyOf(id) }])
    await open.discard(undefined)
  })

  it('is not told of what the application itself got wrong', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const open = await visit(shop.sessions, id, { concurrency: 'readonly' })
    expect(await codeOf(open.session.destroy())).toBe('ERR_SESSION_READONLY')
    await open.commit()
    expect(await codeOf(open.session.reload())).toBe('ERR_SESSION_CLOSED')
    expect(shop.events).toEqual([])
  })
})
