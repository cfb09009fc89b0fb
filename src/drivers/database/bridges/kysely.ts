import { SessionError } from '../../../session/errors.ts'
import {
  type Answer,
  type Bridge,
  type BridgeOptions,
  type Dialect,
  type Family,
  SqlFailure,
  type Statement,
  type Value,
} from './bridge.ts'
import { after, noneFree } from './lending.ts'
import { mysqlFailure, mysqlRefusal } from './mysql-failure.ts'
import { postgresFailure, postgresRefusal } from './postgres-failure.ts'
import { hasMethods, numberIn, propertyOf, rowsIn } from './shapes.ts'
import { sqliteFailure } from './sqlite-failure.ts'
import { LONGEST_WAIT_MS, checkNames } from './sqlite-statements.ts'

/** What is used of `new Kysely()`. */
export interface Kysely {
  withoutPlugins(): Kysely
  connection(): { execute<Result>(use: (connection: KyselyConnection) => Promise<Result>): Promise<Result> }
  getExecutor(): { readonly adapter: object }
}

interface KyselyConnection {
  executeQuery(query: KyselyQuery): Promise<object>
}

/** A statement as Kysely's compiler would have made it. */
interface KyselyQuery {
  readonly query: { readonly kind: 'RawNode'; readonly sqlFragments: readonly string[]; readonly parameters: readonly [] }
  readonly queryId: { readonly queryId: string }
  readonly sql: string
  readonly parameters: readonly Value[]
}

export function isKysely(client: unknown): client is Kysely {
  return hasMethods(client, 'withoutPlugins', 'connection', 'getExecutor', 'executeQuery', 'selectFrom')
}

/**
 * Kysely, whatever lies under it. Plugins that change rows, such as CamelCasePlugin, are left out. It prepares nothing.
 *
 * @throws {SessionError} `ERR_SESSION_CONFIG` for a transaction, and for a dialect of another database.
 */
export function kyselyBridge(client: Kysely, dialect: Dialect | undefined, { boundMs }: BridgeOptions): Bridge {
  if (propertyOf(client, 'isTransaction') === true)
    throw SessionError.config('client', 'must not be a transaction of Kysely: hand in the instance.')
  const family = dialect === undefined ? familyOf(client) : FAMILIES[dialect]
  const plain = client.withoutPlugins()
  const run: Run = (statement, values) => send(plain, family, statement, values, boundMs)
  const first = FIRST[family]
  let isReady = first === undefined
  const makeReady = async (): Promise<void> => {
    await first?.(run).catch((error: unknown) => {
      throw beforeSending(error)
    })
    isReady = true
  }
  return {
    family,
    run: (statement, values) => (isReady ? run(statement, values) : makeReady().then(() => run(statement, values))),
    failureOf: FAILURES[family].failureOf,
  }
}

/** Whatever became of what comes first, the statement was not sent. */
function beforeSending(error: unknown): unknown {
  return error instanceof SqlFailure && error.kind === 'unknown' ? new SqlFailure('refused', 'unready', error.message, error.code) : error
}

const FAMILIES: Readonly<Record<Dialect, Family>> = { postgres: 'postgres', mysql: 'mysql', mariadb: 'mysql', sqlite: 'sqlite' }

interface Failures {
  readonly failureOf: (error: unknown) => SqlFailure
  readonly refusalOf: (error: unknown) => SqlFailure
}

const FAILURES: Readonly<Record<Family, Failures>> = {
  postgres: { failureOf: postgresFailure, refusalOf: postgresRefusal },
  mysql: { failureOf: mysqlFailure, refusalOf: mysqlRefusal },
  sqlite: { failureOf: sqliteFailure, refusalOf: sqliteFailure },
}

type Run = (statement: Statement, values: readonly Value[]) => Promise<Answer>

/** What is run before the first statement. */
const FIRST: Readonly<Partial<Record<Family, (run: Run) => Promise<void>>>> = {
  sqlite: async (run) => {
    await run(statement(`PRAGMA busy_timeout = ${LONGEST_WAIT_MS}`), [])
    checkNames((await run(statement('PRAGMA full_column_names'), [])).rows)
  },
  // mysql2 then writes values into the text with backslashes.
  mysql: async (run) => {
    const { rows } = await run(statement('SELECT @@SESSION.sql_mode AS mode'), [])
    if (String(rows[0]?.['mode']).includes('NO_BACKSLASH_ESCAPES')) throw new SqlFailure('refused', 'other', UNSAFE)
  },
}

const UNSAFE =
  'The server runs with NO_BACKSLASH_ESCAPES, where Kysely over mysql2 would take values for SQL: hand in the pool of mysql2/promise instead.'

const statement = (text: string): Statement => ({ name: 'holdfast_first', text, returnsRows: true })

/** What an adapter says of its database tells it, also when classes have lost their names in a bundle. */
function familyOf(client: Kysely): Family {
  const { adapter } = client.getExecutor()
  if (propertyOf(adapter, 'supportsOutput') !== true) {
    if (propertyOf(adapter, 'supportsReturning') !== true) return 'mysql'
    return propertyOf(adapter, 'supportsTransactionalDdl') === true ? 'postgres' : 'sqlite'
  }
  throw SessionError.config(
    'client',
    'is a Kysely instance for a database that is not known. Known are PostgreSQL, MySQL, MariaDB and SQLite.',
  )
}

function send(
  client: Kysely,
  family: Family,
  { text, returnsRows }: Statement,
  values: readonly Value[],
  boundMs: number,
): Promise<Answer> {
  const { failureOf, refusalOf } = FAILURES[family]
  const query = family === 'sqlite' ? inOrder(text, values) : compiled(text, values)
  return new Promise((resolve, reject) => {
    let isSent = false
    let isLate = false
    const giveUp = after(boundMs / 2, () => {
      isLate = true
      reject(noneFree(boundMs))
    })
    const use = async (connection: KyselyConnection): Promise<object> => {
      clearTimeout(giveUp)
      if (isLate) return {}
      isSent = true
      return connection.executeQuery(query)
    }
    client
      .connection()
      .execute(use)
      .then(
        (result) => {
          const rows = rowsIn(propertyOf(result, 'rows'))
          const affected = returnsRows ? rows.length : numberIn(result, 'numAffectedRows')
          resolve({ rows, affected, insertId: family === 'mysql' ? numberIn(result, 'insertId') : 0 })
        },
        (error: unknown) => {
          clearTimeout(giveUp)
          reject(isSent ? failureOf(error) : refusalOf(error))
        },
      )
  })
}

/** Clients of SQLite differ in how they bind `?1`, but not in how they bind `?`. */
function inOrder(text: string, values: readonly Value[]): KyselyQuery {
  const ordered: Value[] = []
  const placed = text.replaceAll(/\?(\d+)/g, (_, number: string) => {
    ordered.push(values[Number(number) - 1] ?? null)
    return '?'
  })
  return compiled(placed, ordered)
}

function compiled(text: string, values: readonly Value[]): KyselyQuery {
  return {
    query: { kind: 'RawNode', sqlFragments: [text], parameters: [] },
    queryId: { queryId: 'holdfast' },
    sql: text,
    parameters: values,
  }
}
