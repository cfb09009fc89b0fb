import { describe, expect, it, onTestFinished } from 'vitest'
import { passportSession } from '../../../src/adapters/passport.ts'
import { MemoryDriver } from '../../../src/drivers/memory.ts'
import { SessionManager } from '../../../src/index.ts'
import type { Concurrency, Session } from '../../../src/index.ts'
import { testSession } from '../../../src/testing/index.ts'
import { ask, serveHeld } from '../node/support.ts'

/** A session as `express-session` has it. */
interface Loose {
  [name: string]: unknown
  passport?: { user?: unknown; more?: unknown } | undefined
  messages?: string[]
  regenerate(done: (error?: unknown) => void): void
  save(done: (error?: unknown) => void): void
  destroy(done: (error?: unknown) => void): void
}

interface Visit {
  /** The session that the request has now. */
  readonly session: () => Loose
}

function newManager(concurrency: Concurrency): SessionManager {
  const sessions = new SessionManager({ driver: new MemoryDriver({ acknowledged: true }), concurrency, cookie: { secure: 'auto' } })
  onTestFinished(() => sessions.close({ waitSeconds: 0 }))
  return sessions
}

/** Serves one visit after the other, each with what it does to its session. */
async function visitor(sessions: SessionManager): Promise<(visit: (visit: Visit) => unknown) => Promise<unknown>> {
  let cookie = ''
  let act: (visit: Visit) => unknown = () => undefined
  const middleware = passportSession()
  const served = await serveHeld(sessions, async (request, response) => {
    await new Promise<void>((resolve, reject) =>
      middleware(request, response, (error) => (error === undefined ? resolve() : reject(error))),
    )
    const result = await act({ session: () => request.session as unknown as Loose })
    response.end(JSON.stringify({ result }))
  })
  return async (visit) => {
    act = visit
    const { status, headers, body } = await ask(served, '/', cookie === '' ? {} : { headers: { cookie } })
    cookie = headers['set-cookie']?.[0]?.split(';')[0] ?? cookie
    if (status !== 200) throw new Error(body)
    return JSON.parse(body).result
  }
}

const called = (method: (done: (error?: unknown) => void) => void): Promise<unknown> => new Promise((resolve) => method(resolve))

for (const concurrency of ['exclusive', 'merge'] as const) {
  describe(`a session that is ${concurrency}, as Passport sees it`, () => {
    it('has its attributes as properties, which can be set, changed in place and removed', async () => {
      const visit = await visitor(newManager(concurrency))
      await visit(({ session }) => {
        const now = session()
        now['a'] = { list: [1], deep: { er: 1 } }
        now['b'] = 2
        now.messages = now.messages ?? []
        now.messages.push('one')
        now.passport = {}
        now.passport.user = { id: 7 }
      })
      await visit(({ session }) => {
        const now = session()
        const a = now['a'] as { list: unknown[]; deep: Record<string, unknown>; 'dotted.key'?: number }
        a.list.push(2, 3)
        a.list[0] = 'first'
        a.deep['er'] = 2
        a['dotted.key'] = 4
        delete a.deep['none']
        delete now['b']
        now.messages?.push('two', 'three')
        now.messages?.splice(0, 1)
        now.passport = { ...now.passport, more: [1] }
      })
      expect(await visit(({ session }) => ({ ...session() }))).toEqual({
        a: { list: ['first', 2, 3], deep: { er: 2 }, 'dotted.key': 4 },
        messages: ['two', 'three'],
        passport: { user: { id: 7 }, more: [1] },
      })
      expect(
        await visit(({ session }) => [
          Object.keys(session()),
          'a' in session(),
          'b' in session(),
          JSON.parse(JSON.stringify(session()))['messages'],
        ]),
      ).toEqual([['a', 'messages', 'passport'], true, false, ['two', 'three']])
    })

    it('is the user’s as long as passport.user says so', async () => {
      const visit = await visitor(newManager(concurrency))
      const owners = await visit(({ session }) => {
        const seen: unknown[] = []
        const note = (): number => seen.push(session()['userId'])
        session().passport = { user: 7 }
        note()
        const { passport } = session()
        if (passport !== undefined) passport.user = 'ada'
        note()
        session().passport = { user: { id: 9, name: 'bob' } }
        note()
        delete session().passport?.user
        note()
        session().passport = { user: { email: 'no id' } }
        note()
        session().passport = { user: 7 }
        delete session().passport
        note()
        return seen.map((one) => one ?? null)
      })
      expect(owners).toEqual(['7', 'ada', '9', null, null, null])
    })

    it('shows in the old object what was there before regenerate, and refuses to change it', async () => {
      const visit = await visitor(newManager(concurrency))
      await visit(({ session }) => {
        session()['cart'] = [1]
        session().passport = { user: 7 }
      })
      const result = await visit(async ({ session }) => {
        const old = session()
        const id = old['id']
        const error = await called((done) => old.regenerate(done))
        let refusal = ''
        try {
          old['cart'] = []
        } catch (thrown) {
          refusal = String(thrown)
        }
        const now = session()
        return [
          error ?? null,
          old['cart'],
          now['cart'] ?? null,
          now['userId'] ?? null,
          now['id'] === id,
          Object.keys(now),
          Object.keys(old),
          refusal,
        ]
      })
      expect(result).toEqual([
        null,
        [1],
        null,
        null,
        false,
        [],
        ['cart', 'passport'],
        expect.stringContaining('is from before the session got a new id'),
      ])
    })

    it('keeps the promises of its own, and answers by callbacks too', async () => {
      const sessions = newManager(concurrency)
      const visit = await visitor(sessions)
      expect(
        await visit(async ({ session }) => {
          session()['n'] = 1
          const saved = await called((done) => session().save(done))
          const regenerate = session()['regenerate'] as unknown as (options: object) => Promise<void>
          await regenerate({ destroy: true })
          return [saved ?? null, session()['n']]
        }),
      ).toEqual([null, 1])
      expect(await visit(async ({ session }) => [session()['n'], (await called((done) => session().destroy(done))) ?? null])).toEqual([
        1,
        null,
      ])
      expect((await sessions.list()).sessions.filter(({ userId }) => userId !== undefined)).toHaveLength(0)
      expect(await visit(({ session }) => session()['n'] ?? null)).toBeNull()
    })
  })
}

describe('a session as Passport sees it', () => {
  it('says what an attribute cannot be called', async () => {
    const visit = await visitor(newManager('exclusive'))
    const refusals = await visit(({ session }) =>
      ['flash', 'id', 'save'].map((name) => {
        try {
          session()[name] = 1
          return 'taken'
        } catch (error) {
          return String(error)
        }
      }),
    )
    for (const refusal of refusals as string[]) expect(refusal).toContain('is a part of the session itself, and no attribute')
  })

  it('hands a failure to the callback', async () => {
    const visit = await visitor(newManager('readonly'))
    expect(await visit(async ({ session }) => Reflect.get(Object(await called((done) => session().regenerate(done))), 'code'))).toBe(
      'ERR_SESSION_READONLY',
    )
  })

  it('is the user’s also where a dotted name says who that is', async () => {
    const visit = await visitor(newManager('exclusive'))
    const owners = await visit(({ session }) => {
      session()['passport.user'] = 7
      const owner = session()['userId']
      delete session()['passport.user']
      return [owner, session()['userId'] ?? null]
    })
    expect(owners).toEqual(['7', null])
  })

  it('is changed by no method of one that is from before a new id', async () => {
    const visit = await visitor(newManager('exclusive'))
    const result = await visit(async ({ session }) => {
      const old = session()
      await called((done) => old.regenerate(done))
      const refusals = ['set', 'forget', 'pull', 'clear'].map((name) => {
        try {
          return Reflect.apply(Object(old[name]), old, ['a', 1])
        } catch (error) {
          return String(error)
        }
      })
      return [refusals, session()['a'] ?? null]
    })
    expect(result).toEqual([Array.from({ length: 4 }, () => expect.stringContaining('is from before the session got a new id')), null])
  })

  it('lets Passport take out a user when it takes no writes any more', async () => {
    const visit = await visitor(newManager('exclusive'))
    await visit(({ session }) => void (session().passport = { user: 7 }))
    await visit(async ({ session }) => {
      await Reflect.apply(Object(session()['release']), session(), [])
      delete session().passport?.user
    })
    expect(await visit(({ session }) => session().passport)).toEqual({ user: 7 })
  })

  it('shows no token, and takes no prototype', async () => {
    const visit = await visitor(newManager('exclusive'))
    const keys = await visit(({ session }) => {
      Reflect.apply(Object(session()['token']), session(), [])
      session()['a'] = 1
      return [Object.keys(session()), Object.getPrototypeOf(Object.prototype)]
    })
    expect(keys).toEqual([['a'], null])
  })
})

describe('passportSession', () => {
  it('refuses options that are unknown or cannot work, by name', () => {
    const bad: [object, string][] = [
      [{ userid: 1 }, "'userid': is not known. Did you mean 'userId'?"],
      [{ userId: 'id' }, "'userId': must be a function"],
      [{ key: 'id' }, "'key': must be a word that is no part of a session"],
      [{ key: 'a.b' }, "'key': must be a word"],
    ]
    for (const [options, message] of bad) expect(() => passportSession(options), message).toThrow(message)
  })

  it('lets a request pass that session() was told to leave out', async () => {
    const passed: unknown[] = []
    const served = await serveHeld(
      newManager('exclusive'),
      (request, response) => {
        passportSession()(request, response, (error) => {
          passed.push(error)
          response.end()
        })
      },
      { except: ['/health'] },
    )
    await ask(served, '/health')
    expect(passed).toEqual([undefined])
  })

  it('says where to mount it, and does nothing when it is mounted twice', async () => {
    const errors: unknown[] = []
    const bare = await serveHeld(newManager('exclusive'), (request, response) => {
      Reflect.deleteProperty(request, 'session')
      passportSession()(request, response, (error) => {
        errors.push(error)
        response.end()
      })
    })
    await ask(bare)
    expect(String(errors[0])).toContain("'passportSession': there is no session in this request. Mount it behind session().")
    const session = testSession()
    const request = { session }
    const mount = (): Session => {
      Reflect.apply(passportSession(), undefined, [request, {}, () => undefined])
      return request.session
    }
    const first = mount()
    expect(first).not.toBe(session)
    expect(mount()).toBe(first)
  })
})
