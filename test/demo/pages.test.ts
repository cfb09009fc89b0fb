import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { describeNeeding } from '../support/needs.ts'
import { follow, logIn, sessionCookie } from './support/browser.ts'
import { runningBrowser, runningDemo } from './support/fixture.ts'

describeNeeding('chromium', 'the pages of the demo', () => {
  const demo = runningDemo()
  const browser = runningBrowser()

  it('counts the visits of one visitor, in all tabs together, and not those of another', async () => {
    const tab = await browser.newPage()
    await tab.goto(demo.origin)
    await tab.reload()
    const other = await tab.context().newPage()
    await other.goto(demo.origin)
    expect(await other.getByRole('heading', { level: 1 }).textContent()).toBe('You have opened this page 3 times.')
    const stranger = await browser.newPage()
    await stranger.goto(demo.origin)
    expect(await stranger.getByRole('heading', { level: 1 }).textContent()).toBe('You have opened this page 1 time.')
  })

  it('shows a flashed note on the next page and not on the one after, and as text', async () => {
    const page = await browser.newPage()
    await page.goto(demo.origin)
    await page.getByLabel('Note').fill('<img src=x onerror=alert(1)>')
    await follow(page.getByRole('button', { name: 'Leave it' }))
    expect(await page.getByRole('status').textContent()).toBe('<img src=x onerror=alert(1)>')
    expect(new URL(page.url()).pathname).toBe('/')
    await page.reload()
    expect(await page.getByRole('status').count()).toBe(0)
  })

  it('keeps a basket: adds, changes and removes a line', async () => {
    const page = await browser.newPage()
    await page.goto(`${demo.origin}/basket`)
    await follow(page.getByRole('button', { name: 'Add to the basket: Brass cleat' }))
    await follow(page.getByRole('button', { name: 'Add to the basket: Mooring rope' }))
    await follow(page.getByRole('button', { name: 'Add to the basket: Brass cleat' }))
    expect(await page.getByLabel('Quantity of Brass cleat', { exact: true }).inputValue()).toBe('2')
    expect(await page.locator('#total').textContent()).toBe('€60.30')

    await page.getByLabel('Quantity of Mooring rope, 10 m', { exact: true }).fill('3')
    await follow(page.getByRole('button', { name: 'Set the quantity of Mooring rope' }))
    await follow(page.getByRole('button', { name: 'Remove Brass cleat' }))
    expect(await page.getByLabel(/^Quantity of/).count()).toBe(1)
    expect(await page.locator('#total').textContent()).toBe('€103.50')

    await page.goto(demo.origin)
    const held = await page.locator('.facts').innerText()
    expect(held).toMatch(/cart\.items\.0\.sku\s+"rope"\s+cart\.items\.0\.quantity\s+3\s/)
  })

  it('shows what is in the session and in the store, and no secret', async () => {
    const page = await browser.newPage()
    await logIn(page, demo.origin)
    await page.goto(`${demo.origin}/inside`)
    const text = await page.getByRole('main').innerText()
    const id = (await sessionCookie(page))?.value ?? ''
    const key = createHash('sha256').update(id).digest('hex')
    expect(id).toMatch(/^[0-9a-f]{40}$/)
    expect(text).toContain(`var/sessions/${key.slice(0, 2)}/${key}`)
    expect(text).toMatch(/user\.profile\.name\s+"Ada"/)
    expect(text).toMatch(/payload\s+.*"_token".*••••••••.*"Ada"/)
    expect(await page.content()).not.toContain(id)
    // The token has 80 hex digits, and the masked one of the logout form twice as many.
    expect(text).not.toMatch(/[0-9a-f]{80}/)
  })

  it('shows that nothing is stored for a visitor who did nothing yet', async () => {
    const page = await browser.newPage()
    await page.goto(`${demo.origin}/inside`)
    expect(await page.getByText('this session was not worth keeping until now').count()).toBe(1)
    expect(await sessionCookie(page)).toBe(undefined)
  })
})
