import type { Answer, Bridge, BridgeOptions, Statement, Value } from './bridge.ts'
import { type Lending, lendingOne, onConnection } from './lending.ts'
import { mysqlFailure, mysqlRefusal } from './mysql-failure.ts'
import { withLiterals } from './mysql-literals.ts'
import { refuseTransaction } from './mysql-transaction.ts'
import { hasMethods, numberIn, propertyOf, rowsIn } from './shapes.ts'

/** What is used of `createConnection()` of `mariadb`. */
export interface MariaDbConnection {
  execute(options: MariaDbOptions, values: (string | number | null)[]): Promise<unknown>
  query(options: MariaDbOptions): Promise<unknown>
  on(event: 'error', listener: () => void): unknown
  /** With what the server said last of the connection's state. */
  readonly info: unknown
  batch: unknown
  isValid: unknown
}

/** What is used of `createPool()` of `mariadb`. */
export interface MariaDbPool {
  getConnection(): Promise<MariaDbPoolConnection>
  taskQueueSize: unknown
}

interface MariaDbPoolConnection extends MariaDbConnection {
  release(): Promise<void>
  destroy(): void
}

type MariaDbOptions = { readonly sql: string } & Omit<typeof AS_OBJECTS, 'typeCast'>

/** What a pool may be set to otherwise. */
const AS_OBJECTS = { rowsAsArray: false, metaAsArray: false, nestTables: false, namedPlaceholders: false, typeCast: undefined } as const

export function isMariaDbPool(client: unknown): client is MariaDbPool {
  return isPool(client) && client.getConnection.length === 0
}

export function isMariaDbConnection(client: unknown): client is MariaDbConnection {
  return isConnection(client) && client.query.length === 2
}

/** A pool or connection of `mariadb/callback`: its methods have the same names and take one argument more. */
export function isMariaDbWithCallbacks(client: unknown): boolean {
  return (isPool(client) && !isMariaDbPool(client)) || (isConnection(client) && !isMariaDbConnection(client))
}

function isPool(client: unknown): client is Readonly<Record<'getConnection', (...args: unknown[]) => unknown>> {
  return hasMethods(client, 'getConnection', 'execute', 'query', 'batch', 'taskQueueSize')
}

function isConnection(client: unknown): client is Readonly<Record<'query', (...args: unknown[]) => unknown>> {
  return hasMethods(client, 'execute', 'query', 'batch', 'isValid', 'serverVersion')
}

/** mariadb: connections of a pool. */
export function mariaDbPoolBridge(pool: MariaDbPool, options: BridgeOptions): Bridge {
  const lending: Lending<MariaDbPoolConnection> = {
    borrow: () => pool.getConnection(),
    // It rejects when the connection was lost in this moment, and then the pool has put it away.
    giveBack: (connection) => void connection.release().catch(() => undefined),
    throwAway: (connection) => connection.destroy(),
    failureOf: mysqlFailure,
    refusalOf: mysqlRefusal,
  }
  return bridgeOver(lending, options)
}

/**
 * mariadb: a single connection. Statements go over it one after another, and it must be nobody else's: what another program part begins on it would
 * hold them in its transaction. One that is lost stays lost.
 */
export function mariaDbConnectionBridge(connection: MariaDbConnection, options: BridgeOptions): Bridge {
  return {
    ...bridgeOver(lendingOne(connection, { failureOf: mysqlFailure, refusalOf: mysqlRefusal }), options),
    open: () => {
      // One that is lost while nobody uses it would end the process: the next statement finds out.
      if (!listenedTo.has(connection)) connection.on('error', () => undefined)
      listenedTo.add(connection)
    },
  }
}

const listenedTo = new WeakSet<MariaDbConnection>()

function bridgeOver<Connection extends MariaDbConnection>(lending: Lending<Connection>, { boundMs, prepare }: BridgeOptions): Bridge {
  let prepares = prepare
  return {
    family: 'mysql',
    boundsAnswers: true,
    run: (statement, values) =>
      onConnection(lending, boundMs, async (connection) => {
        const answer = await send(connection, statement, values, prepares)
        const status = propertyOf(connection.info, 'status')
        if (typeof status === 'number') refuseTransaction(status, statement.returnsRows, lending)
        return answer
      }),
    failureOf: mysqlFailure,
    stopPreparing: () => {
      prepares = false
    },
  }
}

async function send(connection: MariaDbConnection, { text }: Statement, values: readonly Value[], prepares: boolean): Promise<Answer> {
  const result = prepares
    ? await connection.execute({ sql: text, ...AS_OBJECTS }, [...values])
    : await connection.query({ sql: withLiterals(text, values), ...AS_OBJECTS })
  if (Array.isArray(result)) return { rows: rowsIn(result), affected: result.length, insertId: 0 }
  return { rows: [], affected: numberIn(result, 'affectedRows'), insertId: numberIn(result, 'insertId') }
}
