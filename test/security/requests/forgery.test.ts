import { describe, expect, it } from 'vitest'
import { csrf } from '../../../src/adapters/fetch.ts'
import { codeOf } from '../../manager/support/shop.ts'
import { Visitor, arrived, builds, countOf, openSite, refusals } from './sites.ts'

const FALLBACK = { csrf: { tokens: 'fallback' } } as const

describe.each(builds)('requests that other sites may have forged, to %s', (_name, build) => {
  it('ASVS-3.5.1 what changes state needs the token, and a right one is enough', async () => {
    const site = await openSite(build)
    const { visitor, token } = await arrived(site)
    const attempts = [{}, { headers: { 'x-csrf-token': 'f'.repeat(80) } }, { form: { _csrf: 'f'.repeat(80) } }]
    expect(await refusals(site, visitor, attempts)).toEqual({ statuses: [403, 403, 403], n: 1 })
    expect((await visitor.post('/count', { headers: { 'x-csrf-token': token } })).body).toBe('2')
    expect((await visitor.post('/count', { form: { _csrf: token } })).body).toBe('3')
  })

  it('ASVS-3.5.2 what a form can send without a preflight is refused, whatever type it says', async () => {
    const site = await openSite(build, FALLBACK)
    const { visitor, token } = await arrived(site)
    const types = ['text/plain', 'text/plain;charset=UTF-8', 'application/json', 'multipart/form-data; boundary=x']
    const attempts = types.map((type) => ({ headers: { 'content-type': type }, body: `_csrf=${token}` }))
    expect(await refusals(site, visitor, [...attempts, { form: { n: '9' } }])).toEqual({ statuses: [403, 403, 403, 403, 403], n: 1 })
  })

  it('ASVS-3.5.3 only GET, HEAD and OPTIONS pass unchecked; QUERY is checked, and nothing makes a GET of a POST', async () => {
    const site = await openSite(build)
    const { visitor, token } = await arrived(site)
    for (const method of ['GET', 'HEAD', 'OPTIONS']) expect([method, (await visitor.ask(method, '/look')).status]).toEqual([method, 200])
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'QUERY', 'PROPFIND']) {
      expect([method, (await visitor.ask(method, '/count')).status]).toEqual([method, 403])
    }
    const disguises = ['x-http-method-override', 'x-method-override', 'x-http-method'].map((name) => ({ headers: { [name]: 'GET' } }))
    const result = await refusals(site, visitor, [...disguises, { form: { _method: 'GET' } }])
    expect(result).toEqual({ statuses: [403, 403, 403, 403], n: 1 })
    expect((await visitor.post('/count?_method=GET')).status).toBe(403)
    expect((await visitor.ask('QUERY', '/count', { headers: { 'x-csrf-token': token } })).body).toBe('2')
  })

  it('CVE-2026-45075 HEAD passes as GET does and is not another way in: what a GET does not do, it does not', async () => {
    const site = await openSite(build)
    const { visitor } = await arrived(site)
    expect((await visitor.ask('HEAD', '/logout')).status).toBe(405)
    expect((await visitor.get('/logout')).status).toBe(405)
    expect(await countOf(site, visitor)).toBe(1)
  })

  it('GO-1 GET, HEAD and OPTIONS pass, even those that other sites start', async () => {
    const { visitor } = await arrived(await openSite(build))
    for (const method of ['GET', 'HEAD', 'OPTIONS']) {
      const { status } = await visitor.ask(method, '/look', { headers: { 'sec-fetch-site': 'cross-site' } })
      expect([method, status]).toEqual([method, 200])
    }
  })

  it('GO-2 same-origin proves the origin, and the token is asked for all the same; none proves nothing', async () => {
    const site = await openSite(build)
    const { visitor, token } = await arrived(site)
    const own = { 'sec-fetch-site': 'same-origin' }
    const none = { 'sec-fetch-site': 'none' }
    expect(await refusals(site, visitor, [{ headers: own }, { headers: none }])).toEqual({ statuses: [403, 403], n: 1 })
    expect((await visitor.post('/count', { headers: { ...own, 'x-csrf-token': token } })).body).toBe('2')
    expect((await visitor.post('/count', { headers: { ...none, 'x-csrf-token': token } })).body).toBe('3')
    const lax = await openSite(build, FALLBACK)
    const { visitor: other } = await arrived(lax)
    expect((await other.post('/count', { headers: none })).status).toBe(403)
    expect((await other.post('/count', { headers: own })).body).toBe('2')
  })

  it('GO-3 same-site, cross-site and any other value is refused, and no token rescues it', async () => {
    const site = await openSite(build)
    const { visitor, token } = await arrived(site)
    const values = ['same-site', 'cross-site', 'SAME-ORIGIN', 'sibling']
    const attempts = values.map((value) => ({ headers: { 'sec-fetch-site': value, origin: site.origin, 'x-csrf-token': token } }))
    expect(await refusals(site, visitor, attempts)).toEqual({ statuses: [403, 403, 403, 403], n: 1 })
  })

  it('GO-4 without Sec-Fetch-Site and Origin nothing is proven: only the token lets it pass', async () => {
    for (const options of [{}, FALLBACK]) {
      const site = await openSite(build, options)
      const { visitor, token } = await arrived(site)
      expect(await refusals(site, visitor, [{}])).toEqual({ statuses: [403], n: 1 })
      expect((await visitor.post('/count', { headers: { 'x-csrf-token': token } })).body).toBe('2')
    }
  })

  it('GO-5 the own Origin proves the origin, and the token is asked for all the same', async () => {
    const site = await openSite(build)
    const { visitor, token } = await arrived(site)
    const own = { origin: site.origin }
    expect(await refusals(site, visitor, [{ headers: own }])).toEqual({ statuses: [403], n: 1 })
    expect((await visitor.post('/count', { headers: { ...own, 'x-csrf-token': token } })).body).toBe('2')
    const lax = await openSite(build, FALLBACK)
    const { visitor: other } = await arrived(lax)
    expect((await other.post('/count', { headers: { origin: lax.origin } })).body).toBe('2')
    // Go compares hosts. Here the scheme counts too: what came over plain HTTP may be anybody's.
    const { protocol, host } = new URL(lax.origin)
    const otherScheme = `${protocol === 'https:' ? 'http' : 'https'}://${host}`
    expect((await other.post('/count', { headers: { origin: otherScheme } })).status).toBe(403)
  })

  it('GO-6 another Origin, or null, is refused, and no token rescues it', async () => {
    const site = await openSite(build)
    const { visitor, token } = await arrived(site)
    const origins = ['https://evil.example', 'null', `${site.origin}.evil.example`, `${site.origin}, https://evil.example`]
    const attempts = origins.map((origin) => ({ headers: { origin, 'x-csrf-token': token } }))
    expect(await refusals(site, visitor, attempts)).toEqual({ statuses: [403, 403, 403, 403], n: 1 })
  })

  it('GO-7 exempt are exact origins that are trusted: a path, a slash, null or a pattern cannot be said', async () => {
    const site = await openSite(build, { csrf: { trustedOrigins: ['https://app.example:8443'] } })
    const { visitor, token } = await arrived(site)
    const from = (origin: string) => ({ headers: { origin, 'sec-fetch-site': 'cross-site', 'x-csrf-token': token } })
    expect((await visitor.post('/count', from('https://app.example:8443'))).body).toBe('2')
    const others = ['https://app.example', 'http://app.example:8443', 'https://app.example:84433', 'https://x.app.example:8443']
    expect(await refusals(site, visitor, others.map(from))).toEqual({ statuses: [403, 403, 403, 403], n: 2 })
    for (const origin of ['https://app.example/', 'https://app.example/a', 'app.example', 'null', 'https://*.example', 'https://a?b']) {
      const made = Promise.resolve().then(() => csrf({ trustedOrigins: [origin] }))
      expect([origin, await codeOf(made)]).toEqual([origin, 'ERR_SESSION_CONFIG'])
    }
  })

  it('GO-8 an exempt path is the one that will run, not one that only looks so', async () => {
    const site = await openSite(build, { csrf: { except: ['/hook'] } })
    const { visitor } = await arrived(site)
    expect((await visitor.post('/hook')).body).toBe('2')
    for (const path of [
      '/hook%2f..%2fcount',
      '/hook/..%2fcount',
      '/hook/%2e%2e%2fcount',
      '//hook',
      '/hooked',
      '/HOOK',
      '/x/hook',
      '/hook%5c..',
    ]) {
      expect([path, (await visitor.post(path)).status]).toEqual([path, 403])
    }
    expect(await countOf(site, visitor)).toBe(2)
  })

  it('GO-9 a refusal is 403, and the application can answer it its own way', async () => {
    const { visitor } = await arrived(await openSite(build))
    expect((await visitor.post('/count')).status).toBe(403)
    const own = await openSite(build, { onError: (code) => ({ status: 409, body: `own page for ${code}` }) })
    const { visitor: other } = await arrived(own)
    const { status, body } = await other.post('/count')
    expect([status, body]).toEqual([409, 'own page for ERR_SESSION_CSRF'])
    expect(await countOf(own, other)).toBe(1)
    expect((await new Visitor(own).get('/look')).status).toBe(200)
  })
})
