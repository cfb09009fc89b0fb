import { chromium, type Browser, type Cookie, type Locator, type Page } from 'playwright-core'
import { chromiumPath } from '../../support/needs.ts'

// As root it has no sandbox to be had; the rest keeps it from asking the network for anything of its own.
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath(), args: ARGS })
}

/** Collects what a page complains of: errors in its console, scripts that threw, requests that failed. */
export function complaintsOf(page: Page): string[] {
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('requestfailed', (request) => {
    const why = request.failure()?.errorText
    // Given up by the browser itself, because it went on to the next page.
    if (why !== 'net::ERR_ABORTED') complaints.push(`${request.method()} ${request.url()}: ${why}`)
  })
  return complaints
}

/** Presses a link or a button, and answers when the page that it leads to is there. */
export async function follow(target: Locator): Promise<void> {
  const arrived = target.page().waitForEvent('domcontentloaded')
  await target.click()
  await arrived
}

/** Logs the demo's account in. */
export async function logIn(page: Page, origin: string, password = 'lovelace'): Promise<void> {
  await page.goto(`${origin}/login`)
  await page.getByLabel('Name').fill('ada')
  await page.getByLabel('Password').fill(password)
  await follow(page.getByRole('main').getByRole('button', { name: 'Log in' }))
}

/** The cookie of the session, if the browser has one. */
export async function sessionCookie(page: Page): Promise<Cookie | undefined> {
  return (await page.context().cookies()).find(({ name }) => name === 'ml_session')
}
