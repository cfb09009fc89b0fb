import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startProxy } from '../../proof/faults/proxy.ts'
import { FileDriver } from '../../src/drivers/file/file-driver.ts'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { startRedisPlace } from '../redis/place.ts'
import { type OwnDriver, makeDriver } from '../shared/drivers.ts'
import { type Place, type ServerPlace, libraryAt } from '../shared/place.ts'
import { startSqlPlace } from '../sql/place.ts'

export const storeNames = ['memory', 'files', 'SQLite', 'PostgreSQL', 'MariaDB', 'Redis'] as const
export type StoreName = (typeof storeNames)[number]

/** One that has locks, and finds sessions by their user. */
export type Driver = OwnDriver['driver']

/** Where the sessions of a run are kept, of its own and durable. */
export interface Store extends AsyncDisposable {
  readonly title: string
  /** What a client connects to, or a folder; of memory there is none. */
  readonly address: string
  /** As two processes have them: over a client each, or in memory twice the same. They are open. */
  readonly drivers: readonly [Driver, Driver]
}

export interface StoreOptions {
  /** Of each driver to a database, at most. */
  readonly connections?: number
  /** How long what the first driver sends to Redis is on its way. Default: as long as it takes. */
  readonly redisDelayMs?: number
}

export async function openStore(name: StoreName, { connections, redisDelayMs = 0 }: StoreOptions = {}): Promise<Store> {
  if (name === 'memory') {
    const driver = new MemoryDriver({ acknowledged: true, maxEntries: 1_000_000 })
    return over(name, '', [driver, driver], async () => {})
  }
  if (name === 'files') {
    const path = await mkdtemp(join(tmpdir(), 'holdfast-'))
    const drivers = [new FileDriver({ path }), new FileDriver({ path })] as const
    return await over(name, path, drivers, () => rm(path, { recursive: true, force: true }))
  }
  if (name === 'Redis') return await overServer(await startRedisPlace(), redisDelayMs)
  return await overPlace(await startSqlPlace(name), connections)
}

async function overServer(place: ServerPlace, delayMs: number): Promise<Store> {
  const line = await startProxy({ target: { port: place.port } })
  line.delay(delayMs, 'toServer')
  const end = async (): Promise<void> => {
    await line.close()
    await place[Symbol.asyncDispose]()
  }
  return await overPlace({ ...place, [Symbol.asyncDispose]: end }, undefined, delayMs > 0 ? place.addressAt(line.port) : place.address)
}

async function overPlace(place: Place, connections?: number, address = place.address): Promise<Store> {
  const one = await makeDriver(libraryAt(place, 0), address, connections)
  const other = await makeDriver(libraryAt(place, 1), place.address, connections)
  return await over(place.title, place.address, [one.driver, other.driver], async () => {
    await one.end()
    await other.end()
    await place[Symbol.asyncDispose]()
  })
}

async function over(title: string, address: string, drivers: Store['drivers'], end: () => Promise<void>): Promise<Store> {
  for (const driver of drivers) await driver.open()
  return {
    title,
    address,
    drivers,
    [Symbol.asyncDispose]: async () => {
      for (const driver of drivers) await driver.close()
      await end()
    },
  }
}
