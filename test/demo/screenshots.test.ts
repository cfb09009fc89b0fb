import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { repository } from '../../scripts/support/check.ts'
import { describeNeeding } from '../support/needs.ts'
import { logIn } from './support/browser.ts'
import { runningBrowser, runningDemo } from './support/fixture.ts'

// `npm run screenshots` renews the images of the docs; every other run leaves them alone.
const isForDocs = process.env['npm_lifecycle_event'] === 'screenshots'

describeNeeding('chromium', 'the screenshots of the docs', () => {
  const demo = runningDemo()
  const browser = runningBrowser()

  async function take(name: string, colorScheme: 'light' | 'dark', visit: (page: Page) => Promise<void>): Promise<void> {
    const page = await browser.newPage({ colorScheme, viewport: { width: 880, height: 720 }, deviceScaleFactor: 1.5 })
    await visit(page)
    const path = join(isForDocs ? join(repository, 'docs/images') : demo.folder, `${name}-${colorScheme}.png`)
    await mkdir(join(path, '..'), { recursive: true })
    await page.screenshot({ path, fullPage: true })
    const image = await readFile(path)
    expect(image.subarray(1, 4).toString()).toBe('PNG')
    expect(image.readUInt32BE(16)).toBe(1320)
  }

  async function home(page: Page): Promise<void> {
    await page.goto(demo.origin)
    await page.reload()
    await logIn(page, demo.origin)
    await page.getByRole('status').waitFor()
  }

  async function twoTabs(page: Page): Promise<void> {
    await page.goto(`${demo.origin}/two-tabs`)
    await page.getByRole('button', { name: 'Send 20 requests' }).click()
    await page.locator('#plain .verdict', { hasText: 'Rose by' }).waitFor()
  }

  it('shows the first page by day', () => take('home', 'light', home))
  it('shows the first page by night', () => take('home', 'dark', home))
  it('shows the two tabs by day', () => take('two-tabs', 'light', twoTabs))
  it('shows the two tabs by night', () => take('two-tabs', 'dark', twoTabs))
})
