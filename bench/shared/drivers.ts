import type { ListingDriver, LockingDriver } from '../../src/contracts/driver.ts'
import type { SurveyingDriver } from '../../src/contracts/surveying-driver.ts'

/** Clients, by the names that processes are told. */
const libraries = ['node-redis', 'ioredis', 'pg', 'mysql2', 'node:sqlite'] as const
export type Library = (typeof libraries)[number]

export interface OwnDriver {
  readonly driver: LockingDriver & ListingDriver & SurveyingDriver
  /** Ends its client. */
  readonly end: () => void | Promise<void>
}

/**
 * A driver as an application has it, over a client of its own. Only that library is loaded: many processes do this.
 *
 * @param connections Of a pool, at most.
 */
export async function makeDriver(library: Library, address: string, connections?: number): Promise<OwnDriver> {
  if (library === 'node-redis' || library === 'ioredis') {
    const { makeRedisDriver } = await import('../redis/clients.ts')
    return await makeRedisDriver(library, Number(address))
  }
  const { makeSqlDriver } = await import('../sql/clients.ts')
  return await makeSqlDriver(library, address, connections)
}

export function libraryNamed(name: string | undefined): Library {
  const library = libraries.find((one) => one === name)
  if (library === undefined) throw new TypeError(`no library is called ${name}`)
  return library
}
