import { onTestFinished } from 'vitest'
import type { RequestHandler } from 'express'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import type { ListingDriver, SessionDriver } from '../../src/index.ts'
import { toExpressStore } from '../../src/interop/index.ts'
import type { ExpressStore, ToExpressStoreOptions } from '../../src/interop/index.ts'
import { testClient } from '../../src/testing/index.ts'
import type { TestClient } from '../../src/testing/index.ts'
import { theirApp } from './express-session-app.ts'

export function storeOver(driver: SessionDriver, options?: ToExpressStoreOptions): ExpressStore {
  const store = toExpressStore(driver, options)
  onTestFinished(() => store.close())
  return store
}

export function clientOf(store: ExpressStore, routes?: Readonly<Record<string, RequestHandler>>, options?: object): TestClient {
  const client = testClient(theirApp(store, routes, options))
  onTestFinished(() => client.close())
  return client
}

export const memory = (): MemoryDriver => new MemoryDriver({ acknowledged: true })

export async function text(response: Promise<Response>): Promise<string> {
  return (await response).text()
}

export async function sessionsIn(driver: ListingDriver): Promise<number> {
  return (await driver.list()).sessions.length
}
