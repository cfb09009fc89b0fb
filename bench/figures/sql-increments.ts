import { runIncrements } from '../shared/increments.ts'
import { CLIENT_PACKAGES } from '../sql/clients.ts'
import { engines, startSqlPlace } from '../sql/place.ts'
import type { Figure, FigureRow } from './figure.ts'

const sizes = {
  full: { processes: 8, increments: 50_000, atOnce: 4 },
  small: { processes: 4, increments: 400, atOnce: 4 },
}

export const figure: Figure = {
  name: 'sql-increments',
  title: 'Processes that raise the counter of one session in a database',
  peers: CLIENT_PACKAGES,
  async run(size, { log }) {
    const run = sizes[size]
    const counts: Record<string, number> = { processes: run.processes }
    const rows: FigureRow[] = []
    for (const engine of engines) {
      await using place = await startSqlPlace(engine)
      log(`${place.title}, ${run.processes} processes, ${run.increments} increments`)
      const startedAt = performance.now()
      const result = await runIncrements(place, run)
      for (const [name, count] of Object.entries(result)) counts[`${engine}: ${name}`] = count
      rows.push({
        database: place.title,
        processes: run.processes,
        'requests at once in each': run.atOnce,
        'increments acknowledged': result.acknowledged,
        'acknowledged increments lost': result.lost,
        'counted twice': result.tooMany,
        'locks left behind': result.locksLeft,
        'seconds in all': Math.round((performance.now() - startedAt) / 1000),
      })
    }
    return { counts, rows }
  },
}
