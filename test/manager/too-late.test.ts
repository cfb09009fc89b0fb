import { describe, expect, it } from 'vitest'
import { codeOf, openShop, visit } from './support/shop.ts'

describe('what comes too late', () => {
  it('a write after the commit throws, in the very call that commits', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const open = await visit(shop.sessions, id)
    open.session.set('n', 1)
    const committing = open.commit()
    expect(() => open.session.set('n', 2)).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CLOSED' }))
    expect(() => open.session.flash('n', 2)).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CLOSED' }))
    expect(open.session.isStarted).toBe(false)
    await committing
    expect(open.session.get('n')).toBe(1)
    expect(await shop.peek(id)).toMatchObject({ n: 1 })
    await shop.idle()
  })

  it('an act after the commit throws, and changes nothing', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const open = await visit(shop.sessions, id)
    const { session } = open
    session.increment('n')
    const committing = open.commit()
    for (const act of [session.regenerate(), session.invalidate(), session.destroy(), session.reload(), session.start()]) {
      expect(await codeOf(act)).toBe('ERR_SESSION_CLOSED')
    }
    await session.save()
    await session.release()
    expect(await committing).toEqual({ setCookie: undefined })
    expect(await shop.peek(id)).toMatchObject({ n: 1 })
    await shop.idle()
  })

  it('a save after the commit resolves only when the commit did', async () => {
    const shop = openShop()
    const open = await visit(shop.sessions, await shop.stored())
    open.session.set('n', 1)
    shop.driver.failNext('commit')
    const committing = codeOf(Promise.resolve(open.commit()))
    expect(await codeOf(open.session.save())).toBe('ERR_SESSION_DRIVER_FAILED')
    expect(await committing).toBe('ERR_SESSION_DRIVER_FAILED')
    const dropped = await visit(shop.sessions, await shop.stored())
    dropped.session.set('n', 1)
    await dropped.discard(new Error('oops'))
    expect(await codeOf(dropped.session.save())).toBe('ERR_SESSION_CLOSED')
    await shop.idle()
  })

  it('commit and discard both called: the first counts, and the second answers as it did', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const open = await visit(shop.sessions, id)
    open.session.increment('n')
    const first = open.commit()
    const committed = await open.discard(new Error('oops'))
    expect(committed).toBe(await first)
    expect(open.commit()).toBe(first)
    expect(await shop.peek(id)).toMatchObject({ n: 1 })
    const other = await visit(shop.sessions, id)
    other.session.increment('n')
    const dropped = other.discard(new Error('oops'))
    expect(await other.commit()).toBe(await dropped)
    expect(await shop.peek(id)).toMatchObject({ n: 1 })
    expect(shop.events.map((event) => event.kind)).toEqual(['committed', 'discarded'])
    await shop.idle()
  })

  it('a session that is kept after its request can be read, and changes nothing', async () => {
    const shop = openShop()
    const id = await shop.stored((session) => session.set('list', [1]))
    const kept = await shop.sessions.run(id, (session) => session)
    const list = kept.get('list') as number[]
    list.push(2)
    await kept.release()
    await shop.sessions.run(id, (session) => session.set('n', 1))
    expect(await shop.peek(id)).toMatchObject({ list: [1], n: 1 })
    await shop.idle()
  })

  it('Symbol.asyncDispose after a save does nothing', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const session = await shop.sessions.start(id)
    session.increment('n')
    await session.save()
    await session[Symbol.asyncDispose]()
    await session[Symbol.asyncDispose]()
    expect(shop.driver.methods).toEqual(['acquire', 'commit'])
    await shop.idle()
  })

  it('disposing of a session at the end of an adapter’s handler does not undo the commit', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const open = await visit(shop.sessions, id)
    open.session.increment('n')
    const committing = open.commit()
    await open.session[Symbol.asyncDispose]()
    await committing
    expect(await shop.peek(id)).toMatchObject({ n: 1 })
    await shop.idle()
  })
})
