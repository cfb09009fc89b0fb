import { describe, expect, it } from 'vitest'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { codeOf, openShop, visit } from '../manager/support/shop.ts'

describe('a readonly session', () => {
  it('reads what is stored, with one call and no lock, also while another holds it', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const holder = await shop.sessions.start(id)
    shop.driver.forget()
    const session = await shop.sessions.start(id, { concurrency: 'readonly' })
    expect([session.mode, session.get('n'), session.id]).toEqual(['readonly', 0, id])
    await session.release()
    expect(shop.driver.methods).toEqual(['read'])
    await holder.release()
    await shop.idle()
  })

  it('throws on every write and on every act that would change the store', async () => {
    const shop = openShop()
    const session = await shop.sessions.start(await shop.stored(), { concurrency: 'readonly' })
    const writes = [
      () => session.set('n', 1),
      () => session.forget('n'),
      () => session.pull('n'),
      () => session.increment('n'),
      () => session.clear(),
      () => session.flash('n', 1),
      () => session.now('n', 1),
      () => session.keep('n'),
      () => session.reflash(),
      () => session.regenerateToken(),
      () => session.setUserId('ada'),
      () => session.setIpAddress(null),
      () => session.setUserAgent('x'),
      () => session.metadata.set('a', 1),
      () => session.attributes.clear(),
      () => session.flashes.clear(),
    ]
    for (const write of writes) expect(write).toThrow(expect.objectContaining({ code: 'ERR_SESSION_READONLY' }))
    for (const act of [session.save(), session.regenerate(), session.invalidate(), session.destroy()]) {
      expect(await codeOf(act)).toBe('ERR_SESSION_READONLY')
    }
    expect(session.isDirty).toBe(false)
    expect(shop.driver.methods).toEqual(['read'])
  })

  it('gives frozen data, and copies of what cannot be frozen', async () => {
    const shop = openShop()
    const id = await shop.stored((session) => {
      session.set('user', { tags: ['a'] })
      session.set('seen', new Map([['x', 1]]))
    })
    const session = await shop.sessions.start(id, { concurrency: 'readonly' })
    const user = session.get('user') as { tags: string[]; name?: string }
    expect(() => user.tags.push('b')).toThrow(TypeError)
    expect(() => {
      user.name = 'Ada'
    }).toThrow(TypeError)
    ;(session.get('seen') as Map<string, number>).set('x', 2)
    expect(session.get('seen')).toEqual(new Map([['x', 1]]))
    await session.release()
    expect(await shop.peek(id)).toMatchObject({ user: { tags: ['a'] } })
  })

  it('S-127: shows flash data and does not use it up', async () => {
    const shop = openShop()
    const id = await shop.stored((session) => session.flash('status', { text: 'Hi' }))
    for (let request = 0; request < 2; request++) {
      const open = await visit(shop.sessions, id, { concurrency: 'readonly' })
      expect(open.session.getFlash('status')).toEqual({ text: 'Hi' })
      expect(open.commit()).toEqual({ setCookie: undefined })
    }
    const session = await shop.sessions.start(id)
    expect(session.getFlash('status')).toEqual({ text: 'Hi' })
    await session.release()
    await shop.idle()
  })

  it('is as old as what it read: another may have gone on since', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const session = await shop.sessions.start(id, { concurrency: 'readonly' })
    await shop.sessions.run(id, (other) => other.set('n', 5))
    expect(session.get('n')).toBe(0)
    await session.reload()
    expect(session.get('n')).toBe(5)
  })

  it('reads again what has another id by now, and nothing of a login', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const session = await shop.sessions.start(id, { concurrency: 'readonly' })
    const next = await shop.sessions.start(id)
    await next.regenerate()
    next.set('n', 5)
    await next.save()
    await session.reload()
    expect([session.get('n'), session.id]).toEqual([5, next.id])
    await shop.sessions.run(next.id, (login) => login.regenerate({ destroy: true }))
    expect(await codeOf(session.reload())).toBe('ERR_SESSION_GONE')
  })

  it('of an unknown id is an empty one, and nothing is stored or sent', async () => {
    const shop = openShop()
    const open = await visit(shop.sessions, 'b'.repeat(40), { concurrency: 'readonly' })
    expect([open.session.isNew, open.session.all()]).toEqual([true, {}])
    expect(open.commit()).toEqual({ setCookie: undefined })
    expect(shop.driver.methods).toEqual(['read'])
  })

  it('run() with a readonly session reads and resolves', async () => {
    const shop = openShop()
    const id = await shop.stored()
    expect(await shop.sessions.run(id, (session) => session.get('n'), { concurrency: 'readonly' })).toBe(0)
    expect(shop.driver.methods).toEqual(['read'])
  })

  it('can be the manager’s default, and one request may still ask for the lock', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const readers = new SessionManager({ driver: shop.driver, concurrency: 'readonly' })
    expect((await readers.start(id)).mode).toBe('readonly')
    const writer = await readers.start(id, { concurrency: 'exclusive' })
    writer.increment('n')
    await writer.save()
    expect(await shop.peek(id)).toMatchObject({ n: 1 })
    await shop.idle()
  })
})
