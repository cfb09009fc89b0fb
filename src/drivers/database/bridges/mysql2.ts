import type { Answer, Bridge, BridgeOptions, Statement, Value } from './bridge.ts'
import { type Lending, lendingOne, onConnection } from './lending.ts'
import { mysqlFailure, mysqlRefusal } from './mysql-failure.ts'
import { withLiterals } from './mysql-literals.ts'
import { refuseTransaction } from './mysql-transaction.ts'
import { hasMethods, numberIn, propertyOf, rowsIn } from './shapes.ts'

/** What is used of `createConnection()` of `mysql2/promise`. */
export interface Mysql2Connection {
  execute(options: Mysql2Options, values: (string | number | null)[]): Promise<[unknown, unknown]>
  query(options: Mysql2Options): Promise<[unknown, unknown]>
}

/** What is used of `createPool()` of `mysql2/promise`. */
export interface Mysql2Pool {
  getConnection(): Promise<Mysql2PoolConnection>
}

interface Mysql2PoolConnection extends Mysql2Connection {
  release(): void
  destroy(): void
}

type Mysql2Options = { readonly sql: string } & typeof AS_OBJECTS

/** What a pool may be set to otherwise. Only a function takes the place of a function that was set for all. */
const AS_OBJECTS = { rowsAsArray: false, nestTables: false, typeCast: (_: unknown, next: () => unknown): unknown => next() } as const

export function isMysql2Pool(client: unknown): client is Mysql2Pool {
  return isMysql2(client) && hasMethods(client, 'getConnection') && !isPoolCluster(client)
}

/** Of `mysql2` or `mariadb`. It gives a connection to another server each time: a lock that was taken on one keeps nobody out on the next. */
export function isPoolCluster(client: unknown): boolean {
  return hasMethods(client, 'getConnection', 'of', 'add', 'remove')
}

export function isMysql2Connection(client: unknown): client is Mysql2Connection {
  return isMysql2(client) && !hasMethods(client, 'getConnection')
}

/** A pool or connection of `mysql2` itself, whose methods take callbacks. Its class would make a promise of its own: `.promise()`. */
export function isMysql2WithCallbacks(client: unknown): boolean {
  return hasMethods(client, 'execute', 'query', 'promise')
}

/** Each keeps the promise class that it was made with. */
function isMysql2(client: unknown): boolean {
  return hasMethods(client, 'execute', 'query') && typeof propertyOf(client, 'Promise') === 'function'
}

/** mysql2/promise: connections of a pool. */
export function mysql2PoolBridge(pool: Mysql2Pool, options: BridgeOptions): Bridge {
  const lending: Lending<Mysql2PoolConnection> = {
    borrow: () => pool.getConnection(),
    giveBack: (connection) => connection.release(),
    throwAway: (connection) => connection.destroy(),
    failureOf: mysqlFailure,
    refusalOf: mysqlRefusal,
  }
  return bridgeOver(lending, options)
}

/**
 * mysql2/promise: a single connection. Statements go over it one after another, and it must be nobody else's: what another program part begins on it
 * would hold them in its transaction. One that is lost stays lost.
 */
export function mysql2ConnectionBridge(connection: Mysql2Connection, options: BridgeOptions): Bridge {
  return bridgeOver(lendingOne(connection, { failureOf: mysqlFailure, refusalOf: mysqlRefusal }), options)
}

function bridgeOver<Connection extends Mysql2Connection>(lending: Lending<Connection>, { boundMs, prepare }: BridgeOptions): Bridge {
  let prepares = prepare
  return {
    family: 'mysql',
    boundsAnswers: true,
    run: (statement, values) =>
      onConnection(lending, boundMs, async (connection) => {
        const { answer, status } = await send(connection, statement, values, prepares)
        if (status !== undefined) refuseTransaction(status, false, lending)
        return answer
      }),
    failureOf: mysqlFailure,
    stopPreparing: () => {
      prepares = false
    },
  }
}

interface Sent {
  readonly answer: Answer
  /** What the server said of the connection's state; `undefined` beside rows. */
  readonly status: number | undefined
}

async function send(connection: Mysql2Connection, { text }: Statement, values: readonly Value[], prepares: boolean): Promise<Sent> {
  const [result] = prepares
    ? await connection.execute({ sql: text, ...AS_OBJECTS }, values.map(asBound))
    : await connection.query({ sql: withLiterals(text, values), ...AS_OBJECTS })
  if (Array.isArray(result)) return { answer: { rows: rowsIn(result), affected: result.length, insertId: 0 }, status: undefined }
  const answer = { rows: [], affected: numberIn(result, 'affectedRows'), insertId: numberIn(result, 'insertId') }
  return { answer, status: numberIn(result, 'serverStatus') }
}

/** Older releases send numbers as floating point, which MySQL takes for no LIMIT. */
function asBound(value: Value): string | null {
  return typeof value === 'number' ? String(value) : value
}
