import { describe, expect, it } from 'vitest'
import { csrf, session } from '../../src/adapters/fetch.ts'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { csrfGuard } from '../../src/http/csrf-guard.ts'
import { csrfField, csrfToken } from '../../src/http/csrf-words.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { CsrfError, isSessionError } from '../../src/session/errors.ts'
import { testClient } from '../../src/testing/test-client.ts'
import type { TestClient } from '../../src/testing/test-client.ts'
import { csrfRequest, decide, TOKEN } from '../http/csrf-request.ts'
import { newSession } from './support.ts'

const SAME_ORIGIN = { origin: 'https://shop.example' }

/** A shop whose form is at `/`, and whatever else is asked of it. */
function shop(options: Parameters<typeof csrf>[0] = {}, except: readonly string[] = []): { client: TestClient; errors: unknown[] } {
  const sessions = new SessionManager({ driver: new MemoryDriver({ acknowledged: true }) })
  const errors: unknown[] = []
  const app = session(sessions, {
    except,
    onError: (error) => {
      errors.push(error)
      return new Response(null, { status: error.status })
    },
  })(csrf(options)((request, { session: visitor }) => new Response(new URL(request.url).pathname === '/' ? csrfField(visitor) : 'done')))
  return { client: testClient(app, { sessions }), errors }
}

describe('csrf()', () => {
  it('S-300 S-302: finds the session by itself, whose token is made when the first form asks for it', async () => {
    const { client } = shop()
    expect((await client.get('/done')).headers.getSetCookie()).toEqual([])
    expect(await (await client.get('/')).text()).toContain('name="_csrf"')
    expect((await client.post('/done')).status).toBe(200)
  })

  it('S-301: token() gives 80 hex digits', async () => {
    expect((await newSession()).token()).toMatch(/^[0-9a-f]{80}$/)
  })

  it('S-305: GET, HEAD and OPTIONS pass, in whatever letters; every other method is checked', () => {
    const guard = csrfGuard()
    const passes = (method: string): boolean => decide(guard, csrfRequest({ method, sessionToken: undefined })).pass
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'get', 'Head']) expect(passes(method), method).toBe(true)
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'QUERY', 'TRACE', '']) expect(passes(method), method).toBe(false)
  })

  it('S-308: without field and X-CSRF-TOKEN, X-XSRF-TOKEN counts', () => {
    const guard = csrfGuard()
    const passes = (headers: Record<string, string>, field?: string): boolean =>
      decide(guard, csrfRequest({ headers: { ...SAME_ORIGIN, ...headers }, field })).pass
    expect(passes({ 'x-xsrf-token': TOKEN })).toBe(true)
    expect(passes({ 'x-xsrf-token': TOKEN, 'x-csrf-token': '' }, '')).toBe(true)
    expect(passes({ 'x-xsrf-token': 'wrong' })).toBe(false)
  })

  it('S-311 S-404: a refusal is a CsrfError with the seed’s message and status 403, or that which was chosen', async () => {
    for (const [options, status] of [
      [{}, 403],
      [{ status: 419 }, 419],
    ] as const) {
      const { client, errors } = shop(options)
      expect((await client.post('/done', { csrf: false })).status).toBe(status)
      const [error] = errors
      expect(error).toBeInstanceOf(CsrfError)
      expect(error).toMatchObject({ message: 'CSRF token mismatch.', code: 'ERR_SESSION_CSRF', status })
      expect(isSessionError(error)).toBe(true)
    }
  })

  it('S-312: the field _token of old is not read, unless it is named', () => {
    const forms = { _token: TOKEN }
    const read = (fieldName?: '_token'): boolean => {
      const guard = csrfGuard(fieldName === undefined ? {} : { fieldName })
      const field = Reflect.get(forms, guard.settings.fieldName)
      return decide(guard, csrfRequest({ headers: SAME_ORIGIN, field })).pass
    }
    expect([read(), read('_token')]).toEqual([false, true])
  })

  it('S-313: excepted paths pass unchecked; elsewhere a request of another site is refused although it knows the token', () => {
    const guard = csrfGuard({ except: ['/hooks'] })
    const forged = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example', 'x-csrf-token': TOKEN }
    expect(decide(guard, csrfRequest({ path: '/hooks/paid' }))).toMatchObject({ pass: true, provenBy: 'excepted' })
    expect(decide(guard, csrfRequest({ headers: forged }))).toMatchObject({ pass: false, reason: 'cross-site' })
    expect(decide(guard, csrfRequest({ headers: { ...forged, 'sec-fetch-site': '' } }))).toMatchObject({ pass: false, reason: 'origin' })
  })

  it('S-315: a path that only session() excepts is refused with what to do; one that both except passes', async () => {
    const one = shop({}, ['/hooks'])
    await expect(one.client.post('/hooks', { csrf: false })).rejects.toThrow('except the same paths from both')
    const both = shop({ except: ['/hooks'] }, ['/hooks'])
    expect((await both.client.post('/hooks', { csrf: false })).status).toBe(200)
  })

  it('S-319: each rendering of the token is another text; the guard takes it masked and plain', () => {
    const renderings = Array.from({ length: 5 }, () => csrfToken({ token: () => TOKEN }))
    expect(new Set(renderings).size).toBe(5)
    const guard = csrfGuard()
    for (const field of [...renderings, TOKEN]) expect(decide(guard, csrfRequest({ headers: SAME_ORIGIN, field })).pass).toBe(true)
  })
})
