import { createRequire } from 'node:module'
import { isD1, type D1 } from '../../src/drivers/database/bridges/d1.ts'

/** What is used of Miniflare. Its own types need packages that it does not bring. */
interface Miniflare {
  getD1Database(binding: string): Promise<unknown>
  dispatchFetch(url: string, init?: { readonly headers: Readonly<Record<string, string>> }): Promise<Pick<Response, 'json' | 'headers'>>
  dispose(): Promise<void>
}

const load = createRequire(import.meta.url)

/** Starts workerd with a D1 database that a script knows as `DB`. Dispose of it afterwards. */
export function startWorker(script: string): Miniflare {
  const { Miniflare: Class }: { readonly Miniflare: new (options: object) => Miniflare } = load('miniflare')
  return new Class({
    modules: true,
    script,
    d1Databases: ['DB'],
    compatibilityDate: '2026-07-01',
    compatibilityFlags: ['nodejs_compat'],
  })
}

/** Its database, as this process reaches it. */
export async function databaseOf(worker: Miniflare): Promise<D1> {
  const database = await worker.getD1Database('DB')
  if (!isD1(database)) throw new Error('Miniflare gave no D1 database')
  return database
}
