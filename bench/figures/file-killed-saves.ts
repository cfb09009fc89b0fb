import { killSaves } from '../file/killed-saves.ts'
import type { Figure } from './figure.ts'

export const figure: Figure = {
  name: 'file-killed-saves',
  title: 'A process killed with SIGKILL at each call that a save makes of the file system',
  async run(size, { seed, log }) {
    const kills = size === 'full' ? 500 : 24
    log(`${kills} processes, one after the other`)
    const { points, ...counts } = await killSaves(kills, seed)
    return {
      counts: { ...counts, points },
      rows: [
        {
          kills,
          'places to be killed at': points,
          'old record found': counts.old,
          'new record found': counts.new,
          'neither found': counts.neither,
          'locks left behind': counts.locksLeft,
          'files left behind': counts.filesLeft,
        },
      ],
    }
  },
}
