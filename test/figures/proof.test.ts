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
  'unserved',
]
const ON_LINES = ['cut', 'cut-answer', 'delay', 'throttle', 'half-close', 'silence']
const SERVERS = ['postgres', 'mariadb', 'redis']

/** How often each fault that makes sense over a store has struck, in the small size. */
function struckOver(driver: string): Record<string, number> {
  const isServer = SERVERS.includes(driver)
  const lines = isServer ? ['client', 'store'] : ['client']
  const twice = ['stop', 'stall', ...lines.flatMap((line) => ON_LINES.map((fault) => `${line}-${fault}`))]
  if (driver !== 'memory') twice.push('kill')
  if (driver === 'memory' || driver === 'file') twice.push('clock')
  if (driver === 'file' || driver === 'sqlite') twice.push('full-disk')
  const once = isServer ? ['store-kill', 'store-restart', 'store-full-disk'] : driver === 'file' ? ['read-only'] : []
  return Object.fromEntries([...twice.map((fault) => [fault, 2]), ...once.map((fault) => [fault, 1])])
}

describeNeeding('postgres-server', 'a proof', () => {
  describeNeeding('mariadb-server', 'with MariaDB', () => {
    describeNeeding('redis-server', 'and Redis', () => {
      it('finds nothing that was promised and not kept, on any driver, with every fault', { timeout: 600_000 }, async () => {
        const figure = await smallFigure('proof')
        for (const driver of driverNames) {
          const counts = countsOf(figure, driver)
          const { healthyOperations = 0, operations = 0, failed = 0, unknown = 0, undecided, ...others } = counts
          // All that struck, and all that was found.
          expect({ ...others, undecided }, driver).toEqual({
            ...struckOver(driver),
            ...Object.fromEntries(CHECKS.map((check) => [check, 0])),
            undecided: 0,
          })
          // Else nothing was tried.
          expect(healthyOperations, driver).toBeGreaterThanOrEqual(300)
          expect(operations, driver).toBeGreaterThan(healthyOperations)
          expect(operations - failed - unknown, driver).toBeGreaterThan(operations / 2)
        }
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
