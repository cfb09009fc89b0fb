import { expect, it } from 'vitest'
import { describeNeeding } from '../support/needs.ts'
import { complaintsOf, follow, logIn } from './support/browser.ts'
import { send } from './support/client.ts'
import { runningBrowser, runningDemo } from './support/fixture.ts'

const PATHS = ['/', '/basket', '/two-tabs', '/inside', '/login', '/goodbye']

describeNeeding('chromium', 'the demo in a browser', () => {
  const demo = runningDemo()
  const browser = runningBrowser()

  it('works without JavaScript, but for the race, which says so', async () => {
    const page = await browser.newPage({ javaScriptEnabled: false })
    await logIn(page, demo.origin)
    expect(await page.getByRole('status').textContent()).toBe('Welcome back, Ada.')
    await page.getByLabel('Note').fill('no script')
    await follow(page.getByRole('button', { name: 'Leave it' }))
    expect(await page.getByRole('status').textContent()).toBe('no script')
    await follow(page.getByRole('link', { name: 'Basket' }))
    await follow(page.getByRole('button', { name: 'Add to the basket: Bow shackle' }))
    await page.getByLabel('Quantity of Bow shackle, steel', { exact: true }).fill('10')
    await follow(page.getByRole('button', { name: 'Set the quantity of Bow shackle' }))
    expect(await page.locator('#total').textContent()).toBe('€48.00')
    await follow(page.getByRole('link', { name: 'Two tabs' }))
    expect(await page.getByText('takes JavaScript').isVisible()).toBe(true)
    expect(await page.getByRole('button', { name: 'Send 20 requests' }).isVisible()).toBe(false)
    await follow(page.getByRole('button', { name: 'Log out' }))
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('You are logged out.')
  })

  it('loads every page without a complaint in the console, by night and on a small screen too', async () => {
    const page = await browser.newPage({ colorScheme: 'dark', viewport: { width: 360, height: 640 } })
    const complaints = complaintsOf(page)
    for (const path of PATHS) {
      await page.goto(demo.origin + path)
      expect(
        await page.evaluate('document.documentElement.scrollWidth - innerWidth'),
        `${path} is wider than the screen`,
      ).toBeLessThanOrEqual(0)
    }
    expect(complaints).toEqual([])
  })

  it('shows where the keyboard is, from the first press of Tab', async () => {
    const page = await browser.newPage()
    await page.goto(demo.origin)
    const stops: string[] = []
    for (let press = 0; press < 9; press++) {
      await page.keyboard.press('Tab')
      const focused = page.locator(':focus')
      expect(await focused.evaluate((element) => getComputedStyle(element).outlineStyle)).toBe('solid')
      stops.push((await focused.getAttribute('id')) ?? (await focused.innerText()))
    }
    expect(stops).toEqual(['To the content', 'Holdfast', 'Home', 'Basket', 'Two tabs', 'Inside', 'Log in', 'note', 'Leave it'])
  })

  it('lets no script in but its own, and no other site frame it', async () => {
    const { headers } = await send(demo.origin)
    const policy = headers['content-security-policy']
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toContain('unsafe')
  })

  it('explains a page that is not there', async () => {
    const page = await browser.newPage()
    const answer = await page.goto(`${demo.origin}/nowhere`)
    expect(answer?.status()).toBe(404)
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('There is no such page')
  })
})
