import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { Visitor, arrived, builds, countOf, openSite, refusals } from './sites.ts'
import type { Site } from './sites.ts'

/** The token that the store has for a visitor. */
async function storedToken({ shop }: Site, { id }: Visitor): Promise<string> {
  return await shop.another().run(id, (session) => session.token(), { concurrency: 'readonly' })
}

describe.each(builds)('the token against forged requests, on %s', (_name, build) => {
  it('CS-CSRF-1 is random, another for each session, and the same user’s are no more alike', async () => {
    const site = await openSite(build)
    const tokens: string[] = []
    for (let n = 0; n < 20; n++) {
      const visitor = new Visitor(site)
      const form = { _csrf: (await visitor.get('/token')).body }
      expect((await visitor.post('/login', { form })).status).toBe(200)
      tokens.push(await storedToken(site, visitor))
    }
    expect(new Set(tokens).size).toBe(20)
    for (const token of tokens) expect(token).toMatch(/^[0-9a-f]{80}$/)
    for (let at = 0; at < 80; at++) expect(new Set(tokens.map((token) => token[at])).size).toBeGreaterThan(1)
  })

  it('CS-CSRF-2 is refused when it is missing, empty on both sides, or another, and each time an event says so', async () => {
    const site = await openSite(build)
    const { visitor } = await arrived(site)
    const stranger = (await arrived(site)).token
    site.shop.events.length = 0
    const attempts = [{}, { form: { _csrf: '' }, headers: { 'x-csrf-token': '' } }, { form: { _csrf: stranger } }]
    expect(await refusals(site, visitor, attempts)).toEqual({ statuses: [403, 403, 403], n: 1 })
    expect(site.shop.events.filter((event) => event.kind === 'refused' && event.reason === 'csrf')).toHaveLength(3)
    const nobody = new Visitor(site)
    const empty = await nobody.post('/count', { form: { _csrf: '' }, headers: { 'x-csrf-token': '' } })
    expect([empty.status, empty.setCookie]).toEqual([403, []])
  })

  it('CS-CSRF-3 a token in the URL or in a cookie is not taken, and no event or error holds one', async () => {
    const site = await openSite(build)
    const { visitor, token } = await arrived(site)
    const plain = await storedToken(site, visitor)
    expect((await visitor.post(`/count?_csrf=${token}&X-CSRF-TOKEN=${token}`)).status).toBe(403)
    const cookie = `__Host-ml_session=${visitor.id}; _csrf=${token}; XSRF-TOKEN=${token}; X-CSRF-TOKEN=${token}`
    expect(await refusals(site, visitor, [{ headers: { cookie } }])).toEqual({ statuses: [403], n: 1 })
    const wrong = `${token.slice(0, -1)}${token.endsWith('0') ? '1' : '0'}`
    expect((await visitor.post('/count', { form: { _csrf: wrong } })).status).toBe(403)
    const told = inspect(site.shop.events, { depth: 20, showHidden: true })
    expect(told).toContain('ERR_SESSION_CSRF')
    for (const secret of [token, plain, wrong, visitor.id]) expect(told).not.toContain(secret)
  })

  it('CS-CSRF-5 a cookie and a header that only agree with each other are refused', async () => {
    const site = await openSite(build, { csrf: { cookie: true } })
    const { visitor } = await arrived(site)
    const planted = 'e'.repeat(80)
    const forged = (session: string) => ({ headers: { cookie: `${session}XSRF-TOKEN=${planted}`, 'x-xsrf-token': planted } })
    expect(await refusals(site, visitor, [forged(`__Host-ml_session=${visitor.id}; `), forged('')])).toEqual({ statuses: [403, 403], n: 1 })
  })

  it('CS-CSRF-12 the form of the login is checked, and the session before it ends with the login', async () => {
    const site = await openSite(build)
    const visitor = new Visitor(site)
    const before = (await visitor.get('/token')).body
    const oldId = visitor.id
    expect((await visitor.post('/login')).status).toBe(403)
    expect((await visitor.post('/login', { form: { _csrf: before } })).body).toBe('logged in')
    expect(visitor.id).not.toBe(oldId)
    const old = { cookie: `__Host-ml_session=${oldId}`, 'x-csrf-token': before }
    expect((await visitor.post('/count', { headers: old })).status).toBe(403)
    expect(await site.shop.peek(oldId)).toBeUndefined()
  })

  it('CS-CSRF-13 a login gives another token and takes the one of before, and so does a logout', async () => {
    const site = await openSite(build)
    const { visitor, token: before } = await arrived(site)
    const first = await storedToken(site, visitor)
    await visitor.post('/login', { form: { _csrf: before } })
    const second = await storedToken(site, visitor)
    expect(second).not.toBe(first)
    expect(await refusals(site, visitor, [{ form: { _csrf: before } }, { form: { _csrf: first } }])).toEqual({ statuses: [403, 403], n: 1 })
    const loggedIn = (await visitor.get('/token')).body
    expect((await visitor.post('/logout', { form: { _csrf: loggedIn } })).status).toBe(204)
    const later = (await visitor.get('/token')).body
    expect(await storedToken(site, visitor)).not.toBe(second)
    await visitor.get('/count')
    expect(await refusals(site, visitor, [{ form: { _csrf: loggedIn } }, { form: { _csrf: second } }])).toEqual({
      statuses: [403, 403],
      n: 1,
    })
    expect((await visitor.post('/count', { form: { _csrf: later } })).body).toBe('2')
  })

  it('CS-CSRF-14 is another text in each page, none of them the token, and each is taken', async () => {
    const site = await openSite(build)
    const { visitor, token } = await arrived(site)
    const shown = [token, (await visitor.get('/token')).body, (await visitor.get('/token')).body]
    expect(new Set(shown).size).toBe(3)
    for (const text of shown) expect(text).not.toContain(await storedToken(site, visitor))
    for (const text of shown) expect((await visitor.post('/count', { form: { _csrf: text } })).status).toBe(200)
    expect(await countOf(site, visitor)).toBe(4)
  })

  it('SYM-CSRF-15 nothing of an earlier proof is remembered: the token is asked for each time, and is enough each time', async () => {
    const site = await openSite(build)
    const { visitor, token } = await arrived(site)
    const strong = { origin: site.origin, 'sec-fetch-site': 'same-origin', 'x-csrf-token': token }
    expect((await visitor.post('/count', { headers: strong })).body).toBe('2')
    expect((await visitor.post('/count', { headers: { 'x-csrf-token': token } })).body).toBe('3')
    expect(await refusals(site, visitor, [{ headers: { origin: site.origin, 'sec-fetch-site': 'same-origin' } }])).toEqual({
      statuses: [403],
      n: 3,
    })
  })

  it('ASVS-15.3.5 a token that came as a list or an object is refused, not made a text', async () => {
    const site = await openSite(build)
    const { visitor, token } = await arrived(site)
    const attempts = [`_csrf[]=${token}`, `_csrf[0]=${token}`, `_csrf[toString]=${token}`, '_csrf=[object Object]'].map((form) => ({
      form,
    }))
    expect(await refusals(site, visitor, attempts)).toEqual({ statuses: [403, 403, 403, 403], n: 1 })
  })

  it('ASVS-15.3.7 a token that came twice is refused, be both of them right', async () => {
    const site = await openSite(build)
    const { visitor, token } = await arrived(site)
    const twice = [{ form: `_csrf=${token}&_csrf=${token}` }, { headers: { 'x-csrf-token': `${token}, ${token}` } }]
    expect(await refusals(site, visitor, twice)).toEqual({ statuses: [403, 403], n: 1 })
  })
})

describe('a token of plain HTTP', () => {
  it('CVE-2017-16653 is none on HTTPS: the session is not carried over, so its token is of no use', async () => {
    const build = builds[0]?.[1]
    if (build === undefined) throw new Error('no build')
    const site = await openSite(build, { manager: { cookie: { secure: 'auto' } } })
    const plain = { ...site, origin: 'http://localhost' }
    const { visitor, token } = await arrived(plain)
    expect(visitor.jar.get('ml_session')).toBe(visitor.id)
    const onHttps = new Visitor(site)
    for (const name of ['ml_session', '__Host-ml_session']) onHttps.jar.set(name, visitor.id)
    onHttps.jar.set('__Host-ml_session', (await arrived(site)).visitor.id)
    expect((await onHttps.post('/count', { form: { _csrf: token } })).status).toBe(403)
    const carried = new Visitor(site)
    carried.jar.set('ml_session', visitor.id)
    const refused = await carried.post('/count', { form: { _csrf: token } })
    expect([refused.status, await countOf(site, visitor)]).toEqual([403, 1])
  })
})
