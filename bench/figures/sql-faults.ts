import { type RestartResult, runRestarts } from '../shared/restarts.ts'
import { CLIENT_PACKAGES } from '../sql/clients.ts'
import { type CutResult, runCuts } from '../sql/cuts.ts'
import { serverEngines, startSqlServerPlace } from '../sql/place.ts'
import type { Figure, FigureRow } from './figure.ts'

const LEASE_SECONDS = 0.5
const sizes = {
  full: { restarts: 20, sessions: 16, cuts: 300, atOnce: 4 },
  small: { restarts: 2, sessions: 4, cuts: 20, atOnce: 2 },
}

export const figure: Figure = {
  name: 'sql-faults',
  title: 'Requests of sessions in a database while the server is restarted, and while connections are cut',
  peers: CLIENT_PACKAGES,
  async run(size, { seed, log }) {
    const { restarts, sessions, cuts, atOnce } = sizes[size]
    const counts: Record<string, number> = {}
    const rows: FigureRow[] = []
    for (const engine of serverEngines) {
      await using place = await startSqlServerPlace(engine)
      const enter = (key: string, fault: string, times: number, result: RestartResult | CutResult): void => {
        for (const [name, count] of Object.entries(result)) counts[`${engine}, ${key}: ${name}`] = count
        rows.push({
          database: place.title,
          fault,
          times,
          'increments acknowledged': result.acknowledged,
          'answered with an error': result.failed,
          'of them stored though called lost': result.refusedButStored,
          'acknowledged and lost': result.lost,
          'counted twice': result.countedTwice,
          'sessions emptied': result.emptied,
          'given a new id': result.newIds,
          'locks left behind': result.locksLeft,
        })
      }
      log(`${place.title}, ${restarts} restarts`)
      const restarted = await runRestarts(place, { restarts, sessions, leaseSeconds: LEASE_SECONDS, seed })
      enter('restarts', 'server killed or ended, and started again', restarts, restarted)
      log(`${place.title}, ${cuts} cuts`)
      const cut = await runCuts(place, { cuts, atOnce, leaseSeconds: LEASE_SECONDS, seed })
      enter('cuts', 'connection cut', cut.cuts, cut)
    }
    return { counts, rows }
  },
}
