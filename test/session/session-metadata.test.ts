import { describe, expect, it } from 'vitest'
import type { SessionBag } from '../../src/session/session-bag.ts'
import { keyOf, openShop } from '../manager/support/shop.ts'

describe('tokens of a session', () => {
  it('S-130 S-132: token() gives the token that stands under _token', async () => {
    const { sessions } = openShop()
    const session = await sessions.start()
    const token = session.token()
    expect(session.token()).toBe(token)
    expect(session.get('_token')).toBe(token)
    expect(session.all()).toEqual({ _token: token })
  })

  it('S-131 S-382: regenerateToken makes 80 hex digits and the next request has them', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const session = await shop.sessions.start(id)
    const before = session.token()
    const token = session.regenerateToken()
    expect(token).toMatch(/^[0-9a-f]{80}$/)
    expect([token === before, session.token() === token]).toEqual([false, true])
    await session.save()
    expect((await shop.peek(id))?.['_token']).toBe(token)
  })

  it('S-132: the key _token is reserved', async () => {
    const session = await openShop().sessions.start()
    for (const write of [() => session.set('_token', 'x'), () => session.forget('_token'), () => session.pull('_token')]) {
      expect(write).toThrow(expect.objectContaining({ code: 'ERR_SESSION_INVALID_ARGUMENT' }))
    }
  })

  it('clear keeps the token, the user and the flash data', async () => {
    const shop = openShop()
    const session = await shop.sessions.start(await shop.stored())
    const token = session.token()
    session.setUserId('ada')
    session.flash('status', 'Hi')
    session.clear()
    expect(session.all()).toEqual({ _token: token })
    expect([session.userId, session.getFlash('status')]).toEqual(['ada', 'Hi'])
    await session.release()
  })
})

describe('what a session knows of its user and client', () => {
  it('S-133 S-134 S-136 S-138: address and user agent are stored and read back', async () => {
    const shop = openShop()
    const id = await shop.stored((session) => {
      session.set('n', 1)
      session.setIpAddress('2001:db8::1')
      session.setUserAgent(`Agent ${'x'.repeat(2000)}`)
    })
    const session = await shop.sessions.start(id)
    expect(session.ipAddress).toBe('2001:db8::1')
    expect(session.userAgent).toHaveLength(512)
    session.setRequestInfo(null, 'Other')
    await session.save()
    const next = await shop.sessions.start(id)
    expect([next.ipAddress, next.userAgent]).toEqual([undefined, 'Other'])
    await next.release()
  })

  it('S-133: what is no address is refused', async () => {
    const session = await openShop().sessions.start()
    expect(() => session.setIpAddress('localhost')).toThrow(expect.objectContaining({ code: 'ERR_SESSION_INVALID_ARGUMENT' }))
  })

  it.each([
    [42, '42'],
    ['42', '42'],
    ['usr_ünïcode', 'usr_ünïcode'],
    [0, '0'],
  ])('S-135 S-139: setUserId(%o) is kept as text in the record', async (userId, kept) => {
    const shop = openShop()
    const id = await shop.stored((session) => session.setUserId(userId))
    const found = await shop.memory.read(keyOf(id))
    expect(found).toMatchObject({ record: { userId: kept } })
    const session = await shop.sessions.start(id)
    expect(session.userId).toBe(kept)
    await session.release()
  })

  it('S-135 S-053: null clears the user, and what this request sets wins over what was stored', async () => {
    const shop = openShop()
    const id = await shop.stored((session) => session.setUserId('ada'))
    const session = await shop.sessions.start(id)
    session.setUserId(null)
    expect(session.userId).toBeUndefined()
    await session.save()
    const next = await shop.sessions.start(id)
    expect(next.userId).toBeUndefined()
    await next.release()
  })

  it.each(['', '\0', 'x'.repeat(256), 1.5, Number.NaN])('S-139: setUserId(%o) is refused', async (userId) => {
    const session = await openShop().sessions.start()
    expect(() => session.setUserId(userId)).toThrow(expect.objectContaining({ code: 'ERR_SESSION_INVALID_ARGUMENT' }))
  })

  it('where a request came from is no change by itself, and is stored along with one', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const quiet = await shop.sessions.open({ cookieHeader: `__Host-ml_session=${id}`, ipAddress: '192.0.2.1', userAgent: 'Browser' })
    expect([quiet.session.ipAddress, quiet.session.isDirty]).toEqual(['192.0.2.1', false])
    await quiet.commit()
    expect(await shop.memory.read(keyOf(id))).toMatchObject({ record: { ipAddress: undefined } })
    const changing = await shop.sessions.open({ cookieHeader: `__Host-ml_session=${id}`, ipAddress: '192.0.2.1', userAgent: 'Browser' })
    changing.session.increment('n')
    await changing.commit()
    expect(await shop.memory.read(keyOf(id))).toMatchObject({ record: { ipAddress: '192.0.2.1', userAgent: 'Browser' } })
  })

  it('S-154: own metadata is stored with the session, and is enough to store it', async () => {
    const shop = openShop()
    const id = await shop.stored((session) => session.metadata.set('device', { kind: 'phone' }))
    const session = await shop.sessions.start(id)
    expect(session.metadata.get('device')).toEqual({ kind: 'phone' })
    expect(session.all()).not.toHaveProperty('_meta')
    session.metadata.set('device', { kind: 'tablet' })
    await session.save()
    const next = await shop.sessions.start(id)
    expect(next.metadata.get('device')).toEqual({ kind: 'tablet' })
    await next.release()
  })
})

describe('bags of one’s own', () => {
  class Basket implements SessionBag {
    readonly name = 'basket'
    readonly storageKey = '_basket'
    #data: Record<string, unknown> = {}
    initialize(data: Record<string, unknown>): void {
      this.#data = data
    }
    clear(): Record<string, unknown> {
      const held = { ...this.#data }
      for (const key of Object.keys(held)) delete this.#data[key]
      return held
    }
    add(item: string): void {
      this.#data[item] = Number(this.#data[item] ?? 0) + 1
    }
    count(item: string): number {
      return Number(this.#data[item] ?? 0)
    }
  }

  it('S-156: are given to each session, stored with it and read back', async () => {
    const shop = openShop({ bags: () => [new Basket()] })
    const id = await shop.stored((session) => (session.bag('basket') as Basket).add('tea'))
    const session = await shop.sessions.start(id)
    const basket = session.bag('basket') as Basket
    expect(basket.count('tea')).toBe(1)
    expect(session.all()).not.toHaveProperty('_basket')
    expect(() => session.set('_basket.tea', 9)).toThrow(/reserved/)
    basket.add('tea')
    await session.save()
    const next = await shop.sessions.start(id)
    expect((next.bag('basket') as Basket).count('tea')).toBe(2)
    await next.invalidate()
    expect((next.bag('basket') as Basket).count('tea')).toBe(0)
    await next.release()
  })

  it('S-156: one that was emptied leaves nothing behind, and one that did not change costs no write', async () => {
    const shop = openShop({ bags: () => [new Basket()] })
    const id = await shop.stored((session) => (session.bag('basket') as Basket).add('tea'))
    await shop.sessions.run(id, (session) => (session.bag('basket') as Basket).count('tea'))
    expect(shop.driver.methods).toEqual(['acquire', 'unlock'])
    await shop.sessions.run(id, (session) => session.bag('basket').clear())
    const found = await shop.memory.read(keyOf(id))
    expect(found?.kind === 'record' && found.record.payload.includes('_basket')).toBe(false)
  })
})
