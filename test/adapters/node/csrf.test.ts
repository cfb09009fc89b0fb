import { describe, expect, it } from 'vitest'
import { csrf } from '../../../src/adapters/node/csrf-middleware.ts'
import { session } from '../../../src/adapters/node/session-middleware.ts'
import type { CsrfOptions } from '../../../src/http/csrf-options.ts'
import { csrfToken } from '../../../src/http/csrf-words.ts'
import { MemoryDriver } from '../../../src/drivers/memory.ts'
import { SessionManager } from '../../../src/manager/session-manager.ts'
import { CsrfError } from '../../../src/session/errors.ts'
import { COOKIE, storesLater } from './fake-open-session.ts'
import type { FakeManager } from './fake-open-session.ts'
import { ask, serve } from './support.ts'
import type { Answer } from './support.ts'

const TOKEN = 'ab'.repeat(40)

/** A manager whose sessions have a token already. */
function withToken(): FakeManager {
  const manager = storesLater()
  manager.onOpen = (opened) => {
    opened.token()
    return opened
  }
  return manager
}

interface Attempt {
  readonly manager?: FakeManager
  readonly options?: CsrfOptions
  readonly headers?: Record<string, string>
  readonly method?: string
  readonly body?: unknown
  readonly path?: string
  readonly except?: string[]
}

async function attempt({
  manager = withToken(),
  options,
  headers = {},
  method = 'POST',
  body,
  path = '/',
  except = [],
}: Attempt): Promise<Answer & { error: unknown }> {
  const [open, guard] = [session(manager, { except }), csrf(options)]
  let given: unknown
  const served = await serve((req, res) => {
    Object.assign(req, { body })
    open(req, res, () =>
      guard(req, res, (error) => {
        given = error
        res.statusCode = error === undefined ? 200 : 403
        res.end(error === undefined ? 'passed' : 'refused')
      }),
    )
  })
  return { ...(await ask(served, path, { method, headers })), error: given }
}

describe('csrf()', () => {
  it('lets GET, HEAD and OPTIONS pass, and checks every other method', async () => {
    for (const method of ['GET', 'HEAD', 'OPTIONS']) expect((await attempt({ method })).status, method).toBe(200)
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'PURGE']) expect((await attempt({ method })).body, method).toBe('refused')
  })

  it('takes the token from the parsed body, then from the headers, masked or plain', async () => {
    const masked = csrfToken({ token: () => TOKEN })
    for (const token of [TOKEN, masked]) {
      expect((await attempt({ body: { _csrf: token } })).body).toBe('passed')
      expect((await attempt({ headers: { 'x-csrf-token': token } })).body).toBe('passed')
      expect((await attempt({ headers: { 'x-xsrf-token': token } })).body).toBe('passed')
      expect((await attempt({ body: { _csrf: '' }, headers: { 'x-csrf-token': token } })).body).toBe('passed')
    }
    expect((await attempt({ body: { _csrf: 'wrong' }, headers: { 'x-csrf-token': TOKEN } })).body).toBe('refused')
    expect((await attempt({ body: Object.create({ _csrf: TOKEN }) })).body).toBe('refused')
    expect((await attempt({ body: { other: TOKEN }, options: { fieldName: 'other' } })).body).toBe('passed')
  })

  it('refuses what comes from elsewhere, and a token does not rescue it', async () => {
    const { error, body } = await attempt({ headers: { 'sec-fetch-site': 'cross-site', 'x-csrf-token': TOKEN } })
    expect(body).toBe('refused')
    expect(error).toBeInstanceOf(CsrfError)
    expect(error).toMatchObject({ status: 403, reason: expect.stringContaining('Sec-Fetch-Site') })
    expect((await attempt({ headers: { origin: 'https://evil.example', 'x-csrf-token': TOKEN } })).body).toBe('refused')
    expect((await attempt({ headers: { host: 'shop.example', origin: 'http://shop.example', 'x-csrf-token': TOKEN } })).body).toBe('passed')
  })

  it('ASVS-4.4.2: refuses a WebSocket that another site’s page opens, and no other, though it is a GET', async () => {
    const open = (headers: Record<string, string>, options: CsrfOptions = {}): ReturnType<typeof attempt> =>
      attempt({ method: 'GET', headers: { host: 'shop.example', connection: 'upgrade', upgrade: 'websocket', ...headers }, options })
    expect(await open({ origin: 'https://evil.example' })).toMatchObject({ status: 403, error: expect.any(CsrfError) })
    expect((await open({ origin: 'http://shop.example', 'sec-fetch-site': 'same-site' })).status).toBe(403)
    expect((await open({ origin: 'http://shop.example' })).status).toBe(200)
    expect((await open({})).status).toBe(200)
    expect((await open({ origin: 'https://evil.example', upgrade: 'h2c' })).status).toBe(200)
    expect((await open({ origin: 'https://evil.example' }, { except: ['/'] })).status).toBe(200)
    expect((await open({ origin: 'https://evil.example' }, { report: true })).status).toBe(200)
  })

  it('takes the origin for proof where tokens are a fallback', async () => {
    const options: CsrfOptions = { tokens: 'fallback' }
    expect((await attempt({ options, headers: { 'sec-fetch-site': 'same-origin' } })).body).toBe('passed')
    expect((await attempt({ options })).body).toBe('refused')
  })

  it('says which cache key its answer has', async () => {
    expect((await attempt({ headers: { 'x-csrf-token': TOKEN } })).headers.vary).toBe('Sec-Fetch-Site, Origin')
    expect((await attempt({ method: 'GET' })).headers.vary).toBeUndefined()
  })

  it('tells the listeners of the manager what it refused, and with report: true does no more', async () => {
    for (const report of [false, true]) {
      const manager = withToken()
      expect((await attempt({ manager, options: { report } })).body).toBe(report ? 'passed' : 'refused')
      expect(manager.only.refusals).toEqual([expect.objectContaining({ code: 'ERR_SESSION_CSRF' })])
    }
  })

  it('says that the form was not parsed when that may be the cause', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    expect((await attempt({ headers })).error).toMatchObject({ reason: expect.stringContaining('express.urlencoded()') })
    expect((await attempt({ headers, body: {} })).error).toMatchObject({ reason: expect.not.stringContaining('express.urlencoded()') })
    expect((await attempt({})).error).toMatchObject({ reason: expect.not.stringContaining('express.urlencoded()') })
  })

  it('answers by itself where nobody takes the error', async () => {
    const [open, guard] = [session(withToken()), csrf({ status: 419 })]
    const served = await serve((req, res) => open(req, res, () => guard(req, res, () => res.end('passed'))))
    const { status, body } = await ask(served, '/', { method: 'POST' })
    expect([status, body]).toEqual([419, 'Page Expired'])
  })
})

describe('csrf() without a session', () => {
  it('fails at once, for every method, and says so', async () => {
    const guard = csrf()
    for (const method of ['GET', 'POST']) {
      let given: unknown
      const served = await serve((req, res) => {
        guard(req, res, (error) => {
          given = error
          res.end()
        })
      })
      await ask(served, '/', { method })
      expect(given, method).toMatchObject({ code: 'ERR_SESSION_CONFIG', message: expect.stringContaining('Mount csrf() behind session()') })
    }
  })

  it('lets GET pass where session() was told to, and POST only where it is told to itself', async () => {
    const skipped = { path: '/hook', except: ['/hook'] }
    expect((await attempt({ ...skipped, method: 'GET' })).body).toBe('passed')
    expect((await attempt(skipped)).error).toMatchObject({ message: expect.stringContaining('Except it from both') })
    expect((await attempt({ ...skipped, options: { tokens: 'fallback' }, headers: { 'sec-fetch-site': 'same-origin' } })).body).toBe(
      'refused',
    )
    expect((await attempt({ ...skipped, options: { except: ['/hook'] } })).body).toBe('passed')
  })
})

describe('csrf({ cookie: true })', () => {
  it('hands scripts the token that is stored, on an answer that is not an error', async () => {
    const cookies = async (manager: FakeManager, path = '/'): Promise<string[]> => {
      const [open, guard] = [session(manager), csrf({ cookie: true })]
      const served = await serve((req, res) =>
        open(req, res, () => guard(req, res, () => res.writeHead(req.url === '/500' ? 500 : 200).end())),
      )
      return (await ask(served, path)).headers['set-cookie'] ?? []
    }
    const [first, xsrf, ...rest] = await cookies(withToken())
    expect([first, rest]).toEqual([COOKIE, []])
    expect(xsrf).toMatch(/^XSRF-TOKEN=[\w-]+; /)
    expect(xsrf).not.toContain('HttpOnly')
    expect(await cookies(storesLater())).toEqual([COOKIE])
    expect(await cookies(withToken(), '/500')).toEqual([])
  })

  it('takes it back with a logout', async () => {
    const sessions = new SessionManager({ driver: new MemoryDriver({ acknowledged: true }), cookie: { secure: 'auto' } })
    const [open, guard] = [session(sessions), csrf({ cookie: true })]
    const served = await serve((req, res) => open(req, res, () => guard(req, res, () => void req.session.destroy().then(() => res.end()))))
    const set = (await ask(served)).headers['set-cookie'] ?? []
    expect(set.filter((line) => line.startsWith('XSRF-TOKEN='))).toEqual(['XSRF-TOKEN=; Path=/; Max-Age=0; SameSite=Lax'])
  })

  it('takes it back where the session was invalidated and nothing was put into the new one', async () => {
    const sessions = new SessionManager({ driver: new MemoryDriver({ acknowledged: true }), cookie: { secure: 'auto' } })
    const [open, guard] = [session(sessions), csrf({ cookie: true })]
    const served = await serve((req, res) =>
      open(req, res, () =>
        guard(req, res, async () => {
          if (req.url === '/logout') await req.session.invalidate()
          else csrfToken(req.session)
          res.end()
        }),
      ),
    )
    const cookie = String((await ask(served)).headers['set-cookie']?.[0]).split(';', 1)[0] ?? ''
    const set = (await ask(served, '/logout', { headers: { cookie } })).headers['set-cookie'] ?? []
    expect(set.filter((line) => line.startsWith('XSRF-TOKEN='))).toEqual(['XSRF-TOKEN=; Path=/; Max-Age=0; SameSite=Lax'])
    // Whoever has no token is told nothing.
    expect((await ask(served, '/logout')).headers['set-cookie']).toBeUndefined()
  })
})

describe('csrf({ fieldName })', () => {
  it('names the field that templates render', async () => {
    const [open, guard] = [session(withToken()), csrf({ fieldName: 'proof' })]
    const served = await serve((req, res) => {
      const locals: Record<string, () => string> = {}
      Object.assign(res, { locals })
      open(req, res, () => guard(req, res, () => res.end(locals['csrfField']?.())))
    })
    expect((await ask(served)).body).toContain('name="proof"')
  })
})
