import { logoutsAcrossProcesses, logoutsInMemory, logoutsOnFiles } from '../file/logouts.ts'
import type { Figure, FigureRow } from './figure.ts'

export const figure: Figure = {
  name: 'logouts',
  title: 'Logouts against slow saves of the same session, in random order',
  async run(size, { seed, log }) {
    const logouts = size === 'full' ? 10_000 : 200
    const counts: Record<string, number> = {}
    const rows: FigureRow[] = []
    const runs = {
      memory: () => logoutsInMemory(logouts, seed),
      files: () => logoutsOnFiles(logouts, seed, 'process'),
      'files, synced': () => logoutsOnFiles(size === 'full' ? 1000 : 50, seed, 'power'),
      'files, two processes': () => logoutsAcrossProcesses(logouts, seed),
    }
    for (const [name, run] of Object.entries(runs)) {
      log(name)
      const result = await run()
      for (const [kind, count] of Object.entries(result)) counts[`${name}: ${kind}`] = count
      const { saved, refused, broughtBack } = result
      rows.push({ driver: name, logouts: result.logouts, 'saved before': saved, 'saves refused': refused, 'brought back': broughtBack })
    }
    return { counts, rows }
  },
}
