import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { launchBrowser } from './browser.ts'
import { demoFolder, killDemos, removeFolder, startDemo } from './demo.ts'

/** A demo that runs during the tests of a file or a `describe`. */
export interface RunningDemo {
  readonly origin: string
  readonly folder: string
}

export function runningDemo(): RunningDemo {
  const running = { origin: '', folder: '' }
  beforeAll(async () => {
    running.folder = await demoFolder()
    running.origin = (await startDemo(running.folder)).origin
  })
  afterAll(async () => {
    await killDemos()
    await removeFolder(running.folder)
  })
  return running
}

/** A browser during the tests of a `describe`. Each page that it gives is of another visitor. */
export function runningBrowser(): { newPage(options?: BrowserContextOptions): Promise<Page> } {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchBrowser()
  })
  afterAll(() => browser?.close())
  afterEach(() => Promise.all(browser.contexts().map((context) => context.close())))
  return { newPage: async (options) => (await browser.newContext(options)).newPage() }
}
