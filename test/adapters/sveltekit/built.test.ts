import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { builtApplication } from '../../transport/applications/build.ts'
import { serveSvelteKit } from '../../transport/applications/serve-sveltekit.ts'
import { giveHouse } from '../../transport/applications/the-house.ts'
import { House } from '../../transport/house.ts'
import type { HouseSettings } from '../../transport/house.ts'
import { Visitor } from '../../transport/visitor.ts'
import type { Seen } from '../../transport/visitor.ts'

const built = builtApplication('sveltekit', ['vite', 'build'])

async function begin(settings: HouseSettings = { waitSeconds: 0.2 }): Promise<{ readonly house: House; readonly visitor: Visitor }> {
  const house = new House(settings)
  giveHouse(house)
  const { server } = await serveSvelteKit(built)
  onTestFinished(() => {
    house.letFlow()
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  house.port = typeof address === 'object' ? (address?.port ?? 0) : 0
  return { house, visitor: new Visitor(house.port) }
}

/** Sends a form of `/page`, as a browser without scripts does, or as `use:enhance` does. */
async function act(visitor: Visitor, action: string, { enhanced = false, token = true } = {}): Promise<Seen> {
  const body = new URLSearchParams({ _csrf: token ? await visitor.token() : '' })
  const headers = enhanced ? { accept: 'application/json', 'x-sveltekit-action': 'true' } : { accept: 'text/html' }
  return visitor.see(`/page?/${action}`, { method: 'POST', body, headers })
}

describe('a page of SvelteKit with sessions', () => {
  it('has its session stored before its first byte; what comes later in it can write no more', async () => {
    const { house, visitor } = await begin()
    await visitor.see('/count')
    const page = await visitor.open('/page')
    const text = page.text()
    expect(await visitor.text('/count')).toBe('2')
    house.letFlow()
    expect(await text).toContain('and a late write was refused')
    expect(await visitor.text('/count')).toBe('3')
  })

  it('has one session for an action and for the load of the page that answers it', async () => {
    const { visitor } = await begin()
    const { status, text, cookies } = await act(visitor, 'save')
    expect([status, text, cookies.length]).toEqual([200, expect.stringContaining('<b>1</b>'), 0])
  })

  it('keeps what an action set that gave fail(), error() or redirect(), and nothing of one that broke', async () => {
    const { visitor } = await begin()
    const statuses: number[] = []
    for (const action of ['refuse', 'forbid', 'lead', 'break']) statuses.push((await act(visitor, action)).status)
    expect(statuses).toEqual([422, 410, 303, 500])
    expect(await visitor.text('/peek')).toBe('3')
    for (const action of ['refuse', 'forbid', 'lead', 'break']) await act(visitor, action, { enhanced: true })
    expect(await visitor.text('/peek')).toBe('6')
  })

  it('is logged out by an action, which tells the browser what to forget and leads on', async () => {
    const { house, visitor } = await begin()
    await visitor.see('/count')
    const { status, headers } = await act(visitor, 'logout')
    expect([status, headers.get('location'), headers.get('clear-site-data')]).toEqual([303, '/home', '"storage"'])
    expect(visitor.cookie('ml_session')).toBeUndefined()
    expect((await house.driver.list()).sessions).toEqual([])
  })

  it('refuses a form without its token, in the shape that use:enhance shows as an error of the page', async () => {
    const { visitor } = await begin()
    const plain = await act(visitor, 'save', { token: false })
    expect([plain.status, plain.text]).toEqual([403, 'Forbidden'])
    const enhanced = await act(visitor, 'save', { token: false, enhanced: true })
    expect([enhanced.status, JSON.parse(enhanced.text)]).toEqual([
      403,
      { type: 'error', status: 403, error: { status: 403, message: 'Forbidden' } },
    ])
    expect(await visitor.text('/peek')).toBe('0')
  })

  it('stands behind both checks: SvelteKit’s of a form’s origin, and the token; what is no form is looked at too', async () => {
    const { visitor } = await begin()
    const token = await visitor.token()
    const headers = { origin: 'https://evil.example' }
    const form = await visitor.see('/save', { method: 'POST', body: new URLSearchParams({ _csrf: token }), headers })
    expect([form.status, form.text]).toEqual([403, 'Cross-site POST form submissions are forbidden'])
    const json = { ...headers, 'content-type': 'application/json', 'x-csrf-token': token }
    expect((await visitor.see('/save', { method: 'POST', body: '{}', headers: json })).status).toBe(403)
    expect((await visitor.see('/save', { method: 'POST', body: new URLSearchParams() })).status).toBe(403)
    expect((await visitor.post('/save')).text).toBe('1')
  })

  it('that could not be stored is a 503 in the shape that was asked for', async () => {
    const { house, visitor } = await begin()
    house.breakStore()
    const data = await visitor.see('/form/__data.json', { headers: { accept: 'application/json' } })
    expect([data.status, JSON.parse(data.text), data.cookies]).toEqual([503, { message: 'Service Unavailable' }, []])
  })

  it('is guarded by its route, however its path is spelled, and for its data too', async () => {
    const { visitor } = await begin()
    for (const path of ['/account/password', '/account/%70assword', '/account/password/__data.json', '/fresh']) {
      const { status, text } = await visitor.see(path)
      expect([path, status, text.includes('changed')]).toEqual([path, 403, false])
    }
    await visitor.post('/login')
    expect((await visitor.see('/account/%70assword')).text).toContain('changed')
  })

  it('that is made while the application is built has no session, and says so to who asks for one', () => {
    const page = readFileSync(join(built.folder, 'app/prerendered/about.html'), 'utf8')
    expect(page).toContain('/about is made once for everybody')
    expect(page).not.toContain('a session')
  })
})

describe('a request that a SvelteKit application makes to itself', () => {
  it('has the session of the request that it is made in, needs no token, and waits for nobody', async () => {
    const { visitor } = await begin()
    await visitor.see('/count')
    const { text, cookies } = await visitor.see('/sub')
    expect([text, cookies]).toEqual(['2 3 3 own 4', []])
    expect(await visitor.text('/peek')).toBe('4')
  })

  it('makes a new visitor one session, with one cookie', async () => {
    const { house, visitor } = await begin()
    const { text, cookies } = await visitor.see('/sub')
    expect([text, cookies.length]).toEqual(['1 2 2 own 3', 1])
    expect((await house.driver.list()).sessions).toHaveLength(1)
    expect(await visitor.text('/peek')).toBe('3')
  })

  it('opens the session for itself when the page is on its way already', async () => {
    const { house, visitor } = await begin()
    await visitor.see('/count')
    const page = await visitor.open('/late-sub')
    house.letFlow()
    expect(await page.text()).toContain('2 3')
    expect(await visitor.text('/peek')).toBe('3')
  })
})

describe('what a handle throws behind session()', () => {
  it('is an answer below 500: what was set is kept, and a new visitor gets the cookie', async () => {
    for (const [way, status, location] of [
      ['away', 303, '/home'],
      ['late', 303, '/home'],
      ['refused', 410, null],
    ] as const) {
      const { visitor } = await begin()
      const first = await visitor.see(`/thrown/${way}`)
      expect([way, first.status, first.headers.get('location'), first.cookies.length]).toEqual([way, status, location, 1])
      expect((await visitor.see(`/thrown/${way}`)).status).toBe(status)
      expect(await visitor.text('/peek')).toBe('2')
    }
  })

  it('gives a script that asks for the data of a page the cookie with the redirect', async () => {
    const { visitor } = await begin()
    const { status, text, cookies } = await visitor.see('/thrown/away/__data.json')
    expect([status, JSON.parse(text), cookies.length]).toEqual([200, { type: 'redirect', status: 303, location: '/home' }, 1])
    expect(cookies[0]).toMatch(/^ml_session=[0-9a-f]{40}; Max-Age=7200; Path=\/; HttpOnly; SameSite=Lax$/i)
  })

  it('gives it the cookie too where the handle has returned the redirect', async () => {
    const { visitor } = await begin()
    const { status, text, headers, cookies } = await visitor.see('/thrown/returned/__data.json')
    expect([status, JSON.parse(text), cookies.length]).toEqual([200, { type: 'redirect', status: 303, location: '/home' }, 1])
    expect(headers.get('cache-control')).toContain('no-store')
    expect((await visitor.see('/thrown/returned')).headers.get('location')).toBe('/home')
    expect(await visitor.text('/peek')).toBe('2')
  })

  it('is kept by no cache when it has the cookie, also a redirect for good (ASVS-14.2.2)', async () => {
    const { visitor } = await begin()
    const { status, headers, cookies } = await visitor.see('/thrown/moved')
    expect([status, headers.get('location'), cookies.length, headers.get('cache-control')]).toEqual([308, '/home', 1, 'no-store'])
  })

  it('is a failure from 500 on: nothing is kept, and the lock is given back', async () => {
    const { visitor } = await begin()
    await visitor.see('/count')
    expect((await visitor.see('/thrown/unwell')).status).toBe(503)
    expect((await visitor.see('/thrown/broken')).status).toBe(500)
    expect(await visitor.text('/count')).toBe('2')
  })

  it('does not lead on where it could not be stored', async () => {
    const { house, visitor } = await begin()
    house.breakStore()
    const { status, headers, cookies } = await visitor.see('/thrown/away')
    expect([status, headers.get('location'), cookies]).toEqual([503, null, []])
  })
})
