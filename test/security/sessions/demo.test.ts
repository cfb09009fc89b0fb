import { describe, expect, it } from 'vitest'
import { clockedDemo, logInto, pageOf } from '../support/session-demo.ts'

const PAGES = ['/', '/basket', '/two-tabs', '/inside', '/devices', '/login']
const QUARTER_MS = 900_000
const LOGOUT = /<form[^>]* method="post" action="\/logout">\s*<input type="hidden" name="_csrf" value="[0-9a-f]+"[^>]*>/

/** The handles that a page of devices has forms for, and which of them is marked. */
function devicesIn(page: string): { readonly handle: string; readonly isThis: boolean }[] {
  const forms = page.split('<form class="device"').slice(1)
  return forms.map((form) => ({ handle: /name="handle" value="([0-9a-f]+)"/.exec(form)?.[1] ?? '', isThis: form.includes('this one') }))
}

describe('the sessions of the demo', () => {
  it('ASVS-7.4.4 each page has a logout once somebody is logged in: a form that is posted with the token', async () => {
    const { browser } = await clockedDemo()
    const ada = browser()
    expect(await pageOf(ada, '/')).not.toMatch(LOGOUT)
    await logInto(ada)
    for (const path of PAGES) expect([path, LOGOUT.test(await pageOf(ada, path))]).toEqual([path, true])
    expect((await ada.post('/logout', { csrf: false })).status).toBe(403)
    expect((await ada.get('/logout')).status).toBe(404)
    expect(await pageOf(ada, '/')).toMatch(LOGOUT)
    const left = await ada.post('/logout')
    expect([left.status, left.headers.get('location')]).toEqual([303, '/goodbye'])
    expect(left.headers.getSetCookie().join()).toContain('Max-Age=0')
    expect(await pageOf(ada, '/')).not.toMatch(LOGOUT)
  })

  it('NIST-5.1 f logging off is one button, and leads to a page that says that it is done', async () => {
    const { browser, sessions } = await clockedDemo()
    const ada = browser()
    await logInto(ada)
    const { headers } = await ada.post('/logout')
    expect(await pageOf(ada, headers.get('location') ?? '')).toContain('You are logged out.')
    expect((await sessions.list()).sessions).toEqual([])
  })

  it('ASVS-7.5.1 what ends other logins asks for a fresh login, and does nothing for an older one', async () => {
    const { browser, clock, sessions } = await clockedDemo()
    const [ada, phone] = [browser(), browser()]
    await logInto(ada)
    await logInto(phone)
    clock.advance(QUARTER_MS + 1000)
    for (const path of ['/devices/end-others', '/devices/end']) {
      const { status, headers } = await ada.post(path, { form: { handle: 'x' } })
      expect([status, headers.get('location')]).toEqual([303, '/login'])
    }
    expect((await sessions.list({ userId: 7 })).sessions).toHaveLength(2)
    await logInto(ada)
    expect((await ada.post('/devices/end-others')).headers.get('location')).toBe('/devices')
    expect((await sessions.list({ userId: 7 })).sessions).toHaveLength(1)
  })

  it('ASVS-7.5.2 after a login users see where else they are logged in, and end one of them or all', async () => {
    const { browser } = await clockedDemo()
    const browsers = [browser(), browser(), browser(), browser()] as const
    for (const each of browsers) await logInto(each)
    const [ada, ...others] = browsers
    const page = await pageOf(ada, '/devices')
    const devices = devicesIn(page)
    expect([devices.length, devices.filter(({ isThis }) => isThis).length]).toEqual([4, 1])
    expect(page).toMatch(/since [\d-]+ [\d:]+ UTC, last seen [\d-]+ [\d:]+ UTC/)
    await ada.post('/devices/end', { form: { handle: devices.find(({ isThis }) => !isThis)?.handle ?? '' } })
    expect(devicesIn(await pageOf(ada, '/devices'))).toHaveLength(3)
    await ada.post('/devices/end-others')
    expect(devicesIn(await pageOf(ada, '/devices'))).toHaveLength(1)
    for (const other of others) expect((await other.get('/devices')).headers.get('location')).toBe('/login')
  })
})
