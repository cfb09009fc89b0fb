import { runIncrements } from '../file/increments.ts'
import type { Figure } from './figure.ts'

export const figure: Figure = {
  name: 'file-increments',
  title: 'Processes that raise the counter of one file session, killed at random with SIGKILL',
  async run(size, { seed, log }) {
    const [processes, increments, everyMean] = size === 'full' ? [8, 20_000, 100] : [4, 500, 60]
    log(`${processes} processes, ${increments} increments`)
    const result = await runIncrements({ processes, increments, everyMean, seed })
    return {
      counts: { processes, ...result },
      rows: [
        {
          processes,
          'increments acknowledged': result.acknowledged,
          kills: result.kills,
          'acknowledged increments lost': result.lost,
          'locks left behind': result.locksLeft,
          'files left behind': result.filesLeft,
        },
      ],
    }
  },
}
