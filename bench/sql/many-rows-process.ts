// Uses tables of many sessions.
import type { DatabaseDriver } from '../../src/drivers/database/database-driver.ts'
import type { StoreKey } from '../../src/session/id.ts'
import { randomHex } from '../../src/session/random.ts'
import { randomFrom } from '../file/support.ts'
import { answerParent } from '../harness/child.ts'
import { keyAt, poolOn } from './many-records.ts'
import type { OwnPool } from './many-records.ts'
import type { ManyRowsProtocol, ManySlice, ManyTable, ManyTurns } from './many-rows.ts'

const LEASE_MS = 10_000

const pools = new Map<string, OwnPool>()

async function driverOn(where: ManyTable): Promise<DatabaseDriver> {
  const name = `${where.url} ${where.table}`
  const pool = pools.get(name) ?? poolOn(where)
  pools.set(name, pool)
  await pool.driver.open()
  return pool.driver
}

async function slice({ sessions, turns, lanes, seed, ...where }: ManySlice): Promise<ManyTurns> {
  const driver = await driverOn(where)
  const random = randomFrom(seed)
  const waits: number[] = []
  let begun = 0
  // Each has sessions of its own, so that no lock is ever taken.
  const lane = async (_: unknown, first: number): Promise<void> => {
    while (begun++ < turns) {
      const before = performance.now()
      await turn(driver, keyAt(first + lanes * Math.floor(random() * Math.floor(sessions / lanes))))
      waits.push(performance.now() - before)
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return { waits }
}

async function turn(driver: DatabaseDriver, key: StoreKey): Promise<void> {
  const asked = await driver.acquire(key, { token: randomHex(16), leaseMs: LEASE_MS })
  if (asked.kind !== 'held') throw new Error(`a session is ${asked.kind}`)
  if (!(await driver.unlock(asked.lease))) throw new Error('a lease was lost')
}

answerParent<ManyRowsProtocol>(
  {
    slice,
    cpuMicros: () => {
      const { user, system } = process.cpuUsage()
      return user + system
    },
  },
  async () => {
    for (const { driver, end } of pools.values()) {
      await driver.close()
      await end()
    }
  },
)
