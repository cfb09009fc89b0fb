import { isSession } from 'react-router'
import type { Session as RouterSession, SessionStorage } from 'react-router'
import { describe, expect, it } from 'vitest'
import { sessionStorageOf } from '../../../src/adapters/react-router.ts'
import { MemoryDriver } from '../../../src/drivers/memory.ts'
import { SessionManager } from '../../../src/manager/session-manager.ts'

interface Data {
  count: number
  theme: string
  cart: string[]
  userId: string | number
}

interface World {
  readonly storage: SessionStorage<Data, { notice: string }>
  readonly driver: MemoryDriver
  readonly sessions: SessionManager<Data>
  /** Runs a loader of an application, and commits. */
  readonly visit: (use: (session: RouterSession<Data, { notice: string }>) => void) => Promise<string>
  /** The cookie that the browser has. */
  cookie: string | undefined
}

function world(options: { readonly lock?: { readonly waitSeconds: number } } = {}): World {
  const driver = new MemoryDriver({ acknowledged: true })
  const sessions = new SessionManager<Data>({ driver, ...options })
  const storage = sessionStorageOf<Data, { notice: string }>(sessions, { userKey: 'userId' })
  const made: World = {
    storage,
    driver,
    sessions,
    cookie: undefined,
    async visit(use) {
      const session = await storage.getSession(made.cookie)
      use(session)
      const line = await storage.commitSession(session)
      if (line !== '') made.cookie = line.split(';', 1)[0]
      return line
    },
  }
  return made
}

/** A storage for data of any kind. */
function looseStorage(driver = new MemoryDriver({ acknowledged: true })): SessionStorage<Record<string, unknown>> {
  return sessionStorageOf(new SessionManager({ driver }), { userKey: 'userId' })
}

const code = (expected: string): Error => expect.objectContaining({ code: expected })

describe('the SessionStorage for React Router', () => {
  it('gives sessions of the shape that React Router knows, and what was committed to the next request', async () => {
    const { storage } = world()
    const first = await storage.getSession()
    expect([isSession(first), first.id, first.data, first.has('count'), first.get('count')]).toEqual([true, '', {}, false, undefined])
    first.set('count', 1)
    expect([first.has('count'), first.get('count'), first.data]).toEqual([true, 1, { count: 1 }])
    const line = await storage.commitSession(first)
    expect(line).toMatch(/^__Host-ml_session=[0-9a-f]{40}; Path=\/; /)
    const second = await storage.getSession(`a=1; ${line.split(';', 1)[0]}; b=2`)
    expect(second.data).toEqual({ count: 1 })
    second.unset('count')
    expect(second.has('count')).toBe(false)
  })

  it('keeps what is under a name with dots, and tells by it what was changed', async () => {
    const oauth = sessionStorageOf<{ 'oauth.state': string }>(new SessionManager({ driver: new MemoryDriver({ acknowledged: true }) }))
    const first = await oauth.getSession()
    first.set('oauth.state', 'xyz')
    const cookie = (await oauth.commitSession(first)).split(';', 1)[0]
    const [one, other] = await Promise.all([oauth.getSession(cookie), oauth.getSession(cookie)])
    one.set('oauth.state', `${one.get('oauth.state')}1`)
    other.set('oauth.state', `${other.get('oauth.state')}2`)
    await oauth.commitSession(one)
    await expect(oauth.commitSession(other)).rejects.toEqual(code('ERR_SESSION_CONFLICT'))
    expect((await oauth.getSession(cookie)).get('oauth.state')).toBe('xyz1')
    const loose = await looseStorage().getSession()
    expect(() => loose.set('__proto__', 1)).toThrow(code('ERR_SESSION_INVALID_ARGUMENT'))
  })

  it('shows a flashed value until it is read and that is committed', async () => {
    const { visit, storage } = world()
    const cookie = (await visit((session) => session.flash('notice', 'Saved.'))).split(';', 1)[0]
    const unread = await storage.getSession(cookie)
    expect([unread.has('notice'), unread.get('notice'), unread.get('notice')]).toEqual([true, 'Saved.', undefined])
    const read = await storage.getSession(cookie)
    expect(read.get('notice')).toBe('Saved.')
    await storage.commitSession(read)
    expect((await storage.getSession(cookie)).get('notice')).toBeUndefined()
  })

  it('takes no lock to read: a loader that never commits keeps nobody waiting', async () => {
    const app = world({ lock: { waitSeconds: 0 } })
    await app.visit((session) => session.set('count', 1))
    await Promise.all(Array.from({ length: 10 }, () => app.storage.getSession(app.cookie)))
    await app.visit((session) => session.set('count', 2))
    const id = app.cookie?.split('=', 2)[1]
    expect(await app.sessions.run(id, (session) => session.get('count'))).toBe(2)
  })

  it('reads while another request holds the lock', async () => {
    const app = world({ lock: { waitSeconds: 0 } })
    await app.visit((session) => session.set('count', 1))
    await app.sessions.run(app.cookie?.split('=', 2)[1], async () => {
      expect((await app.storage.getSession(app.cookie)).get('count')).toBe(1)
    })
  })

  it('loses no update of twenty requests at once: what rests on what is no more true is refused, and can be done again', async () => {
    const app = world()
    await app.visit((session) => session.set('count', 0))
    let refused = 0
    const count = async (): Promise<void> => {
      const session = await app.storage.getSession(app.cookie)
      session.set('count', Number(session.get('count')) + 1)
      try {
        await app.storage.commitSession(session)
      } catch (error) {
        expect(error).toEqual(code('ERR_SESSION_CONFLICT'))
        refused += 1
        await count()
      }
    }
    await Promise.all(Array.from({ length: 20 }, count))
    expect((await app.storage.getSession(app.cookie)).data).toEqual({ count: 20 })
    expect(refused).toBeGreaterThan(0)
  })

  it('stores what was changed on what others have stored, also what was changed in place', async () => {
    const app = world()
    await app.visit((session) => session.set('cart', ['tea']))
    const [one, other] = await Promise.all([app.storage.getSession(app.cookie), app.storage.getSession(app.cookie)])
    one.get('cart')?.push('cake')
    other.set('theme', 'dark')
    await app.storage.commitSession(one)
    await app.storage.commitSession(other)
    expect((await app.storage.getSession(app.cookie)).data).toEqual({ cart: ['tea', 'cake'], theme: 'dark' })
  })

  it('lets the later of two win where neither looked at what was there', async () => {
    const app = world()
    await app.visit((session) => session.set('theme', 'light'))
    const [one, other] = await Promise.all([app.storage.getSession(app.cookie), app.storage.getSession(app.cookie)])
    one.set('theme', 'dark')
    other.set('theme', 'blue')
    await app.storage.commitSession(one)
    await app.storage.commitSession(other)
    expect((await app.storage.getSession(app.cookie)).get('theme')).toBe('blue')
  })

  it('can be committed again: what others stored between stays', async () => {
    const app = world()
    const session = await app.storage.getSession()
    session.set('count', 1)
    app.cookie = (await app.storage.commitSession(session)).split(';', 1)[0]
    await app.visit((another) => another.set('theme', 'dark'))
    session.set('count', 2)
    await app.storage.commitSession(session)
    expect((await app.storage.getSession(app.cookie)).data).toEqual({ count: 2, theme: 'dark' })
  })

  it('lets two requests at once show one flash message, and both commit', async () => {
    const app = world()
    await app.visit((session) => session.flash('notice', 'Saved.'))
    const both = await Promise.all([app.storage.getSession(app.cookie), app.storage.getSession(app.cookie)])
    expect(both.map((session) => session.get('notice'))).toEqual(['Saved.', 'Saved.'])
    await Promise.all(both.map((session) => app.storage.commitSession(session)))
    expect((await app.storage.getSession(app.cookie)).has('notice')).toBe(false)
  })

  it('is not brought back by a request that runs on behind its end', async () => {
    const app = world()
    await app.visit((session) => session.set('count', 1))
    const [late, logout] = await Promise.all([app.storage.getSession(app.cookie), app.storage.getSession(app.cookie)])
    expect(await app.storage.destroySession(logout)).toContain('Max-Age=0')
    late.set('count', 2)
    await expect(app.storage.commitSession(late)).rejects.toEqual(code('ERR_SESSION_GONE'))
    expect((await app.driver.list()).sessions).toEqual([])
    expect((await app.storage.getSession(app.cookie)).data).toEqual({})
  })

  it('gives a login a new id, refuses the old one, and knows whose session it is', async () => {
    const app = world()
    await app.visit((session) => session.set('theme', 'dark'))
    const before = app.cookie
    await app.visit((session) => session.set('userId', 7))
    expect(app.cookie).not.toBe(before)
    expect((await app.storage.getSession(before)).data).toEqual({})
    expect((await app.storage.getSession(app.cookie)).data).toEqual({ theme: 'dark', userId: 7 })
    expect((await app.sessions.list({ userId: 7 })).sessions).toHaveLength(1)
    await app.visit((session) => session.unset('userId'))
    expect((await app.sessions.list({ userId: 7 })).sessions).toEqual([])
  })

  it('has no secret for an id: its handle, by which it can be revoked', async () => {
    const app = world()
    await app.visit((session) => session.set('count', 1))
    const { id } = await app.storage.getSession(app.cookie)
    expect(app.cookie).not.toContain(id)
    expect(await app.sessions.revoke(id)).toBe(true)
  })

  it('leaves nothing of a visitor of whom nothing is kept, and gives a cookie only where one is due', async () => {
    const app = world()
    expect(await app.visit(() => undefined)).toBe('')
    expect((await app.driver.list()).sessions).toEqual([])
    expect(await app.visit((session) => session.set('count', 1))).toContain('__Host-ml_session=')
    expect(await app.visit((session) => session.set('count', 2))).toBe('')
  })

  it('takes no cookie from who has logged in meanwhile', async () => {
    const app = world()
    await app.visit((session) => session.set('count', 1))
    const slow = await app.storage.getSession(app.cookie)
    await app.visit((session) => session.set('userId', 7))
    expect(await app.storage.commitSession(slow)).toBe('')
  })

  it('has the browser keep the cookie for as long as it is told', async () => {
    const app = world()
    const session = await app.storage.getSession()
    session.set('userId', 7)
    expect(await app.storage.commitSession(session, { maxAge: 600 })).toContain('; Max-Age=600;')
  })

  it('says what it does not take', async () => {
    const { storage, sessions } = world()
    const session = await storage.getSession()
    await expect(storage.commitSession(session, { path: '/shop' })).rejects.toThrow("'path' is not taken")
    await expect(storage.destroySession(session, { domain: 'a.example' })).rejects.toThrow("'domain' is not taken")
    const stranger = await sessionStorageOf(sessions).getSession()
    await expect(storage.commitSession(stranger)).rejects.toEqual(code('ERR_SESSION_INVALID_ARGUMENT'))
    for (const options of [{ userkey: 'id' }, { userKey: '' }, { userKey: 7 }, { userKey: 'user.id' }]) {
      expect(() => Reflect.apply(sessionStorageOf, undefined, [sessions, options])).toThrow(
        expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }),
      )
    }
  })

  it('refuses a user that is neither a text nor a number, and stores nothing', async () => {
    const driver = new MemoryDriver({ acknowledged: true })
    const storage = looseStorage(driver)
    const session = await storage.getSession()
    session.set('userId', { id: 7 })
    await expect(storage.commitSession(session)).rejects.toEqual(code('ERR_SESSION_INVALID_ARGUMENT'))
    expect((await driver.list()).sessions).toEqual([])
  })
})
