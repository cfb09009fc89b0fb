import { ends } from '../life/histories.ts'
import { playHistories } from '../life/late-saves.ts'
import { openStore, storeNames } from '../life/stores.ts'
import type { Figure, FigureRow } from './figure.ts'

const sizes = {
  full: { histories: 10_000, atOnce: 50 },
  small: { histories: 200, atOnce: 50 },
}

export const figure: Figure = {
  name: 'life-late-saves',
  title: 'Sessions that end while requests of them run and save late, in two managers, in random order',
  peers: ['pg', 'mysql2', 'redis', 'ioredis'],
  async run(sizeName, { seed, log }) {
    const size = sizes[sizeName]
    const counts: Record<string, number> = {}
    const rows: FigureRow[] = []
    for (const name of storeNames) {
      await using store = await openStore(name)
      log(`${name}: ${size.histories} histories from seed ${seed} on`)
      const result = await playHistories(store, { ...size, seed }, (line) => log(`${name}: ${line}`))
      counts[`${name}: histories`] = size.histories
      for (const [count, value] of Object.entries(result)) counts[`${name}: ${count}`] = value
      rows.push({
        store: store.title,
        histories: size.histories,
        ...Object.fromEntries(ends.map((end) => [`ended by ${end}`, result[end]])),
        'saved before the end': result.saved,
        'refused as too late': result.refused,
        'of them begun after the end': result.late,
        'requests that got a new session': result.startedAnew,
        'brought back': result.broughtBack,
      })
    }
    return { counts, rows }
  },
}
