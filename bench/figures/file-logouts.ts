import { logoutsAcrossProcesses, logoutsOnFiles } from '../file/logouts.ts'
import type { Figure, FigureRow } from './figure.ts'

export const figure: Figure = {
  name: 'file-logouts',
  title: 'Logouts against saves of the same session, step by step of the file driver',
  async run(size, { seed, log }) {
    const [logouts, synced] = size === 'full' ? [10_000, 1000] : [200, 50]
    const counts: Record<string, number> = {}
    const rows: FigureRow[] = []
    const runs = {
      'two drivers in a process': () => logoutsOnFiles(logouts, seed, 'process'),
      'the same, synced': () => logoutsOnFiles(synced, seed, 'power'),
      'two processes': () => logoutsAcrossProcesses(logouts, seed),
    }
    for (const [name, run] of Object.entries(runs)) {
      log(name)
      const result = await run()
      for (const [kind, count] of Object.entries(result)) counts[`${name}: ${kind}`] = count
      const { saved, refused, broughtBack } = result
      rows.push({ between: name, logouts: result.logouts, 'saved before': saved, 'saves refused': refused, 'brought back': broughtBack })
    }
    return { counts, rows }
  },
}
