import { describe, expect, it } from 'vitest'
import { codeOf, openShop, visit } from './support/shop.ts'

const FAILED = 'ERR_SESSION_DRIVER_FAILED'

describe('a save that failed and is asked for again', () => {
  it.each([
    ['exclusive', 'commit'],
    ['merge', 'update'],
  ] as const)('is not told as done while nothing is stored (%s)', async (concurrency, method) => {
    const shop = openShop()
    const id = await shop.stored()
    const open = await visit(shop.sessions, id, { concurrency })
    open.session.increment('n')
    shop.driver.failNext(method)
    expect(await codeOf(open.session.save())).toBe(FAILED)
    expect(await codeOf(open.session.save())).toBe(FAILED)
    expect(await codeOf(Promise.resolve(open.commit()))).toBe(FAILED)
    expect(await shop.peek(id)).toMatchObject({ n: 0 })
    await shop.idle()
  })

  it('nor without an adapter', async () => {
    const shop = openShop()
    const session = await shop.sessions.start(await shop.stored())
    session.increment('n')
    shop.driver.failNext('commit')
    expect(await codeOf(session.save({ keepOpen: true }))).toBe(FAILED)
    expect(await codeOf(session.save())).toBe(FAILED)
    await session.release()
    await session.start()
    session.increment('n')
    await session.save()
    expect(session.get('n')).toBe(1)
    await shop.idle()
  })

  it('counts nothing twice that was stored although its answer was lost', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const open = await visit(shop.sessions, id, { concurrency: 'merge' })
    open.session.increment('n')
    shop.driver.loseAnswer('update')
    expect(await codeOf(open.session.save())).toBe(FAILED)
    open.session.set('m', 1)
    expect(await codeOf(open.session.save())).toBe(FAILED)
    expect(await codeOf(Promise.resolve(open.commit()))).toBe(FAILED)
    expect(await shop.peek(id)).toMatchObject({ n: 1 })
  })

  it('logs nobody in whose request fails', async () => {
    const shop = openShop()
    const open = await visit(shop.sessions)
    open.session.setUserId('ada')
    shop.driver.failNext('insert', undefined, 3)
    expect(await codeOf(open.session.save())).toBe(FAILED)
    expect(await codeOf(open.session.save())).toBe(FAILED)
    expect(await codeOf(Promise.resolve(open.commit()))).toBe(FAILED)
    expect((await shop.memory.list({ userId: 'ada' })).sessions).toEqual([])
  })

  it('is done where the session was given up for a new one meanwhile', async () => {
    const shop = openShop()
    const open = await visit(shop.sessions, await shop.stored())
    open.session.increment('n')
    shop.driver.failNext('commit')
    expect(await codeOf(open.session.save())).toBe(FAILED)
    await open.session.invalidate()
    open.session.set('m', 1)
    await open.session.save()
    expect(await shop.peek(open.session.id)).toMatchObject({ m: 1 })
    await open.commit()
  })
})
