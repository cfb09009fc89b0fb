import { SessionError } from '../../session/errors.ts'
import { booleanOption, choiceOption, knownFields, numberOption } from '../../session/option-check.ts'
import type { Dialect } from './bridges/bridge.ts'
import type { DatabaseClient } from './bridges/recognise.ts'
import { type TableName, tableName } from './schema/table-name.ts'

/** Where sessions are kept. */
export interface DatabaseDriverOptions {
  /**
   * A pool or connection of `pg`, `postgres`, `mysql2/promise` or `mariadb`; a database of `node:sqlite`, `better-sqlite3`, `bun:sqlite` or
   * Cloudflare D1; or a Kysely instance. It is not closed. On SQLite give the driver a connection of its own: its `busy_timeout` is set to 5 ms.
   */
  readonly client: DatabaseClient
  /** Which SQL the database speaks. Default: found out from the client and, for MySQL and MariaDB, from the server. */
  readonly dialect?: Dialect | undefined
  /** The table, such as `sessions` or `web.sessions`. Default: `sessions`. */
  readonly table?: string | undefined
  /**
   * `false`: statements are not prepared, as PgBouncer before 1.21 asks for in transaction mode. Left out, they are until the database says
   * that it knows none.
   */
  readonly prepare?: boolean | undefined
  /**
   * How long a statement may take, in seconds, the wait for a connection included. What was sent and not answered within it has an unknown outcome,
   * and is settled by reading back, which takes as long again, up to six times in all. Default: 5.
   */
  readonly statementTimeoutSeconds?: number | undefined
}

export interface CheckedOptions {
  readonly client: DatabaseClient
  readonly dialect: Dialect | undefined
  readonly table: TableName
  readonly prepare: boolean
  readonly boundMs: number
}

const LONGEST_SECONDS = 60
const DIALECTS = ['postgres', 'mysql', 'mariadb', 'sqlite'] as const

/** @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work. */
export function checkedOptions(options: DatabaseDriverOptions): CheckedOptions {
  knownFields('', options, ['client', 'dialect', 'table', 'prepare', 'statementTimeoutSeconds'])
  const { client, table = 'sessions' } = options
  const seconds = numberOption('statementTimeoutSeconds', options.statementTimeoutSeconds, 5, 'above', 0)
  if (seconds > LONGEST_SECONDS) throw SessionError.config('statementTimeoutSeconds', `must be at most ${LONGEST_SECONDS}, not ${seconds}.`)
  return {
    client,
    dialect: options.dialect === undefined ? undefined : choiceOption<Dialect>('dialect', options.dialect, 'postgres', DIALECTS),
    table: tableName(table),
    prepare: booleanOption('prepare', options.prepare, true),
    boundMs: Math.ceil(seconds * 1000),
  }
}
