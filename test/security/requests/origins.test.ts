import { describe, expect, it } from 'vitest'
import { arrived, builds, countOf, openSite, refusals } from './sites.ts'

describe.each(builds)('where a request to %s says that it comes from', (_name, build) => {
  it('CS-CSRF-6 cross-site and same-site are refused, unless the origin is one that is trusted', async () => {
    const site = await openSite(build, { csrf: { trustedOrigins: ['https://blog.example'] } })
    const { visitor, token } = await arrived(site)
    const from = (origin: string, fetchSite: string) => ({
      headers: { origin, 'sec-fetch-site': fetchSite, 'x-csrf-token': token },
    })
    const strangers = [from('https://ads.example', 'same-site'), from('https://ads.example', 'cross-site'), from(site.origin, 'same-site')]
    expect(await refusals(site, visitor, strangers)).toEqual({ statuses: [403, 403, 403], n: 1 })
    expect((await visitor.post('/count', from('https://blog.example', 'same-site'))).body).toBe('2')
    expect(await refusals(site, visitor, [{ headers: { origin: 'https://blog.example', 'sec-fetch-site': 'same-site' } }])).toEqual({
      statuses: [403],
      n: 2,
    })
  })

  it('CS-CSRF-7 without Fetch Metadata Origin counts, then Referer, each as a whole', async () => {
    const site = await openSite(build, { csrf: { tokens: 'fallback', origin: 'https://example.org' } })
    const { visitor, token } = await arrived(site)
    expect((await visitor.post('/count', { headers: { origin: 'https://example.org' } })).body).toBe('2')
    expect((await visitor.post('/count', { headers: { referer: 'https://example.org/form?a=1' } })).body).toBe('3')
    const own = { 'x-csrf-token': token }
    const attempts = [
      { headers: { ...own, origin: 'https://example.org.attacker.com' } },
      { headers: { ...own, origin: 'https://attacker.com', referer: 'https://example.org/' } },
      { headers: { ...own, referer: 'https://example.org.attacker.com/' } },
      { headers: { ...own, referer: 'https://attacker.com/?https://example.org/' } },
      { headers: { ...own, referer: 'https://example.org@attacker.com/' } },
      { headers: { ...own, referer: 'http://example.org/' } },
      { headers: { ...own, referer: 'about:blank' } },
    ]
    expect(await refusals(site, visitor, attempts)).toEqual({ statuses: attempts.map(() => 403), n: 3 })
  })

  it('CS-CSRF-7 where neither tells anything, the token does, and nothing else', async () => {
    const site = await openSite(build)
    const { visitor, token } = await arrived(site)
    expect(await refusals(site, visitor, [{}, { headers: { referer: '' } }])).toEqual({ statuses: [403, 403], n: 1 })
    expect((await visitor.post('/count', { headers: { 'x-csrf-token': token } })).body).toBe('2')
  })

  it('CS-CSRF-8 a value of Sec-Fetch-Site that nobody knows is refused, not taken for absent', async () => {
    const site = await openSite(build)
    const { visitor, token } = await arrived(site)
    const attempts = ['first-party', 'same-origin, same-origin', '?1'].map((value) => ({
      headers: { 'sec-fetch-site': value, 'x-csrf-token': token },
    }))
    expect(await refusals(site, visitor, attempts)).toEqual({ statuses: [403, 403, 403], n: 1 })
  })

  it('CS-CSRF-9 the own origin is the configured one, and no header of a proxy makes another', async () => {
    const configured = await openSite(build, { csrf: { tokens: 'fallback', origin: 'https://shop.example' } })
    const { visitor } = await arrived(configured)
    expect((await visitor.post('/count', { headers: { origin: configured.origin } })).status).toBe(403)
    expect((await visitor.post('/count', { headers: { origin: 'https://shop.example' } })).body).toBe('2')
    const site = await openSite(build, { csrf: { tokens: 'fallback' }, trustProxy: 1 })
    const { visitor: other, token } = await arrived(site)
    const forged = { origin: 'https://evil.example', 'x-csrf-token': token }
    const attempts = [
      { headers: { ...forged, 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' } },
      { headers: { ...forged, forwarded: 'host=evil.example;proto=https' } },
    ]
    expect(await refusals(site, other, attempts)).toEqual({ statuses: [403, 403], n: 1 })
  })

  it('CS-CSRF-10 an answer that depends on the headers says so, a refusal too', async () => {
    const site = await openSite(build)
    const { visitor, token } = await arrived(site)
    const passed = await visitor.post('/count', { headers: { 'x-csrf-token': token } })
    expect([passed.status, passed.headers.get('vary')]).toEqual([200, 'Sec-Fetch-Site, Origin'])
    const refused = await visitor.post('/count', { headers: { 'sec-fetch-site': 'cross-site' } })
    expect([refused.status, refused.headers.get('vary')]).toEqual([403, 'Sec-Fetch-Site, Origin'])
    expect((await visitor.get('/look')).headers.get('vary')).toBeNull()
  })

  it('CS-CSRF-10 a refusal in the words of the application says so too', async () => {
    const site = await openSite(build, { onError: () => ({ status: 400, body: 'no' }) })
    const { visitor } = await arrived(site)
    const refused = await visitor.post('/count')
    expect([refused.status, refused.headers.get('vary')]).toEqual([400, 'Sec-Fetch-Site, Origin'])
  })

  it('CS-CSRF-11 it can only report, and what is exempt stands in one list', async () => {
    const site = await openSite(build, { csrf: { report: true, except: ['/hook'] } })
    const { visitor } = await arrived(site)
    site.shop.events.length = 0
    expect((await visitor.post('/count', { headers: { 'sec-fetch-site': 'cross-site' } })).body).toBe('2')
    expect((await visitor.post('/hook', { headers: { 'sec-fetch-site': 'cross-site' } })).body).toBe('3')
    const told = site.shop.events.filter(({ kind }) => kind === 'refused')
    expect(told).toEqual([expect.objectContaining({ reason: 'csrf', cause: expect.objectContaining({ code: 'ERR_SESSION_CSRF' }) })])
    expect(await countOf(site, visitor)).toBe(3)
  })
})
