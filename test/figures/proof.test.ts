import { expect, it } from 'vitest'
import { driverNames } from '../../proof/run/drivers.ts'
import { describeNeeding } from '../support/needs.ts'
import { countsOf, smallFigure } from './support.ts'

const CHECKS = [
  'linearizability',
  'lost updates',
  'resurrections',
  'adopted ids',
  'strangers',
  'leaked locks',
  'double holders',
  'half records',
  'cookies that point nowhere',
]

describeNeeding('postgres-server', 'a proof', () => {
  describeNeeding('mariadb-server', 'with MariaDB', () => {
    describeNeeding('redis-server', 'and Redis', () => {
      it('finds nothing that was promised and not kept, on any driver, with every fault', { timeout: 600_000 }, async () => {
        const figure = await smallFigure('proof')
        for (const driver of driverNames) {
          const counts = countsOf(figure, driver)
          expect(counts, driver).toMatchObject({ ...Object.fromEntries(CHECKS.map((check) => [check, 0])), undecided: 0 })
          // Else nothing was tried.
          expect(counts['healthyOperations'], driver).toBeGreaterThanOrEqual(300)
          expect(counts['operations'], driver).toBeGreaterThan(counts['healthyOperations'] ?? 0)
          expect(counts, driver).toMatchObject({ stop: 2, stall: 2, 'client-cut': 2, 'client-silence': 2 })
          if (driver !== 'memory') expect(counts, driver).toMatchObject({ kill: 2 })
        }
        for (const driver of ['postgres', 'mariadb', 'redis']) {
          expect(countsOf(figure, driver)).toMatchObject({ 'store-cut-answer': 2, 'store-kill': 1, 'store-restart': 1 })
        }
        for (const driver of ['file', 'sqlite']) expect(countsOf(figure, driver)).toMatchObject({ 'full-disk': 2, 'read-only': 1 })
      })
    })
  })
})

describeNeeding('redis-server', 'a proof with failovers', () => {
  it('finds nothing but what the store forgot', { timeout: 180_000 }, async () => {
    const { counts } = await smallFigure('proof-failovers')
    expect(counts).toMatchObject({ failover: 1, otherViolations: 0 })
    expect(counts['acknowledged']).toBeGreaterThan(100)
  })
})
