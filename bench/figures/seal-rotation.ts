import { startRedis } from '../../test/support/redis-server.ts'
import { withFolder } from '../file/support.ts'
import { type RotationRun, runRotations } from '../seal/rotation.ts'
import type { StoreAddress } from '../seal/rotation-store.ts'
import type { Figure, FigureRow } from './figure.ts'

type Size = Omit<RotationRun, 'store'>

const sizes: Readonly<Record<'full' | 'small', Size>> = {
  full: { rotations: 10, requests: 100_000, busy: 2000, quiet: 1000, atOnce: 8 },
  small: { rotations: 1, requests: 1000, busy: 200, quiet: 50, atOnce: 4 },
}

export const figure: Figure = {
  name: 'seal-rotation',
  title: 'The key is changed on two servers, one after the other, while both answer requests',
  peers: ['redis'],
  async run(size, { log }) {
    const counts: Record<string, number> = {}
    const rows: FigureRow[] = []
    const rotateIn = async (store: StoreAddress): Promise<void> => {
      log(`${store.kind}: ${sizes[size].rotations} rotations`)
      const result = await runRotations({ ...sizes[size], store })
      for (const [name, count] of Object.entries(result)) counts[`${store.kind}: ${name}`] = count
      rows.push({
        'sessions in': store.kind,
        rotations: sizes[size].rotations,
        deployments: result.deployments,
        'requests acknowledged': result.requests,
        'sealed anew by reseal': result.resealed,
        'skipped by a pass': result.skipped,
        'failed opens': result.failedOpens,
        'failed requests': result.failedRequests,
        'new ids': result.newIds,
        'acknowledged and lost': result.lost,
        'under the old key after reseal': result.recordsUnderOldKey,
      })
    }
    await withFolder((address) => rotateIn({ kind: 'files', address }))
    await using redis = await startRedis()
    await rotateIn({ kind: 'Redis', address: redis.url })
    return { counts, rows }
  },
}
