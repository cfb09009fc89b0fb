import { runRevocations } from '../life/revocations.ts'
import { openStore, storeNames } from '../life/stores.ts'
import type { Figure, FigureRow } from './figure.ts'

const LOGINS = 50
/** What is sent on one connection is carried out in that order. Between a login's steps there must be time for a whole revocation. */
const line = { connections: 1, redisDelayMs: 100 }
const sizes = {
  full: { times: 500, logins: LOGINS, atOnce: 10 },
  small: { times: 16, logins: LOGINS, atOnce: 8 },
}

export const figure: Figure = {
  name: 'life-revoke-user',
  title: `revokeUser in one manager, while ${LOGINS} logins of that user run in another`,
  peers: ['pg', 'mysql2', 'redis', 'ioredis'],
  async run(sizeName, { seed, log }) {
    const size = sizes[sizeName]
    const counts: Record<string, number> = {}
    const rows: FigureRow[] = []
    for (const name of storeNames) {
      await using store = await openStore(name, line)
      log(`${name}: ${size.times} revocations, seed ${seed}`)
      const result = await runRevocations(store, { ...size, seed })
      counts[`${name}: times`] = size.times
      for (const [count, value] of Object.entries(result)) counts[`${name}: ${count}`] = value
      rows.push({
        store: store.title,
        revocations: size.times,
        'logins done or under way before it': result.underWay,
        'of them there afterwards': result.survived,
        'logins refused': result.refused,
        'begun while it ran, and there afterwards': result.begunMeanwhile,
        'of them written before it returned': result.cameBetween,
        'sessions of the user that nobody knows': result.unknown,
        'logins begun when it had returned': result.afterwards,
        'of them not there': result.lostAfterwards,
      })
    }
    return { counts, rows }
  },
}
