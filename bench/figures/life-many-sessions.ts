import { shown } from '../harness/quiet.ts'
import { PAGE, runMany } from '../life/many-sessions.ts'
import { openStore } from '../life/stores.ts'
import type { Figure, FigureRow } from './figure.ts'

const stores = ['memory', 'files', 'PostgreSQL', 'MariaDB', 'Redis'] as const
const sizes = {
  full: { sessions: 10_000, control: 5000 },
  small: { sessions: 250, control: 100 },
}

export const figure: Figure = {
  name: 'life-many-sessions',
  title: 'A user with many sessions: what a page of their list takes, and what another user waits for while they are revoked',
  peers: ['pg', 'mysql2', 'redis', 'ioredis'],
  async run(sizeName, { log }) {
    const size = sizes[sizeName]
    const counts: Record<string, number> = {}
    const rows: FigureRow[] = []
    for (const name of stores) {
      await using store = await openStore(name)
      log(`${name}: ${size.sessions} sessions`)
      const { counts: found, unit, revokeSeconds, idle, meanwhile } = await runMany(name, store, size)
      for (const [count, value] of Object.entries(found)) counts[`${name}: ${count}`] = value
      rows.push({
        store: store.title,
        sessions: size.sessions,
        listed: found['listed'] ?? Number.NaN,
        [`pages of ${PAGE}`]: found['pages'] ?? Number.NaN,
        'for a page at most': unit === undefined ? 'not seen' : `${found['takenForPageAtMost']} ${unit}`,
        revoked: found['revoked'] ?? Number.NaN,
        'left afterwards': found['left'] ?? Number.NaN,
        'all, s': shown(revokeSeconds),
        'requests of another meanwhile': meanwhile.length,
        'median, ms': shown(share(meanwhile, 0.5)),
        '99 %, ms': shown(share(meanwhile, 0.99)),
        'median before, ms': shown(share(idle, 0.5)),
        '99 % before, ms': shown(share(idle, 0.99)),
      })
    }
    return { counts, rows }
  },
}

/** What so large a share of the waits is not longer than. */
function share(waits: readonly number[], part: number): number {
  return waits.toSorted((one, other) => one - other)[Math.floor((waits.length - 1) * part)] ?? Number.NaN
}
