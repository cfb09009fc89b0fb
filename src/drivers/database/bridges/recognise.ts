import { SessionError } from '../../../session/errors.ts'
import { shown } from '../../../session/option-check.ts'
import { type BetterSqlite3, betterSqlite3Bridge, isBetterSqlite3 } from './better-sqlite3.ts'
import type { Bridge, BridgeOptions, Dialect } from './bridge.ts'
import { type BunSqlite, bunSqliteBridge, isBunSqlite } from './bun-sqlite.ts'
import { type D1, d1Bridge, isD1 } from './d1.ts'
import { type Kysely, isKysely, kyselyBridge } from './kysely.ts'
import {
  type MariaDbConnection,
  type MariaDbPool,
  isMariaDbConnection,
  isMariaDbPool,
  mariaDbConnectionBridge,
  mariaDbPoolBridge,
} from './mariadb.ts'
import {
  type Mysql2Connection,
  type Mysql2Pool,
  isMysql2Connection,
  isMysql2Pool,
  mysql2ConnectionBridge,
  mysql2PoolBridge,
} from './mysql2.ts'
import { nearMiss } from './near-misses.ts'
import { type NodeSqlite, isNodeSqlite, nodeSqliteBridge } from './node-sqlite.ts'
import { type PgClient, type PgPool, isPgClient, isPgPool, pgClientBridge, pgPoolBridge } from './pg.ts'
import { type PostgresJs, isPostgresJs, postgresJsBridge } from './postgres-js.ts'

/** A client that can be handed in. */
export type DatabaseClient =
  | PgPool
  | PgClient
  | PostgresJs
  | Mysql2Pool
  | Mysql2Connection
  | MariaDbPool
  | MariaDbConnection
  | NodeSqlite
  | BetterSqlite3
  | BunSqlite
  | D1
  | Kysely

const ACCEPTED =
  'a client of pg (new Pool(), new Client()), postgres (postgres()), mysql2/promise or mariadb (createPool(), createConnection()), ' +
  'node:sqlite (new DatabaseSync()), better-sqlite3 or bun:sqlite (new Database()), a D1 binding, or a Kysely instance'

/**
 * Finds out which library a client comes from, by what it can do.
 *
 * @param dialect What the driver was told: a Kysely instance does not always say it itself.
 * @throws {SessionError} `ERR_SESSION_CONFIG` when it is none that is known.
 */
export function bridgeTo(client: unknown, dialect: Dialect | undefined, options: BridgeOptions): Bridge {
  if (isKysely(client)) return kyselyBridge(client, dialect, options)
  if (isPgPool(client)) return pgPoolBridge(client, options)
  if (isPgClient(client)) return pgClientBridge(client, options)
  if (isPostgresJs(client)) return postgresJsBridge(client, options)
  if (isMariaDbPool(client)) return mariaDbPoolBridge(client, options)
  if (isMariaDbConnection(client)) return mariaDbConnectionBridge(client, options)
  if (isMysql2Pool(client)) return mysql2PoolBridge(client, options)
  if (isMysql2Connection(client)) return mysql2ConnectionBridge(client, options)
  if (isNodeSqlite(client)) return nodeSqliteBridge(client)
  if (isBetterSqlite3(client)) return betterSqlite3Bridge(client)
  if (isBunSqlite(client)) return bunSqliteBridge(client)
  if (isD1(client)) return d1Bridge(client)
  // A text may be an address with a password in it.
  const what = nearMiss(client) ?? `not ${typeof client === 'string' ? 'a text' : shown(client)}`
  throw SessionError.config('client', `must be ${ACCEPTED}, ${what}.`)
}
