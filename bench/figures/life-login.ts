import { managersOf, runRenewals } from '../life/renewals.ts'
import { openStore } from '../life/stores.ts'
import type { Figure, FigureRow } from './figure.ts'

const stores = ['memory', 'files', 'PostgreSQL', 'Redis'] as const
const kinds = { login: 'login: regenerate({ destroy: true })', regenerate: 'regenerate()', automatic: 'rotateEverySeconds' } as const

const sizes = {
  full: { login: 1000, regenerate: 500, automatic: 500, atOnce: 50 },
  small: { login: 20, regenerate: 10, automatic: 10, atOnce: 20 },
}

export const figure: Figure = {
  name: 'life-login',
  title: 'Sessions that get a new id while their browser has 20 requests under way with the old one',
  peers: ['pg', 'redis', 'ioredis'],
  async run(sizeName, { seed, log }) {
    const size = sizes[sizeName]
    const counts: Record<string, number> = {}
    const rows: FigureRow[] = []
    for (const name of stores) {
      await using store = await openStore(name)
      const managers = managersOf(store)
      for (const kind of ['login', 'regenerate', 'automatic'] as const) {
        const times = size[kind]
        log(`${name}, ${kind}: ${times} times, seed ${seed}`)
        const result = await runRenewals(store, managers, kind, { times, atOnce: size.atOnce, seed })
        counts[`${name}, ${kind}: times`] = times
        for (const [count, value] of Object.entries(result)) counts[`${name}, ${kind}: ${count}`] = value
        rows.push({
          store: store.title,
          'new id by': kinds[kind],
          times,
          'requests with the old id': result.requests,
          'of them answered within the grace': result.inGrace,
          'and after it, left out': result.tooLate,
          'sessions that became not exactly one': result.notOneSuccessor,
          'logins lost': result.lost,
          'cookies overwritten': result.overwritten,
          'old id accepted after the grace': result.accepted,
          'increments acknowledged': result.increments,
          'of them lost': result.incrementsLost,
          'refused as replaced': kind === 'login' ? result.refused : 'none made',
        })
      }
      for (const manager of managers) await manager.close()
    }
    return { counts, rows }
  },
}
