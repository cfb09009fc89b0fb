import { describe, expect, it } from 'vitest'
import { codeOf, keyOf, openShop } from '../manager/support/shop.ts'
import { requests } from './support.ts'

describe('what only the seed’s guide or code says', () => {
  it('S-440: a session is started before it is used', async () => {
    const session = openShop().sessions.create()
    expect(() => session.set('a', 1)).toThrow('Await start() first.')
    await session.start()
    session.set('a', 1)
    expect(session.get('a')).toBe(1)
  })

  it('S-441: data stays until it is deleted or the session ends', async () => {
    const shop = openShop()
    const id = await requests(shop, (session) => session.set('a', 1))
    for (let days = 0; days < 3; days++) {
      shop.clock.advance(3_600_000)
      expect(await shop.sessions.run(id, (session) => session.get('a'))).toBe(1)
    }
    await shop.sessions.run(id, (session) => session.forget('a'))
    expect(await shop.sessions.run(id, (session) => session.get('a'))).toBeUndefined()
  })

  it('S-442: setUserId links the session to a user, whose sessions can be listed and ended', async () => {
    const { sessions, memory } = openShop()
    const session = await sessions.start()
    session.setUserId(42)
    await session.save()
    expect((await memory.list({ userId: '42' })).sessions).toHaveLength(1)
    expect(await memory.revokeUser('42')).toBe(1)
    expect(await sessions.run(session.id, (next) => next.userId)).toBeUndefined()
  })

  it('S-443 S-444 S-445: the complete flow: start, log in under a new id and token, save, and log out under another', async () => {
    const { sessions, idle } = openShop()
    const visitor = await sessions.start()
    visitor.set('cart.items', ['book'])
    const token = visitor.token()
    await visitor.save()

    const login = await sessions.start(visitor.id)
    await login.regenerate({ destroy: true })
    login.setUserId(7)
    login.flash('status', 'Welcome back!')
    await login.save()
    expect(login.id).not.toBe(visitor.id)

    const page = await sessions.start(login.id)
    expect([page.userId, page.get('cart.items'), page.getFlash('status')]).toEqual(['7', ['book'], 'Welcome back!'])
    expect(page.token()).not.toBe(token)
    await page.invalidate()
    expect([page.userId, page.get('cart.items')]).toEqual([undefined, undefined])
    await page.save()
    expect(await sessions.run(login.id, (next) => next.isNew)).toBe(true)
    await idle()
  })

  it('S-449 S-050: what cannot be restored costs the visitor the session, and the store nothing', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const broken = shop.another({
      serializer: {
        prepare: () => '{}',
        restore: () => {
          throw new Error('wrong key')
        },
      },
    })
    expect(await broken.run(id, (session) => session.id)).not.toBe(id)
    expect(await shop.peek(id)).toMatchObject({ n: 0 })
  })

  it('S-051 S-052: data or flash texts that are no such thing are not read as empty ones, and stay as they are', async () => {
    for (const damage of [{ payload: '[1]' }, { payload: 'null' }, { flash: 'false' }, { flash: '' }]) {
      const shop = openShop()
      const id = await shop.stored()
      const found = await shop.driver.read(keyOf(id))
      if (found?.kind !== 'record') throw new Error('it was stored')
      const { version, createdAt, authenticatedAt, regeneratedAt, ...kept } = found.record
      const durations = { idleMs: 3_600_000, absoluteMs: undefined }
      await shop.driver.update(
        keyOf(id),
        { ...kept, createdAt, authenticatedAt, regeneratedAt, durations, writeToken: 'b'.repeat(32), ...damage },
        version,
      )
      expect(await shop.sessions.run(id, (session) => session.id)).not.toBe(id)
      expect(await shop.driver.read(keyOf(id))).toMatchObject({ record: damage })
    }
  })

  it('S-451: a client without cookies leaves no session behind, however often it comes', async () => {
    const { sessions, memory, driver } = openShop()
    for (let visits = 0; visits < 20; visits++) {
      await sessions.run(undefined, (session) => [session.get('a', 1), session.has('b'), session.getFlash('status')])
    }
    expect((await memory.list()).sessions).toEqual([])
    expect(driver.calls).toEqual([])
  })

  it('S-452: requests of one process that run at the same time know nothing of each other', async () => {
    const { sessions } = openShop()
    const users = Array.from({ length: 10 }, (_, index) => String(index))
    const seen = await Promise.all(
      users.map((user) =>
        sessions.run(undefined, async (session) => {
          session.setUserId(user)
          await new Promise((resolve) => setImmediate(resolve))
          return session.userId
        }),
      ),
    )
    expect(seen).toEqual(users)
  })

  it('S-453: a lock whose process has died ends by itself', async () => {
    const shop = openShop({ lock: { waitSeconds: 0, leaseSeconds: 10 } })
    const id = await shop.stored()
    const key = (await shop.memory.list()).sessions[0]?.key
    if (key === undefined) throw new Error('nothing was stored')
    await shop.memory.acquire(key, { token: 'd'.repeat(32), leaseMs: 10_000 })
    expect(await codeOf(shop.sessions.start(id))).toBe('ERR_SESSION_LOCK_TIMEOUT')
    shop.clock.advance(10_000)
    expect(await shop.sessions.run(id, (session) => session.get('n'))).toBe(0)
  })

  it('S-454: _token is reserved; other keys that the seed’s packages use are ordinary', async () => {
    const session = await openShop().sessions.start()
    for (const key of ['_ml_auth_id', '_ml_auth_ver', '_ml_remember', '_attributes', '_flash']) {
      session.set(key, 1)
      expect(session.get(key)).toBe(1)
    }
    expect(() => session.set('_token', 'x')).toThrow("the key '_token' is reserved")
  })
})
