import { DatabaseDriver, type DatabaseDriverOptions } from '../../src/drivers/database/database-driver.ts'
import type { OwnDriver } from '../shared/drivers.ts'

export type SqlLibrary = 'pg' | 'mysql2' | 'node:sqlite'

/** Their packages, for a figure's `peers`. */
export const CLIENT_PACKAGES = ['pg', 'mysql2'] as const

/** Eight processes and the one that counts fit into what the servers allow. */
const CONNECTIONS = 4

/** A driver over a client of its own, of a table that is there. */
export async function makeSqlDriver(library: SqlLibrary, address: string, connections = CONNECTIONS): Promise<OwnDriver> {
  const { client, end } = await makers[library](address, connections)
  return { driver: new DatabaseDriver({ client }), end }
}

/** Makes the table of sessions, as who deploys an application does. */
export async function makeTable(library: SqlLibrary, address: string): Promise<void> {
  const { client, end } = await makers[library](address, CONNECTIONS)
  await new DatabaseDriver({ client }).migrate()
  await end()
}

interface OwnClient {
  readonly client: DatabaseDriverOptions['client']
  readonly end: () => void | Promise<void>
}

/** Only the library that is asked for is loaded. */
const makers: Readonly<Record<SqlLibrary, (address: string, connections: number) => Promise<OwnClient>>> = {
  pg: async (address, connections) => {
    const { default: pg } = await import('pg')
    const client = new pg.Pool({ connectionString: address, max: connections })
    return { client, end: () => client.end() }
  },
  mysql2: async (address, connections) => {
    const { createPool } = await import('mysql2/promise')
    const client = createPool({ uri: address, connectionLimit: connections })
    return { client, end: () => client.end() }
  },
  'node:sqlite': async (address) => {
    const { DatabaseSync } = await import('node:sqlite')
    const client = new DatabaseSync(address)
    client.exec('PRAGMA synchronous = FULL')
    return { client, end: () => client.close() }
  },
}
