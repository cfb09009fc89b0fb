import { CLIENT_PACKAGES, libraries } from '../redis/clients.ts'
import { type CutResult, runCuts } from '../redis/cuts.ts'
import { startRedisPlace } from '../redis/place.ts'
import { type RestartResult, runRestarts } from '../shared/restarts.ts'
import type { Figure, FigureRow } from './figure.ts'

const LEASE_SECONDS = 0.5
const sizes = {
  full: { restarts: 30, sessions: 16, places: undefined, atOnce: 4 },
  small: { restarts: 2, sessions: 4, places: 24, atOnce: 2 },
}

export const figure: Figure = {
  name: 'redis-cuts',
  title: 'Requests of sessions in Redis while the server is restarted, and while connections are cut at each command',
  peers: CLIENT_PACKAGES,
  async run(size, { seed, log }) {
    const { restarts, sessions, places, atOnce } = sizes[size]
    const counts: Record<string, number> = {}
    const rows: FigureRow[] = []
    const enter = (key: string, fault: string, clients: string, times: number, result: RestartResult | CutResult): void => {
      for (const [name, count] of Object.entries(result)) counts[`${key}: ${name}`] = count
      rows.push({
        fault,
        clients,
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
    log(`${restarts} restarts`)
    await using restartedPlace = await startRedisPlace()
    const restarted = await runRestarts(restartedPlace, { restarts, sessions, leaseSeconds: LEASE_SECONDS, seed })
    enter('restarts', 'server killed or ended, and started again', libraries.join(', '), restarts, restarted)
    for (const library of libraries) {
      log(`cuts, ${library}`)
      await using place = await startRedisPlace(library)
      const cut = await runCuts(place, { places, atOnce, leaseSeconds: LEASE_SECONDS, seed })
      enter(library, 'connection cut at a command', library, cut.cuts, cut)
    }
    return { counts, rows }
  },
}
