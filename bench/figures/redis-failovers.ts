import { CLIENT_PACKAGES } from '../redis/clients.ts'
import { type FailoverResult, runFailovers } from '../redis/failovers.ts'
import type { Figure, FigureRow } from './figure.ts'

const sizes = { full: { failovers: 10, sessions: 8 }, small: { failovers: 1, sessions: 4 } }

export const figure: Figure = {
  name: 'redis-failovers',
  title: 'Sessions in Redis while sentinels make the replica the master',
  peers: CLIENT_PACKAGES,
  async run(size, { seed, log }) {
    const { failovers, sessions } = sizes[size]
    const { without, withWait, leftovers } = await runFailovers({ failovers, sessions, leaseSeconds: 0.5, seed, log })
    const counts: Record<string, number> = { failovers, ...leftovers }
    const rows: FigureRow[] = []
    const enter = (writes: string, result: FailoverResult): void => {
      for (const [name, count] of Object.entries(result)) counts[`${writes}: ${name}`] = count
      rows.push({
        writes,
        failovers,
        'increments acknowledged': result.acknowledged,
        'answered with an error': result.failed,
        'acknowledged and lost': result.lost,
        'master killed': result.lostByKill,
        'master paused': result.lostByPause,
        'by command': result.lostByCommand,
        'counted twice': result.countedTwice,
        'sessions emptied': result.emptied,
        'given a new id': result.newIds,
        'commits from one version, by one master': result.doubleHolders,
        'by both masters': result.acrossMasters,
        'locks left behind': leftovers.locksLeft,
      })
    }
    enter('as by default', without)
    enter('waitReplicas: 1', withWait)
    return { counts, rows }
  },
}
