import { isMariaDbWithCallbacks } from './mariadb.ts'
import { isMysql2WithCallbacks, isPoolCluster } from './mysql2.ts'
import { hasMethods, propertyOf } from './shapes.ts'

/** What somebody has handed in who nearly got it right, and what to do; `undefined` for anything else. */
export function nearMiss(client: unknown): string | undefined {
  if (typeof client === 'string') return 'not an address: make a client of it first'
  if (client instanceof Promise) return 'not a promise of one: await it first'
  if (isPoolCluster(client))
    return 'not a pool cluster, whose connections lead to several servers: hand in a createPool() of the one that takes the writes'
  if (isMariaDbWithCallbacks(client)) return "not one of mariadb/callback: import 'mariadb'"
  if (isMysql2WithCallbacks(client)) return "not one of mysql2 with callbacks: import 'mysql2/promise', or hand in its .promise()"
  if (hasMethods(client, 'Pool', 'Client')) return 'not the module pg itself: make a new Pool() of it'
  if (hasMethods(client, 'createPool', 'createConnection')) return 'not a module: make a createPool() of it'
  if (hasMethods(client, 'Database') || hasMethods(client, 'DatabaseSync')) return 'not a module: open a database with it'
  if (hasMethods(client, 'toCamel', 'fromCamel')) return 'not the module postgres itself: call it with an address'
  if (propertyOf(client, '$client') !== undefined) return 'not a Drizzle instance: hand in its $client'
  // After a write that met a lock, it acknowledges the next one and loses it: its connection never ends the first. Seen with 0.18.0.
  if (hasMethods(client, 'execute', 'executeMultiple', 'batch', 'sync'))
    return 'not a client of @libsql/client, which can lose a write that it has acknowledged: open the file with node:sqlite or better-sqlite3'
  if (hasMethods(client, '$queryRawUnsafe')) return 'not a Prisma client: make a client of its own, beside it'
  if (hasMethods(client, 'raw', 'transaction') && propertyOf(client, 'client') !== undefined)
    return 'not a Knex instance, whose pool gives nothing out: make a client of its own, beside it'
  return undefined
}
