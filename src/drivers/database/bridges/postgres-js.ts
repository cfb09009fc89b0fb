import { type Answer, type Bridge, type BridgeOptions, type Statement, type Value } from './bridge.ts'
import { SessionError } from '../../../session/errors.ts'
import { after, noneFree } from './lending.ts'
import { postgresFailure } from './postgres-failure.ts'
import { hasMethods, numberIn, propertyOf, rowsIn } from './shapes.ts'

/** What is used of `postgres()`. */
export interface PostgresJs {
  unsafe(text: string, values: (string | number | null)[], options: { readonly prepare: boolean }): PromiseLike<unknown>
  begin: unknown
  end: unknown
}

export function isPostgresJs(client: unknown): client is PostgresJs {
  return typeof client === 'function' && hasMethods(client, 'unsafe', 'begin', 'end')
}

/**
 * postgres (postgres.js). It takes statements as they come and writes them one behind another over its connections.
 *
 * @throws {SessionError} `ERR_SESSION_CONFIG` when it was told to change the names of columns, or rows.
 */
export function postgresJsBridge(sql: PostgresJs, { boundMs, prepare }: BridgeOptions): Bridge {
  refuseTransforms(sql)
  let prepares = prepare
  return {
    family: 'postgres',
    run: (statement, values) => send(sql, statement, values, boundMs, prepares),
    failureOf: postgresFailure,
    stopPreparing: () => {
      prepares = false
    },
  }
}

/**
 * What it cannot write yet it keeps, and would write it long after everybody has given it up. Its own `cancel()` may leave a connection unusable that
 * is just being made, and may end a statement of somebody else. But it reads the values when it writes the statement: without them it fails.
 */
function send(sql: PostgresJs, { text }: Statement, values: readonly Value[], boundMs: number, prepare: boolean): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const given = [...values]
    const query = sql.unsafe(text, given, { prepare })
    const giveUp = after(boundMs / 2, () => {
      // It gets its state when it is written.
      if (propertyOf(query, 'state') !== null) return
      withhold(given)
      reject(noneFree(boundMs))
    })
    query.then(
      (result) => {
        clearTimeout(giveUp)
        resolve({ rows: rowsIn(result), affected: numberIn(result, 'count'), insertId: 0 })
      },
      (error: unknown) => {
        clearTimeout(giveUp)
        reject(postgresFailure(error))
      },
    )
  })
}

function withhold(given: unknown[]): void {
  given.fill(undefined)
}

function refuseTransforms(sql: PostgresJs): void {
  const transform = propertyOf(propertyOf(sql, 'options'), 'transform')
  const changes = ['column', 'value', 'row'].filter((what) => typeof propertyOf(propertyOf(transform, what), 'from') === 'function')
  if (changes.length === 0) return
  throw SessionError.config(
    'client',
    `must not transform what it reads (transform: ${changes.join(', ')}): hand in one of its own without that.`,
  )
}
