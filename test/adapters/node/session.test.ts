import { describe, expect, it, vi } from 'vitest'
import { session } from '../../../src/adapters/node/session-middleware.ts'
import type { SessionOptions } from '../../../src/adapters/node/session-options.ts'
import { SessionError } from '../../../src/session/errors.ts'
import { COOKIE, FakeManager, failsLater, STORED, storesLater, storesWhenTold } from './fake-open-session.ts'
import { ask, serve, serveHeld } from './support.ts'

describe('the options of session()', () => {
  it('are refused by name when they are unknown or cannot work', () => {
    const bad: [object, string][] = [
      [{ exept: [] }, "'session.exept': is not known. Did you mean 'except'?"],
      [{ enabled: 'false' }, "'session.enabled': must be true or false"],
      [{ except: [''] }, "'session.except.0'"],
      [{ concurrency: 'merged' }, "'session.concurrency': must be one of"],
      [{ saveOnError: 1 }, "'session.saveOnError'"],
      [{ as: '' }, "'session.as'"],
      [{ as: 'headers' }, "'session.as': must be a name that a request does not have yet"],
      [{ as: 'on' }, "'session.as'"],
      [{ onError: 'next' }, "'session.onError': must be a function"],
    ]
    for (const [options, message] of bad) expect(() => session(new FakeManager(), options), message).toThrow(message)
  })

  it('enabled: false lets every request pass', async () => {
    const manager = new FakeManager()
    const served = await serveHeld(manager, (req, res) => res.end(typeof req.session), { enabled: false })
    expect((await ask(served)).body).toBe('undefined')
    expect(manager.opened).toEqual([])
  })

  it('except lets these paths pass, as the application was given them', async () => {
    const manager = new FakeManager()
    const middleware = session(manager, { except: ['/health', /^\/assets\//] })
    const served = await serve((req, res) => {
      // Routers take their mount path away from the url.
      if (req.url?.startsWith('/mounted') === true) Object.assign(req, { originalUrl: req.url, url: '/health' })
      middleware(req, res, () => res.end())
    })
    for (const path of ['/health', '/health/deep?x=1', '/assets/a.css']) await ask(served, path)
    expect(manager.opened).toHaveLength(0)
    for (const path of ['/healthy', '/mounted/health']) await ask(served, path)
    expect(manager.opened).toHaveLength(2)
  })

  it('concurrency is a mode, or chosen by the request', async () => {
    const manager = new FakeManager()
    await ask(await serveHeld(manager, (_, res) => res.end(), { concurrency: 'readonly' }))
    const byUrl: SessionOptions = { concurrency: (req) => (req.url === '/poll' ? 'readonly' : undefined) }
    const served = await serveHeld(manager, (_, res) => res.end(), byUrl)
    await ask(served, '/poll')
    await ask(served, '/other')
    expect(manager.requests.map(({ concurrency }) => concurrency)).toEqual(['readonly', 'readonly', undefined])
  })
})

describe('a request whose property of that name takes no value', () => {
  it('is answered with the option to change, and its session is given back', async () => {
    const manager = new FakeManager()
    const failures: unknown[] = []
    const middleware = session(manager, { onError: (error, _req, res) => void res.end(String(failures.push(error))) })
    const served = await serve((req, res) => {
      Object.defineProperty(req, 'session', { get: () => undefined })
      middleware(req, res, () => res.end('went on'))
    })
    expect((await ask(served)).body).toBe('1')
    expect(failures[0]).toMatchObject({
      code: 'ERR_SESSION_CONFIG',
      message: expect.stringContaining("'session' of the request takes no value"),
    })
    expect(manager.only.discards).toEqual([expect.any(TypeError)])
  })
})

describe('a WebSocket that comes by the middleware of requests', () => {
  it('has its session without a lock, as no response ends it, unless it is told otherwise', async () => {
    const manager = new FakeManager()
    const headers = { connection: 'upgrade', upgrade: 'WebSocket' }
    await ask(await serveHeld(manager, (_, res) => res.end()), '/', { headers })
    await ask(await serveHeld(manager, (_, res) => res.end(), { concurrency: 'exclusive' }), '/', { headers })
    await ask(await serveHeld(manager, (_, res) => res.end()), '/', { headers: { ...headers, upgrade: 'h2c' } })
    expect(manager.requests.map(({ concurrency }) => concurrency)).toEqual(['readonly', 'exclusive', undefined])
  })
})

describe('what the manager is told of a request', () => {
  it('is its cookie, address, user agent, host, and whether it came by HTTPS', async () => {
    const manager = new FakeManager()
    const seen: unknown[] = []
    manager.onOpen = (opened, { cookieHeader, ipAddress, userAgent, host, isHttps }) => {
      seen.push(cookieHeader, ipAddress, userAgent, host, isHttps)
      return opened
    }
    const served = await serveHeld(manager, (_, res) => res.end())
    await ask(served, '/', { headers: { cookie: 'a=b', 'user-agent': 'test', host: 'shop.example', 'x-forwarded-for': '192.0.2.1' } })
    expect(seen).toEqual(['a=b', '127.0.0.1', 'test', 'shop.example', false])
  })
})

describe('a second session()', () => {
  it('does nothing when it is the first once more', async () => {
    const manager = storesLater()
    const middleware = session(manager)
    const served = await serve((req, res) => middleware(req, res, () => middleware(req, res, () => res.end('once'))))
    const { body, headers } = await ask(served)
    expect([body, headers['set-cookie'], manager.only.commits]).toEqual(['once', [COOKIE], 1])
  })

  it('of another manager stands beside the first under its own name; both are stored before the first byte, the inner one first', async () => {
    const [first, second] = [storesLater(), storesLater()]
    const order: string[] = []
    first.onCommit = async () => {
      order.push('first')
      return { setCookie: 'first=1' }
    }
    second.onCommit = async () => {
      order.push('second')
      return { setCookie: 'second=1' }
    }
    const [outer, inner] = [session(first), session(second, { as: 'adminSession' })]
    const served = await serve((req, res) =>
      outer(req, res, () =>
        inner(req, res, () => {
          order.push(String(req.session === (first.only as unknown)), String(Reflect.get(req, 'adminSession') === second.only))
          res.end('both')
          expect([first.only.isClosed, second.only.isClosed]).toEqual([true, true])
        }),
      ),
    )
    const { body, headers } = await ask(served)
    expect([body, headers['set-cookie']]).toEqual(['both', ['second=1', 'first=1']])
    expect(order).toEqual(['true', 'true', 'second', 'first'])
  })

  it('makes the response wait for the slower one, and fail when either cannot be stored', async () => {
    const slow = storesWhenTold()
    const quick = new FakeManager()
    quick.onCommit = () => STORED
    const [outer, inner] = [session(slow), session(quick, { as: 'other' })]
    const errors: unknown[] = []
    const served = await serve((req, res) =>
      outer(req, res, () =>
        inner(req, res, (error?: unknown) => {
          if (error !== undefined) errors.push(error)
          res.end('both')
          slow.fail()
        }),
      ),
    )
    const { status, headers } = await ask(served)
    // What was stored is told, also by the answer to the failure.
    expect([status, headers['set-cookie'], errors]).toEqual([503, [COOKIE], []])
  })

  it('hands the error to where the session that failed was mounted', async () => {
    for (const failing of ['first', 'second']) {
      const first = failing === 'first' ? failsLater() : storesLater()
      const second = failing === 'second' ? failsLater() : storesLater()
      const errors: string[] = []
      const [outer, inner] = [session(first), session(second, { as: 'other' })]
      const served = await serve((req, res) =>
        outer(req, res, (error?: unknown) => {
          if (error !== undefined) {
            errors.push('first')
            return res.end()
          }
          return inner(req, res, (other?: unknown) => {
            if (other !== undefined) errors.push('second')
            return res.end()
          })
        }),
      )
      await ask(served)
      expect(errors).toEqual([failing])
    }
  })

  it('under a taken name, or of a manager that has a name already, is an error', async () => {
    const manager = storesLater()
    const first = session(manager)
    for (const second of [session(storesLater()), session(manager, { as: 'other' })]) {
      let given: unknown
      const served = await serve((req, res) =>
        first(req, res, () =>
          second(req, res, (error) => {
            given = error
            res.end()
          }),
        ),
      )
      await ask(served)
      expect(given).toMatchObject({ code: 'ERR_SESSION_CONFIG', message: expect.stringContaining("'session.as'") })
    }
  })

  it('behind an answer that has begun is an error', async () => {
    const middleware = session(storesLater())
    let given: unknown
    const served = await serve((req, res) => {
      res.flushHeaders()
      middleware(req, res, (error) => {
        given = error
        res.end()
      })
    })
    await ask(served)
    expect(given).toEqual(SessionError.closed())
  })
})

describe('templates', () => {
  it('get csrfToken, csrfField and flash, and no token is made before they ask', async () => {
    const manager = storesLater()
    const middleware = session(manager)
    const made: unknown[] = []
    const served = await serve((req, res) => {
      const locals: Record<string, (...args: string[]) => string> = {}
      Object.assign(res, { locals })
      middleware(req, res, () => {
        Object.assign(manager.only.flashes, { status: 'Saved' })
        const { csrfToken, csrfField, flash } = { ...locals }
        made.push(manager.only.tokensMade, flash?.('status'), flash?.('none', 'fallback'))
        res.end(`${csrfField?.()} ${csrfToken?.()} ${csrfField?.('token')}`)
      })
    })
    const { body } = await ask(served)
    expect(body).toMatch(/^<input type="hidden" name="_csrf" value="[\w-]+"> [\w-]+ <input type="hidden" name="token" value="[\w-]+">$/)
    expect(made).toEqual([0, 'Saved', 'fallback'])
  })
})

describe('templates beside a second session', () => {
  it('are given the helpers of the first, whose token csrf() asks for', async () => {
    const [first, second] = [storesLater(), storesLater()]
    const [outer, inner] = [session(first), session(second, { as: 'other' })]
    const served = await serve((req, res) => {
      const locals: Record<string, () => string> = {}
      Object.assign(res, { locals })
      outer(req, res, () => inner(req, res, () => res.end(locals['csrfToken']?.())))
    })
    await ask(served)
    expect([first.only.tokensMade, second.only.tokensMade]).toEqual([1, 0])
  })
})

describe('a cookie that browsers would drop', () => {
  it('is warned of once', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
    const manager = storesLater()
    manager.onOpen = (opened) => Object.assign(opened, { cookie: manager.secureCookie })
    const served = await serveHeld(manager, (_, res) => res.end())
    for (const host of ['shop.example', 'shop.example', 'localhost']) await ask(served, '/', { headers: { host } })
    expect(warn.mock.calls.map(([line]) => String(line).slice(0, 20))).toEqual(['Browsers drop the co'])
    warn.mockRestore()
  })
})
