import { runPages } from '../life/page-of-requests.ts'
import { openStore } from '../life/stores.ts'
import type { Figure, FigureRow } from './figure.ts'

const stores = ['memory', 'files', 'SQLite', 'PostgreSQL', 'MariaDB', 'Redis'] as const
const sizes = { full: { requests: 12, pages: 200 }, small: { requests: 12, pages: 3 } }

export const figure: Figure = {
  name: 'life-page',
  title: 'A page that sends 12 requests of one session at once, each with 20 ms of work',
  peers: ['pg', 'mysql2', 'redis'],
  async run(size, { log }) {
    const counts: Record<string, number> = {}
    const rows: FigureRow[] = []
    for (const name of stores) {
      await using store = await openStore(name)
      for (const concurrency of ['readonly', 'merge', 'exclusive'] as const) {
        log(`${name}, ${concurrency}`)
        const { aloneMs, pageMs, ...counted } = await runPages(store, concurrency, sizes[size])
        for (const [count, value] of Object.entries(counted)) counts[`${name}, ${concurrency}: ${count}`] = value
        rows.push({
          store: store.title,
          concurrency,
          'one request, ms': Math.round(10 * aloneMs) / 10,
          'the page, ms': Math.round(10 * pageMs) / 10,
          'times one': Math.round(100 * (pageMs / aloneMs)) / 100,
          answered: counted.answered,
          failed: counted.failed,
          'increments lost': counted.lost,
        })
      }
    }
    return { counts, rows }
  },
}
