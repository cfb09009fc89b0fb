import { CLIENT_PACKAGES } from '../redis/clients.ts'
import { startRedisPlace } from '../redis/place.ts'
import { runKills } from '../shared/kills.ts'
import type { Figure, FigureRow } from './figure.ts'

const faults = ['SIGSTOP', 'SIGKILL'] as const
const sizes = {
  full: { SIGKILL: 200, SIGSTOP: 200, atOnce: 8 },
  small: { SIGKILL: 10, SIGSTOP: 5, atOnce: 5 },
}

export const figure: Figure = {
  name: 'redis-kills',
  title: 'Processes that hold a session in Redis, killed, or stopped past their leases',
  peers: CLIENT_PACKAGES,
  async run(size, { seed, log }) {
    const counts: Record<string, number> = {}
    const rows: FigureRow[] = []
    for (const fault of faults) {
      const holders = sizes[size][fault]
      log(`${fault} of ${holders} holders`)
      await using place = await startRedisPlace()
      const result = await runKills(place, { fault, holders, atOnce: sizes[size].atOnce, leaseSeconds: 0.5, seed })
      for (const [name, count] of Object.entries(result)) counts[`${fault}: ${name}`] = count
      rows.push({
        fault,
        holders,
        'the next one got the session': result.gotIt,
        'before the lease had ended': result.tooEarly,
        'after it, ms at most': Math.round(result.longestMs),
        'late writes accepted': fault === 'SIGSTOP' ? result.lateAccepted : 'none made',
        'refused as ERR_SESSION_LOCK_LOST': fault === 'SIGSTOP' ? result.lateRefusedAsLost : 'none made',
        'increments acknowledged': result.acknowledged,
        'of them lost': result.lost,
        'locks left behind': result.locksLeft,
      })
    }
    return { counts, rows }
  },
}
