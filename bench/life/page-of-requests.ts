import { session } from '../../src/adapters/fetch.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import type { Concurrency } from '../../src/session/session-state.ts'
import type { Store } from './stores.ts'

const WORK_MS = 20
const ORIGIN = 'https://bench.example/'

export interface PageRun {
  readonly requests: number
  readonly pages: number
}

export interface PageResult {
  /** Milliseconds, the middle of all pages: one request alone, and the whole page. */
  readonly aloneMs: number
  readonly pageMs: number
  /** Increments that were answered with 200, and those of them that are not stored. */
  readonly answered: number
  readonly lost: number
  readonly failed: number
}

/** A page that sends many requests of one session at once, each with 20 ms of work: once a request alone, then the page, time after time. */
export async function runPages(store: Store, concurrency: Concurrency, { requests, pages }: PageRun): Promise<PageResult> {
  const sessions = new SessionManager({ driver: store.drivers[0], collectEverySeconds: 0 })
  const app = session(sessions, { concurrency })(async (request, { session: own }) => {
    if (concurrency !== 'readonly') own.increment('visits')
    await new Promise((resolve) => setTimeout(resolve, WORK_MS))
    if (concurrency !== 'readonly') own.set(`seen.${new URL(request.url).searchParams.get('n') ?? 'none'}`, true)
    return new Response('seen')
  })
  const id = await sessions.run(undefined, (own) => {
    own.set('visits', 0)
    return own.id
  })
  const headers = { cookie: `__Host-${sessions.name}=${id}` }
  const ask = async (n: number): Promise<number> => (await app(new Request(`${ORIGIN}?n=${n}`, { headers }))).status
  const timesOf = { alone: new Array<number>(), page: new Array<number>() }
  const statuses: number[] = []
  for (let page = 0; page < pages; page++) {
    const began = performance.now()
    statuses.push(await ask(0))
    const between = performance.now()
    statuses.push(...(await Promise.all(Array.from({ length: requests }, (_, n) => ask(n)))))
    timesOf.alone.push(between - began)
    timesOf.page.push(performance.now() - between)
  }
  const stored = await sessions.start(id, { concurrency: 'readonly' })
  const answered = statuses.filter((status) => status === 200).length
  const kept = concurrency === 'readonly' ? answered : Number(stored.get('visits'))
  await sessions.close()
  return {
    aloneMs: middle(timesOf.alone),
    pageMs: middle(timesOf.page),
    answered,
    lost: answered - kept,
    failed: statuses.length - answered,
  }
}

function middle(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN
}
