import { runDropped } from '../life/dropped-answers.ts'
import { openStore } from '../life/stores.ts'
import type { Figure, FigureRow } from './figure.ts'

const stores = ['memory', 'files', 'PostgreSQL', 'Redis'] as const
const kinds = {
  automatic: 'by rotateEverySeconds, logged in before',
  regenerate: 'by regenerate(), logged in before',
  login: 'by a login, anonymous before',
} as const

const sizes = {
  full: { automatic: 1000, regenerate: 1000, login: 1000, atOnce: 50 },
  small: { automatic: 20, regenerate: 20, login: 20, atOnce: 10 },
}

export const figure: Figure = {
  name: 'life-dropped-answer',
  title: 'Browsers whose answer with the new id is cut off the wire, and who come back with the old id',
  peers: ['express', 'pg', 'redis', 'ioredis'],
  async run(sizeName, { log }) {
    const size = sizes[sizeName]
    const counts: Record<string, number> = {}
    const rows: FigureRow[] = []
    for (const name of stores) {
      await using store = await openStore(name)
      for (const kind of ['automatic', 'regenerate', 'login'] as const) {
        const times = size[kind]
        log(`${name}, ${kind}: ${times} times`)
        const result = await runDropped(store, kind, times, size.atOnce)
        counts[`${name}, ${kind}: times`] = times
        for (const [count, value] of Object.entries(result)) counts[`${name}, ${kind}: ${count}`] = value
        const ofLogin = (count: number): number | string => (kind === 'login' ? count : '')
        const ofRotation = (count: number): number | string => (kind === 'login' ? '' : count)
        rows.push({
          store: store.title,
          'the new id was made': kinds[kind],
          'answers dropped': result.dropped,
          'id renewed in the store': result.renewed,
          'back with the old id, still logged in': ofRotation(result.keptLogin),
          'logged in before, and lost': ofRotation(result.lost),
          'back with the old id, anonymous': ofLogin(result.anonymous),
          'logged in at the second try': ofLogin(result.loggedInAgain),
          'wrong counts': result.wrongCounts,
          'sessions that nobody has the id of': result.leftBehind,
        })
      }
    }
    return { counts, rows }
  },
}
