import { runKills } from '../shared/kills.ts'
import { CLIENT_PACKAGES } from '../sql/clients.ts'
import { engines, startSqlPlace } from '../sql/place.ts'
import type { Figure, FigureRow } from './figure.ts'

const faults = ['SIGSTOP', 'SIGKILL'] as const
const sizes = {
  full: { holders: 100, atOnce: 8 },
  small: { holders: 3, atOnce: 3 },
}

export const figure: Figure = {
  name: 'sql-kills',
  title: 'Processes that hold a session in a database, killed, or stopped past their leases',
  peers: CLIENT_PACKAGES,
  async run(size, { seed, log }) {
    const { holders, atOnce } = sizes[size]
    const counts: Record<string, number> = {}
    const rows: FigureRow[] = []
    for (const engine of engines) {
      await using place = await startSqlPlace(engine)
      for (const fault of faults) {
        log(`${place.title}, ${fault} of ${holders} holders`)
        const result = await runKills(place, { fault, holders, atOnce, leaseSeconds: 0.5, seed })
        for (const [name, count] of Object.entries(result)) counts[`${engine}, ${fault}: ${name}`] = count
        const ofStopped = (count: number): number | string => (fault === 'SIGSTOP' ? count : 'none made')
        const ofFile = (count: number): number | string => (engine === 'SQLite' ? ofStopped(count) : '')
        rows.push({
          database: place.title,
          fault,
          holders,
          'the next one got the session': result.gotIt,
          'before the lease had ended': result.tooEarly,
          'after it, ms at most': Math.round(result.longestMs),
          'late writes accepted': ofStopped(result.lateAccepted),
          'refused as ERR_SESSION_LOCK_LOST': ofStopped(result.lateRefusedAsLost),
          'refused since the file was locked': ofFile(result.lateOtherwise),
          'stopped inside of a write': ofFile(result.blocking),
          'others turned away meanwhile': ofFile(result.turnedAway),
          'increments acknowledged': result.acknowledged,
          'of them lost': result.lost,
          'locks left behind': result.locksLeft,
        })
      }
    }
    return { counts, rows }
  },
}
