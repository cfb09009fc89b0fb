import { describe, expect, it } from 'vitest'
import { codeOf, keyOf, openShop } from '../manager/support/shop.ts'

describe('regenerate', () => {
  it('S-061 S-067: gives a new id and keeps data, flash and user', async () => {
    const shop = openShop()
    const id = await shop.stored((session) => {
      session.set('cart', [1, 2])
      session.flash('status', 'Hi')
      session.setUserId('ada')
    })
    const session = await shop.sessions.start(id)
    session.keep('status')
    await session.regenerate()
    const newId = session.id
    expect(newId).not.toBe(id)
    await session.save()
    expect(session.id).toBe(newId)
    const next = await shop.sessions.start(newId)
    expect([next.get('cart'), next.getFlash('status'), next.userId]).toEqual([[1, 2], 'Hi', 'ada'])
    await next.release()
    await shop.idle()
  })

  it('S-061 S-063: after regenerate({ destroy: true }) the old id opens nothing', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const session = await shop.sessions.start(id)
    await session.regenerate({ destroy: true })
    session.setUserId('ada')
    await session.save()
    expect(await shop.peek(id)).toBeUndefined()
    expect(await shop.peek(session.id)).toMatchObject({ n: 0 })
    shop.clock.advance(31_000)
    const late = await shop.sessions.start(id)
    expect([late.isNew, late.get('n'), late.userId]).toEqual([true, undefined, undefined])
    await shop.idle()
  })

  it('S-062: on a session that is not started it throws', async () => {
    expect(await codeOf(openShop().sessions.create().regenerate())).toBe('ERR_SESSION_NOT_STARTED')
  })

  it('S-063: until the commit the old record stays as it was', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const session = await shop.sessions.start(id)
    session.set('n', 1)
    await session.regenerate({ destroy: true })
    expect(await shop.peek(id)).toMatchObject({ n: 0 })
    await session.release()
    expect(await shop.peek(id)).toMatchObject({ n: 0 })
    await shop.idle()
  })

  it('S-063: the new record comes first, then the marker in place of the old one', async () => {
    const shop = openShop()
    const session = await shop.sessions.start(await shop.stored())
    await session.regenerate({ destroy: true })
    await session.save()
    expect(shop.driver.methods).toEqual(['acquire', 'replace'])
    await shop.idle()
  })

  it('S-064: after regenerate() the old id leads to the same session for graceSeconds, and then to nothing', async () => {
    const shop = openShop({ lifetime: { graceSeconds: 30 } })
    const id = await shop.stored()
    const session = await shop.sessions.start(id)
    await session.regenerate()
    await session.save()
    shop.clock.advance(29_999)
    const within = await shop.sessions.start(id)
    expect([within.id, within.get('n')]).toEqual([session.id, 0])
    await within.release()
    shop.clock.advance(1)
    expect((await shop.sessions.start(id)).isNew).toBe(true)
    await shop.idle()
  })

  it('S-066: the CSRF token changes unless keepToken says otherwise', async () => {
    const shop = openShop()
    const session = await shop.sessions.start(await shop.stored())
    const token = session.token()
    await session.regenerate({ keepToken: true })
    expect(session.token()).toBe(token)
    await session.regenerate({ destroy: true, keepToken: true })
    expect(session.token()).toBe(token)
    await session.regenerate()
    expect(session.token()).not.toBe(token)
    expect(session.token()).toMatch(/^[0-9a-f]{80}$/)
    const rotated = session.token()
    await session.save()
    const next = await shop.sessions.start(session.id)
    expect(next.token()).toBe(rotated)
    await next.release()
    await shop.idle()
  })

  it('S-068: creation time and handle are carried over, and regeneratedAt is set', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const before = await shop.memory.read(keyOf(id))
    shop.clock.advance(5000)
    const session = await shop.sessions.start(id)
    await session.regenerate({ destroy: true })
    await session.save()
    const after = await shop.memory.read(keyOf(session.id))
    if (before?.kind !== 'record' || after?.kind !== 'record') return expect.unreachable()
    expect(after.record.createdAt).toBe(before.record.createdAt)
    expect(after.record.handle).toBe(before.record.handle)
    expect(after.record.regeneratedAt).toBe(shop.clock.now())
    await shop.idle()
  })

  it('S-069: neither the old nor the new key stays locked', async () => {
    const shop = openShop()
    for (const options of [{}, { destroy: true }]) {
      const session = await shop.sessions.start(await shop.stored())
      await session.regenerate(options)
      await session.save()
      const next = await shop.sessions.start(session.id)
      expect(next.isNew).toBe(false)
      await next.release()
    }
    await shop.idle()
  })

  it('a new session that is regenerated is simply stored under its last id', async () => {
    const shop = openShop()
    const session = await shop.sessions.start()
    const first = session.id
    session.set('n', 1)
    await session.regenerate({ destroy: true })
    expect(session.id).not.toBe(first)
    await session.save()
    expect(shop.driver.methods).toEqual(['insert'])
    expect(await shop.peek(session.id)).toMatchObject({ n: 1 })
  })
})

describe('invalidate', () => {
  it('S-070 S-126: drops attributes, flash, user and metadata, under a new id, and the old record is gone at once', async () => {
    const shop = openShop()
    const id = await shop.stored((session) => {
      session.set('cart', [1])
      session.flash('status', 'Hi')
      session.setUserId('ada')
      session.metadata.set('device', 'phone')
    })
    const session = await shop.sessions.start(id)
    session.flash('more', 'new flash')
    await session.invalidate()
    expect(await shop.memory.read(keyOf(id))).toBeUndefined()
    expect(session.id).not.toBe(id)
    expect(session.all()).toEqual({})
    expect([session.getFlash('status'), session.getFlash('more'), session.userId, session.metadata.get('device')]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ])
    expect([session.isNew, session.isStarted]).toEqual([true, true])
    await session.save()
    expect(shop.driver.methods).toEqual(['acquire', 'destroy'])
    await shop.idle()
  })

  it('S-071: the token is a fresh one', async () => {
    const shop = openShop()
    const session = await shop.sessions.start(await shop.stored())
    const token = session.token()
    await session.invalidate()
    expect(session.token()).toMatch(/^[0-9a-f]{80}$/)
    expect(session.token()).not.toBe(token)
  })

  it('S-072: new data can be set and is stored under the new id', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const session = await shop.sessions.start(id)
    await session.invalidate()
    session.flash('status', 'Logged out')
    await session.save()
    const next = await shop.sessions.start(session.id)
    expect([next.getFlash('status'), next.get('n')]).toEqual(['Logged out', undefined])
    await next.release()
    expect(await shop.peek(id)).toBeUndefined()
    await shop.idle()
  })

  it('what this request knows of its client stays', async () => {
    const shop = openShop()
    const open = await shop.sessions.open({ ipAddress: '192.0.2.7', userAgent: 'Browser' })
    await open.session.invalidate()
    expect([open.session.ipAddress, open.session.userAgent]).toEqual(['192.0.2.7', 'Browser'])
  })

  it('twice in one request is as good as once', async () => {
    const shop = openShop()
    const session = await shop.sessions.start(await shop.stored())
    await session.invalidate()
    const { id } = session
    await session.invalidate()
    expect(session.id).not.toBe(id)
    session.set('n', 7)
    await session.save()
    expect(await shop.peek(session.id)).toMatchObject({ n: 7 })
    await shop.idle()
  })
})

describe('destroy', () => {
  it('S-073: the session is gone before it resolves, has no id, and takes nothing more', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const session = await shop.sessions.start(id)
    session.set('n', 5)
    await session.destroy()
    expect(await shop.memory.read(keyOf(id))).toBeUndefined()
    expect([session.id, session.isStarted, session.get('n')]).toEqual(['', false, undefined])
    expect(() => session.set('n', 1)).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CLOSED' }))
    for (const act of [session.regenerate(), session.invalidate(), session.destroy()]) {
      expect(await codeOf(act)).toBe('ERR_SESSION_CLOSED')
    }
    await session.save()
    await session.release()
    expect(shop.driver.methods).toEqual(['acquire', 'destroy'])
    await shop.idle()
  })

  it('a destroyed session can be started again, as a new one', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const session = await shop.sessions.start(id)
    await session.destroy()
    await session.start()
    expect([session.isNew, session.isStarted]).toEqual([true, true])
    expect(session.id).not.toBe(id)
    session.set('n', 1)
    await session.save()
    expect(await shop.peek(session.id)).toMatchObject({ n: 1 })
    await shop.idle()
  })

  it('when the store fails, it throws and the session is as before', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const session = await shop.sessions.start(id)
    shop.driver.failNext('destroy', undefined, 3)
    expect(await codeOf(session.destroy())).toBe('ERR_SESSION_DRIVER_FAILED')
    expect([session.id, session.isStarted, session.get('n')]).toEqual([id, true, 0])
    await session.release()
    await shop.idle()
  })

  it('a failure that passes is tried again', async () => {
    const shop = openShop()
    const session = await shop.sessions.start(await shop.stored())
    shop.driver.failNext('destroy', undefined, 2)
    await session.destroy()
    expect(session.isStarted).toBe(false)
    await shop.idle()
  })
})
