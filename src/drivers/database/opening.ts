import { SessionError } from '../../session/errors.ts'
import { answered } from '../settle.ts'
import type { Dialect } from './bridges/bridge.ts'
import { bridgeTo } from './bridges/recognise.ts'
import { DatabaseStore } from './database-store.ts'
import type { DialectOf } from './dialects/dialect.ts'
import { mysqlDialect } from './dialects/mysql.ts'
import { postgresDialect } from './dialects/postgres.ts'
import { sqliteDialect } from './dialects/sqlite.ts'
import { SqlLine } from './line.ts'
import type { CheckedOptions } from './options.ts'
import { checkTable } from './schema/check.ts'
import type { Run } from './schema/inspect.ts'
import { migrate } from './schema/migrate.ts'
import { dialectOf } from './schema/server.ts'
import { checkWholeNumbers } from './schema/whole-numbers.ts'
import { plainStatement } from './statement.ts'

/** What a driver has once it is open. */
export interface Opened {
  readonly store: DatabaseStore
}

export interface Opening {
  readonly open: () => Promise<Opened>
  readonly migrate: () => Promise<void>
}

/** A large table takes its time to be changed. */
const MIGRATION_MS = 6 * 3_600_000

/** @throws {SessionError} `ERR_SESSION_CONFIG` for a client that is not known. */
export function openingOf({ client, dialect, table, prepare, boundMs }: CheckedOptions): Opening {
  const bridge = bridgeTo(client, dialect, { boundMs, prepare })
  const line = new SqlLine(bridge, boundMs)
  const spoken = async (run: Run): Promise<Dialect> => {
    await bridge.open?.()
    // First: all that is asked then is read by the names of its columns.
    await checkWholeNumbers(line, bridge.family)
    return checked(dialect, await dialectOf(bridge.family, run))
  }
  return {
    async open() {
      const run = runOver(line, 'open')
      const found = await spoken(run)
      await checkTable(run, found, table)
      return { store: new DatabaseStore(line, statementsOf(found, table.quoted(bridge.family), boundMs / 2)) }
    },
    async migrate() {
      const patient = new SqlLine(bridgeTo(client, dialect, { boundMs: MIGRATION_MS, prepare: false }), MIGRATION_MS, boundMs)
      await migrate(runOver(patient, 'migrate'), await spoken(runOver(line, 'migrate')), table)
    },
  }
}

/** A MariaDB may be spoken to as MySQL, which it understands. */
function checked(asked: Dialect | undefined, found: Dialect): Dialect {
  if (asked === undefined || asked === found || (asked === 'mysql' && found === 'mariadb')) return asked ?? found
  throw SessionError.config('dialect', `is '${asked}', and the client's database speaks '${found}'. Leave it out, or correct it.`)
}

function runOver(line: SqlLine, operation: string): Run {
  return (text) => answered(operation, () => line.run(operation, plainStatement(text), {}, ({ rows }) => rows))
}

function statementsOf(dialect: Dialect, table: string, lockMs: number): DialectOf {
  if (dialect === 'postgres') return postgresDialect(table, lockMs)
  if (dialect === 'sqlite') return sqliteDialect(table)
  return mysqlDialect(table, dialect === 'mariadb' ? 'inserts' : 'none', lockMs)
}
