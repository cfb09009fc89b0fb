import { fuzzAll } from '../../proof/fuzz/all.ts'
import { loadTarget, targetNames } from '../../proof/fuzz/targets.ts'
import type { Figure, FigureRow } from './figure.ts'

const sizes = {
  full: { seconds: 30, executions: Infinity },
  small: { seconds: Infinity, executions: 500 },
}

export const figure: Figure = {
  name: 'fuzz',
  title: 'Inputs that nobody wrote, for all that reads what others wrote: promises that were broken',
  async run(size, { seed, log }) {
    const all = await fuzzAll(targetNames, { ...sizes[size], seed, goesOn: false }, log)
    const rows = await Promise.all(
      all.map(async ({ name, executions, corpus, reachedPercent, found }): Promise<FigureRow> => {
        const { promise } = await loadTarget(name)
        return {
          target: name,
          'every input': promise,
          executions,
          corpus,
          'of its code reached, %': reachedPercent,
          'promises broken': found.length,
        }
      }),
    )
    return {
      counts: {
        targets: all.length,
        executions: all.reduce((sum, { executions }) => sum + executions, 0),
        found: all.reduce((sum, { found }) => sum + found.length, 0),
      },
      rows,
    }
  },
}
