import express from 'express'
import type { RequestHandler } from 'express'
import { describe, expect, it, onTestFinished } from 'vitest'
import { session } from '../../../src/adapters/express.ts'
import { passportSession } from '../../../src/adapters/passport.ts'
import type { PassportOptions } from '../../../src/adapters/passport.ts'
import { MemoryDriver } from '../../../src/drivers/memory.ts'
import { SessionManager } from '../../../src/index.ts'
import type { Concurrency } from '../../../src/index.ts'
import { testClient } from '../../../src/testing/index.ts'
import type { TestClient } from '../../../src/testing/index.ts'
import { gate } from '../../interop/express-session-app.ts'
import { form, nameOf, passportHouse } from './users.ts'
import type { House } from './users.ts'

interface World extends House {
  readonly sessions: SessionManager
  readonly client: TestClient
  readonly newClient: () => TestClient
}

interface WorldOptions extends PassportOptions {
  readonly concurrency?: Concurrency
  readonly login?: object
  readonly routes?: Readonly<Record<string, RequestHandler>>
}

/** An application on Express and Passport as its users write it. */
function world({ concurrency = 'exclusive', login = {}, routes = {}, ...options }: WorldOptions = {}): World {
  const house = passportHouse()
  const { passport } = house
  const driver = new MemoryDriver({ acknowledged: true })
  const sessions = new SessionManager({ driver, concurrency, cookie: { secure: 'auto' } })
  const app = express()
  app.set('env', 'test')
  app.use(express.urlencoded())
  app.use(session(sessions, { concurrency: (req) => (req.path === '/poll' ? 'readonly' : undefined) }))
  app.use(passportSession(options))
  app.use(passport.session())
  app.post('/login', passport.authenticate('local', { successRedirect: '/', failureRedirect: '/login', ...login }))
  app.post('/logout', (req, res, next) => {
    req.logout((error) => (error === undefined ? res.redirect('/') : next(error)))
  })
  const who: RequestHandler = (req, res) => void res.json({ user: nameOf(req.user), is: req.isAuthenticated(), all: req.session.all() })
  app.get('/', who).get('/poll', who)
  for (const [path, handler] of Object.entries(routes)) app.use(path, handler)
  const newClient = (): TestClient => {
    const client = testClient(app)
    onTestFinished(() => client.close())
    return client
  }
  onTestFinished(() => sessions.close({ waitSeconds: 0 }))
  return Object.assign(house, { sessions, client: newClient(), newClient })
}

async function json(response: Promise<Response>): Promise<{ user: string; is: boolean; all: Record<string, unknown> }> {
  return (await response).json()
}

const cookieOf = (response: Response): string => response.headers.get('set-cookie')?.split(';')[0] ?? ''

for (const concurrency of ['exclusive', 'merge'] as const) {
  describe(`Passport on Express with sessions that are ${concurrency}`, () => {
    it('logs in and out', async () => {
      const { client } = world({ concurrency })
      expect((await json(client.get('/'))).user).toBe('nobody')
      expect((await client.post('/login', form('ada'))).headers.get('location')).toBe('/')
      expect(await json(client.get('/'))).toMatchObject({ user: 'ada', is: true, all: { passport: { user: 7 } } })
      expect((await client.post('/logout')).headers.get('location')).toBe('/')
      expect(await json(client.get('/'))).toMatchObject({ user: 'nobody', is: false })
    })

    it('makes the session the user’s, so that it can be listed and revoked', async () => {
      const { client, sessions } = world({ concurrency })
      await client.post('/login', form('ada'))
      expect((await sessions.list({ userId: 7 })).sessions).toHaveLength(1)
      await client.post('/logout')
      expect((await sessions.list({ userId: 7 })).sessions).toHaveLength(0)
      await client.post('/login', form('ada'))
      expect(await sessions.revokeUser(7)).toBe(1)
      expect((await json(client.get('/'))).user).toBe('nobody')
    })

    it('changes the id at the login and at the logout, and the old ones open nothing', async () => {
      const { client } = world({ concurrency, routes: { '/visit': (req, res) => void res.send(String(req.session.increment('visits'))) } })
      const before = cookieOf(await client.get('/visit'))
      const within = cookieOf(await client.post('/login', form('ada')))
      const opened = async (cookie: string): Promise<unknown> => {
        const response = await client.get('/', { headers: { cookie } })
        const { user, all }: { user: string; all: object } = await response.json()
        return [user, Object.keys(all), response.headers.get('set-cookie')]
      }
      const nothing = ['nobody', [], null]
      expect(await opened(before)).toEqual(nothing)
      const after = cookieOf(await client.post('/logout'))
      expect([await opened(before), await opened(within)]).toEqual([nothing, nothing])
      expect(new Set([before, within, after]).size).toBe(3)
    })

    it('drops what the session held before a login, and keeps it with keepSessionInfo', async () => {
      const visit: RequestHandler = (req, res) => {
        Reflect.set(req.session, 'cart', { items: [1] })
        res.send('ok')
      }
      const dropping = world({ concurrency, routes: { '/visit': visit } })
      await dropping.client.get('/visit')
      await dropping.client.post('/login', form('ada'))
      expect((await json(dropping.client.get('/'))).all['cart']).toBeUndefined()
      const keeping = world({ concurrency, routes: { '/visit': visit }, login: { keepSessionInfo: true } })
      await keeping.client.get('/visit')
      await keeping.client.post('/login', form('ada'))
      expect(await json(keeping.client.get('/'))).toMatchObject({ user: 'ada', all: { cart: { items: [1] } } })
    })

    it('collects the messages of failed logins', async () => {
      const { client } = world({ concurrency, login: { failureMessage: true } })
      expect((await client.post('/login', { form: { username: 'ada', password: 'x' } })).headers.get('location')).toBe('/login')
      await client.post('/login', { form: { username: 'ada', password: 'y' } })
      expect((await json(client.get('/'))).all['messages']).toEqual(['wrong name or password', 'wrong name or password'])
    })

    it('returns to where the visitor wanted to go', async () => {
      const wish: RequestHandler = (req, res) => {
        Reflect.set(req.session, 'returnTo', '/wish')
        res.redirect('/login')
      }
      const { client } = world({ concurrency, routes: { '/wish': wish }, login: { successReturnToOrRedirect: '/', keepSessionInfo: true } })
      await client.get('/wish')
      expect((await client.post('/login', form('ada'))).headers.get('location')).toBe('/wish')
      expect((await json(client.get('/'))).all['returnTo']).toBeUndefined()
    })

    it('takes the user out of the session who is no more, and whose it is', async () => {
      const { client, deleted, sessions } = world({ concurrency })
      await client.post('/login', form('ada'))
      deleted.add(7)
      expect((await json(client.get('/poll'))).user).toBe('nobody')
      expect((await sessions.list({ userId: 7 })).sessions).toHaveLength(1)
      expect((await json(client.get('/'))).user).toBe('nobody')
      expect((await sessions.list({ userId: 7 })).sessions).toHaveLength(0)
      deleted.clear()
      expect((await json(client.get('/'))).user).toBe('nobody')
    })

    it('does not bring a login back by a request that still ran when it was ended', async () => {
      const { whenOpen: whenReading, open: reading } = gate()
      const { whenOpen: whenOut, open: out } = gate()
      const slow: RequestHandler = async (req, res) => {
        // Without the lock it runs beside the logout, and what it sets comes too late.
        if (req.session.mode === 'exclusive') await req.session.release()
        reading()
        await whenOut
        if (req.session.mode === 'merge') req.session.set('late', true)
        res.send(nameOf(req.user))
      }
      const { client, sessions } = world({ concurrency, routes: { '/slow': slow } })
      await client.post('/login', form('ada'))
      const late = client.get('/slow')
      await whenReading
      await client.post('/logout')
      out()
      expect(await (await late).text()).toBe('ada')
      expect((await json(client.get('/'))).user).toBe('nobody')
      expect((await sessions.list({ userId: 7 })).sessions).toHaveLength(0)
    })
  })
}

describe('Passport on Express', () => {
  it('lets two parallel logins of one visitor each become a session of its own, without an error', async () => {
    const { client, sessions, newClient } = world({
      routes: { '/visit': (req, res) => void res.send(String(req.session.increment('visits'))) },
    })
    const cookie = cookieOf(await client.get('/visit'))
    const answers = await Promise.all([
      newClient().post('/login', { ...form('ada'), headers: { cookie } }),
      newClient().post('/login', { ...form('bob'), headers: { cookie } }),
    ])
    expect(answers.map(({ status }) => status)).toEqual([302, 302])
    const [ada, bob] = answers.map(cookieOf)
    expect((await json(client.get('/', { headers: { cookie: ada ?? '' } }))).user).toBe('ada')
    expect((await json(client.get('/', { headers: { cookie: bob ?? '' } }))).user).toBe('bob')
    expect((await sessions.list()).sessions.filter(({ userId }) => userId !== undefined)).toHaveLength(2)
  })

  it('answers a second login with the cookie from before the first, and what it has to say of that is not kept', async () => {
    const login = { failureFlash: true, failureMessage: true, successFlash: true, successMessage: true }
    const visit: RequestHandler = (req, res) => void res.send(String(req.session.increment('visits')))
    const { client, newClient } = world({ login, routes: { '/visit': visit } })
    const headers = { cookie: cookieOf(await client.get('/visit')) }
    await client.post('/login', { ...form('ada'), headers })
    const wrong = await newClient().post('/login', { form: { username: 'ada', password: 'x' }, headers })
    expect([wrong.status, wrong.headers.get('location'), wrong.headers.get('set-cookie')]).toEqual([302, '/login', null])
    const right = await newClient().post('/login', { ...form('bob'), headers })
    expect([right.status, right.headers.get('location')]).toEqual([302, '/'])
    expect((await json(client.get('/', { headers: { cookie: cookieOf(right) } }))).user).toBe('bob')
  })

  it('goes on with a message and a user that the session does not take any more, and hears of it when it saves', async () => {
    const late: RequestHandler = async (req, res) => {
      await req.session.release()
      const { session: ended } = req
      // As Passport does it, in callbacks.
      Reflect.set(ended, 'messages', Reflect.get(ended, 'messages') ?? [])
      Reflect.apply(Array.prototype.push, Reflect.get(ended, 'messages'), ['too late'])
      Reflect.set(ended, 'passport', {})
      Reflect.set(Object(Reflect.get(ended, 'passport')), 'user', 7)
      const saved: unknown = await new Promise((resolve) => void Reflect.apply(Object(Reflect.get(ended, 'save')), ended, [resolve]))
      res.json({ code: Reflect.get(Object(saved), 'code'), all: [Reflect.get(ended, 'messages'), Reflect.get(ended, 'passport')] })
    }
    const { client } = world({ login: { failureMessage: true }, routes: { '/late': late } })
    await client.post('/login', { form: { username: 'ada', password: 'x' } })
    expect(await (await client.get('/late')).json()).toEqual({
      code: 'ERR_SESSION_CLOSED',
      all: [['wrong name or password', 'too late'], { user: 7 }],
    })
    expect(await json(client.get('/'))).toMatchObject({ user: 'nobody', all: { messages: ['wrong name or password'] } })
  })

  it('hands an error of deserializeUser to the application, and gives the lock back', async () => {
    const made = world()
    await made.client.post('/login', form('ada'))
    made.failure = new Error('the users are away')
    expect((await made.client.get('/')).status).toBe(500)
    made.failure = undefined
    expect((await json(made.client.get('/'))).user).toBe('ada')
  })

  it('logs one user out and the next one in', async () => {
    const { client, sessions } = world({ login: { keepSessionInfo: true } })
    await client.post('/login', form('ada'))
    await client.post('/login', form('bob'))
    expect((await json(client.get('/'))).user).toBe('bob')
    expect((await sessions.list()).sessions.map(({ userId }) => userId)).toEqual(['8'])
  })

  it('asks whose session it is where the application says how', async () => {
    const { client, sessions } = world({ userId: (user) => `user-${String(user)}` })
    await client.post('/login', form('ada'))
    expect((await sessions.list({ userId: 'user-7' })).sessions).toHaveLength(1)
  })

  it('hands an id that can be no user’s to the application, also where the user is serialized later', async () => {
    const { client, passport, sessions } = world({ userId: () => 'x'.repeat(300) })
    const thrown: unknown[] = []
    Reflect.set(passport, '_serializers', [])
    passport.serializeUser((user, done) => {
      setImmediate(() => {
        try {
          done(null, Reflect.get(user, 'id'))
        } catch (error) {
          // Nobody would catch it here: it would end the process.
          thrown.push(error)
          done(error)
        }
      })
    })
    expect((await client.post('/login', form('ada'))).status).toBe(500)
    expect(thrown).toEqual([])
    expect(await json(client.get('/'))).toMatchObject({ user: 'nobody', is: false })
    expect((await sessions.list()).sessions.map(({ userId }) => userId)).not.toContain('7')
  })

  it('keeps messages for failureFlash until they were shown', async () => {
    const flash: RequestHandler = (req, res) => {
      const read: unknown = Reflect.get(req, 'flash')
      res.json(Reflect.apply(Object(read), req, ['error']))
    }
    const { client } = world({ login: { failureFlash: true }, routes: { '/flash': flash } })
    await client.post('/login', { form: { username: 'ada', password: 'x' } })
    expect(await (await client.get('/flash')).json()).toEqual(['wrong name or password'])
    expect(await (await client.get('/flash')).json()).toEqual([])
  })

  it('answers 401 where no redirect was asked for', async () => {
    const { client } = world({ login: { failureRedirect: undefined } })
    expect((await client.post('/login', { form: { username: 'ada', password: 'x' } })).status).toBe(401)
  })

  it('logs in by hand', async () => {
    const byHand: RequestHandler = (req, res, next) => {
      req.login({ id: 7, name: 'ada' }, (error) => {
        if (error === undefined) res.send('in')
        else next(error)
      })
    }
    const { client } = world({ routes: { '/by-hand': byHand } })
    expect(await (await client.get('/by-hand')).text()).toBe('in')
    expect((await json(client.get('/'))).user).toBe('ada')
  })
})
