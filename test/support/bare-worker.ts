import { createRequire } from 'node:module'

/** What is used of Miniflare. Its own types need packages that it does not bring. */
interface Miniflare {
  dispatchFetch(url: string, init: { readonly method: string; readonly body: string }): Promise<{ json(): Promise<unknown> }>
  dispose(): Promise<void>
}

const load = createRequire(import.meta.url)

/** Starts workerd with a script, and nothing of Node in it. Dispose of it afterwards. */
export function startBareWorker(script: string): Miniflare {
  const { Miniflare: Class }: { readonly Miniflare: new (options: object) => Miniflare } = load('miniflare')
  // From a later date on Node's modules are there unless they are refused.
  return new Class({ modules: true, script, compatibilityDate: '2026-07-01', compatibilityFlags: ['no_nodejs_compat'] })
}
