import { onTestFinished } from 'vitest'
import { MemoryDriver } from '../../../src/drivers/memory.ts'
import { SessionManager } from '../../../src/manager/session-manager.ts'
import { testClient } from '../../../src/testing/test-client.ts'
import type { TestApp, TestClient } from '../../../src/testing/test-client.ts'
import { testClock } from '../../../src/testing/test-clock.ts'
import type { TestClock } from '../../../src/testing/test-clock.ts'

/** The demo as it is served, over a store whose clock a test moves. */
export interface ClockedDemo {
  readonly sessions: SessionManager
  readonly clock: TestClock
  /** Somebody else's browser, each time. */
  readonly browser: () => TestClient
}

interface DemoModule {
  readonly demoApp: (sessions: SessionManager, driver: MemoryDriver, store: object) => TestApp
}

// By an address, and not by an import: the demo declares for all of TypeScript what its sessions hold.
const DEMO = new URL('../../../examples/demo/app.ts', import.meta.url).href

/** Makes the demo's application. Its browsers are closed when the test is over. */
export async function clockedDemo(): Promise<ClockedDemo> {
  const { demoApp }: DemoModule = await import(/* @vite-ignore */ DEMO)
  const clock = testClock()
  const driver = new MemoryDriver({ clock: clock.now })
  const sessions = new SessionManager({ driver, cookie: { secure: 'auto' } })
  const app = demoApp(sessions, driver, { place: 'memory', entry: 'entry', nameOf: (key: string) => key })
  return {
    sessions,
    clock,
    browser: () => {
      const client = testClient(app, { sessions })
      onTestFinished(() => client.close())
      return client
    },
  }
}

/** Logs the demo's account in. */
export async function logInto(browser: TestClient): Promise<void> {
  await browser.get('/login')
  const { status } = await browser.post('/login', { form: { login: 'ada', password: 'lovelace' } })
  if (status !== 303) throw new Error(`The login was answered with ${status}.`)
}

/** The text of a page. */
export async function pageOf(browser: TestClient, path: string): Promise<string> {
  return await (await browser.get(path)).text()
}
