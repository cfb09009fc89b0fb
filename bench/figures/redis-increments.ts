import { CLIENT_PACKAGES } from '../redis/clients.ts'
import { startRedisPlace } from '../redis/place.ts'
import { runIncrements } from '../shared/increments.ts'
import type { Figure } from './figure.ts'

const sizes = {
  full: { processes: 8, increments: 100_000, atOnce: 4 },
  small: { processes: 8, increments: 1000, atOnce: 4 },
}

export const figure: Figure = {
  name: 'redis-increments',
  title: 'Processes that raise the counter of one session in Redis',
  peers: CLIENT_PACKAGES,
  async run(size, { log }) {
    const run = sizes[size]
    log(`${run.processes} processes, ${run.increments} increments`)
    await using place = await startRedisPlace()
    const result = await runIncrements(place, run)
    return {
      counts: { processes: run.processes, ...result },
      rows: [
        {
          processes: run.processes,
          'requests at once in each': run.atOnce,
          'increments acknowledged': result.acknowledged,
          'acknowledged increments lost': result.lost,
          'counted twice': result.tooMany,
          'locks left behind': result.locksLeft,
        },
      ],
    }
  },
}
