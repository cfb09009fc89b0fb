import { expect, it } from 'vitest'
import { describeNeeding } from '../support/needs.ts'
import { follow, logIn, sessionCookie } from './support/browser.ts'
import { visits } from './support/client.ts'
import { runningBrowser, runningDemo } from './support/fixture.ts'

describeNeeding('chromium', 'the account of the demo', () => {
  const demo = runningDemo()
  const browser = runningBrowser()

  it('is open to its password: the greeting is shown once, and the basket is still there', async () => {
    const page = await browser.newPage()
    await page.goto(`${demo.origin}/basket`)
    await follow(page.getByRole('button', { name: 'Add to the basket: Brass cleat' }))
    const before = await sessionCookie(page)
    await logIn(page, demo.origin)
    expect(await page.getByRole('status').textContent()).toBe('Welcome back, Ada.')
    await page.reload()
    expect(await page.getByRole('status').count()).toBe(0)
    expect(await page.getByRole('button', { name: 'Log out' }).count()).toBe(1)
    await page.goto(`${demo.origin}/basket`)
    expect(await page.locator('#total').textContent()).toBe('€12.90')

    const after = await sessionCookie(page)
    expect(after).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/' })
    expect(after?.value).not.toBe(before?.value)
  })

  it('is closed to another password, and says so once', async () => {
    const page = await browser.newPage()
    await logIn(page, demo.origin, 'byron')
    expect(await page.getByRole('alert').textContent()).toBe('That name and password do not belong together.')
    await page.reload()
    expect(await page.getByRole('alert').count()).toBe(0)
    expect(await page.getByRole('button', { name: 'Log out' }).count()).toBe(0)
  })

  it('is left for good: the cookie is gone, and a copy of it opens nothing', async () => {
    const page = await browser.newPage()
    await logIn(page, demo.origin)
    await page.reload()
    const stolen = (await sessionCookie(page))?.value
    await follow(page.getByRole('button', { name: 'Log out' }))
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('You are logged out.')
    expect(await sessionCookie(page)).toBe(undefined)
    expect(await visits(demo.origin, `ml_session=${stolen}`)).toBe(1)
    await follow(page.getByRole('link', { name: 'Begin a new session' }))
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('You have opened this page 1 time.')
  })
})
