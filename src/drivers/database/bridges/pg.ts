import { SessionError } from '../../../session/errors.ts'
import { type Answer, type Bridge, type BridgeOptions, type Row, SqlFailure, type Statement, type Value } from './bridge.ts'
import { type Lending, lendingOne, onConnection } from './lending.ts'
import { postgresFailure, postgresRefusal } from './postgres-failure.ts'
import { hasMethods, propertyOf } from './shapes.ts'

type ErrorListener = (error: Error) => void

/** What is used of `new Client()`. */
export interface PgClient {
  query(config: { readonly text: string; readonly values: unknown[]; readonly name?: string }): Promise<PgResult>
  on(event: 'error', listener: ErrorListener): unknown
  off(event: 'error', listener: ErrorListener): unknown
}

/** What is used of `new Pool()`. */
export interface PgPool {
  readonly totalCount: number
  connect(done: (error: Error | undefined, client: PgPoolClient | undefined) => void): void
  on(event: 'error', listener: ErrorListener): unknown
  off(event: 'error', listener: ErrorListener): unknown
}

interface PgPoolClient extends PgClient {
  release(destroy?: boolean): void
}

interface PgResult {
  readonly rows: readonly Row[]
  readonly rowCount: number | null
}

export function isPgPool(client: unknown): client is PgPool {
  return hasMethods(client, 'connect', 'query', 'on', 'off') && typeof propertyOf(client, 'totalCount') === 'number'
}

export function isPgClient(client: unknown): client is PgClient {
  return hasMethods(client, 'connect', 'query', 'on', 'off', 'setTypeParser') && !isPgPool(client)
}

/**
 * pg: connections of a pool.
 *
 * `pool.query` would throw a connection away for every error, a duplicate too. Here it goes back when the server has answered.
 */
export function pgPoolBridge(pool: PgPool, options: BridgeOptions): Bridge {
  const lending: Lending<PgPoolClient> = {
    // By its callback: a promise would come a moment later, in which nobody listens to the connection.
    borrow: () =>
      new Promise((resolve, reject) => {
        pool.connect((error, client) => (client === undefined ? reject(error) : resolve(heard(client))))
      }),
    giveBack: (client) => client.release(),
    throwAway: (client) => client.release(true),
    failureOf: postgresFailure,
    refusalOf: postgresRefusal,
  }
  return bridgeOver(pool, lending, options)
}

/**
 * pg: a single connection. Statements go over it one after another, and it must be nobody else's: what another program part begins on it would hold
 * them in its transaction. One that is lost stays lost.
 */
export function pgClientBridge(client: PgClient, options: BridgeOptions): Bridge {
  const bridge = bridgeOver(client, lendingOne(client, { failureOf: postgresFailure, refusalOf: postgresRefusal }), options)
  return {
    ...bridge,
    open: () => {
      // It would keep all statements until then.
      if (propertyOf(client, '_connected') === false && propertyOf(client, '_connecting') === false)
        throw SessionError.driverFailed('open', 'The client was not connected: await client.connect() first, or hand in a new Pool().')
      return bridge.open?.()
    },
  }
}

function bridgeOver<Client extends PgClient>(
  source: Pick<PgClient, 'on' | 'off'>,
  lending: Lending<Client>,
  { boundMs, prepare }: BridgeOptions,
): Bridge {
  let prepares = prepare
  return {
    family: 'postgres',
    boundsAnswers: true,
    open: () => {
      // An idle connection that the server ends is no news: the next statement finds out. Without a listener it would end the process.
      source.off('error', ignore)
      source.on('error', ignore)
    },
    run: (statement, values) => onConnection(lending, boundMs, (client) => send(client, statement, values, prepares)),
    failureOf: postgresFailure,
    stopPreparing: () => {
      prepares = false
    },
  }
}

function send(client: PgClient, { name, text }: Statement, values: readonly Value[], prepares: boolean): Promise<Answer> {
  if (isInTransaction(client))
    return Promise.reject(new SqlFailure('refused', 'contention', 'The connection is inside a transaction of another program part.'))
  return client.query(prepares ? { name, text, values: [...values] } : { text, values: [...values] }).then(({ rows, rowCount }) => {
    // It was begun before ours had its turn.
    if (isInTransaction(client))
      throw new SqlFailure('unknown', 'other', 'The connection was inside a transaction of another program part.')
    return { rows, affected: rowCount ?? 0, insertId: 0 }
  })
}

function isInTransaction(client: PgClient): boolean {
  if (!hasMethods(client, 'getTransactionStatus')) return false
  const status = client.getTransactionStatus()
  return status === 'T' || status === 'E'
}

const listenedTo = new WeakSet<PgPoolClient>()

/** One that is lost while it is lent says so to its statement too; without a listener it would end the process. */
function heard(client: PgPoolClient): PgPoolClient {
  if (!listenedTo.has(client)) {
    listenedTo.add(client)
    client.on('error', ignore)
  }
  return client
}

function ignore(): void {
  // See where it is used.
}
