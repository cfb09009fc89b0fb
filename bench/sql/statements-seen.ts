import { DatabaseSync } from 'node:sqlite'
import type { StatementSync } from 'node:sqlite'
import { createConnection } from 'mysql2/promise'
import type { Connection, RowDataPacket } from 'mysql2/promise'
import { Client } from 'pg'
import type { Statements } from '../../src/drivers/database/dialects/dialect.ts'

/** What a database was asked by the driver that is looked at. */
export interface StatementsSeen {
  /** The names of all statements that were carried out since the last time: `acquire`, or `other: TEXT` for one that is none of the driver's. */
  take(): Promise<string[]>
}

type Named = ReadonlyMap<string, string>

/** What a server needs so that its statements can be seen. */
export const POSTGRES_COUNTS = { shared_preload_libraries: 'pg_stat_statements' } as const
export const MARIADB_LOGS = { 'general-log': 1, 'log-output': 'TABLE' } as const

/** By the server's own counters, which know a statement by what it means. They do not know the order. */
export class PostgresSeen implements StatementsSeen, AsyncDisposable {
  readonly #client: Client
  readonly #names: Named
  readonly #calls = new Map<string, number>()

  /** @param statements What the driver sends, on a table that is there. */
  static async on(url: string, statements: Statements): Promise<PostgresSeen> {
    const client = new Client({ connectionString: url })
    await client.connect()
    await client.query('CREATE EXTENSION IF NOT EXISTS pg_stat_statements')
    const names = new Map<string, string>()
    for (const [name, { text, parameters }] of Object.entries(statements))
      names.set(await identifierOf(client, text, parameters.length), name)
    const seen = new PostgresSeen(client, names)
    await seen.take()
    return seen
  }

  private constructor(client: Client, names: Named) {
    this.#client = client
    this.#names = names
  }

  async take(): Promise<string[]> {
    // Its own question is the only one that names the counters.
    const { rows } = await this.#client.query<{ id: string; calls: string; query: string }>(
      "SELECT queryid::text AS id, sum(calls)::text AS calls, min(query) AS query FROM pg_stat_statements WHERE query NOT LIKE '%pg_stat_statements%' GROUP BY queryid",
    )
    return rows.flatMap(({ id, calls, query }) => {
      const before = this.#calls.get(id) ?? 0
      this.#calls.set(id, Number(calls))
      return Array.from({ length: Number(calls) - before }, () => this.#names.get(id) ?? `other: ${query}`)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.end()
  }
}

/** The number by which PostgreSQL counts a statement, whoever sends it. */
async function identifierOf(client: Client, text: string, parameters: number): Promise<string> {
  const values = parameters === 0 ? '' : `(${Array.from({ length: parameters }, () => 'NULL').join()})`
  await client.query(`PREPARE asked AS ${text}`)
  const { rows } = await client.query<{ 'QUERY PLAN': string }>(`EXPLAIN (VERBOSE) EXECUTE asked${values}`)
  await client.query('DEALLOCATE asked')
  const line = rows.map((row) => row['QUERY PLAN']).find((found) => found.startsWith('Query Identifier: '))
  if (line === undefined) throw new Error(`PostgreSQL gives no identifier for ${text}`)
  return line.slice('Query Identifier: '.length)
}

const MANY = 1_000_000
const LONG = 1000

/** By the server's general log, in the order of the log. */
export class MariaDbSeen implements StatementsSeen, AsyncDisposable {
  readonly #connection: Connection
  readonly #forms: readonly { readonly name: string; readonly form: RegExp }[]
  #read = 0

  static async on(url: string, statements: Statements): Promise<MariaDbSeen> {
    const seen = new MariaDbSeen(await createConnection(url), statements)
    await seen.take()
    return seen
  }

  private constructor(connection: Connection, statements: Statements) {
    this.#connection = connection
    this.#forms = Object.entries(statements).map(([name, { text }]) => ({ name, form: formOf(text) }))
  }

  /** Nobody may send any meanwhile. */
  async take(): Promise<string[]> {
    const [rows] = await this.#connection.query<RowDataPacket[]>(
      `SELECT command_type IN ('Execute', 'Query') AND thread_id <> CONNECTION_ID() AS counts, CONVERT(argument USING utf8mb4) AS statement
       FROM mysql.general_log LIMIT ${MANY} OFFSET ${this.#read}`,
    )
    this.#read += rows.length
    // The log is read from its beginning each time.
    if (this.#read > LONG) await this.#connection.query('TRUNCATE mysql.general_log')
    if (this.#read > LONG) this.#read = 0
    const texts = rows.filter((row) => Number(row['counts']) === 1).map((row) => String(row['statement']))
    return texts.map((text) => this.#forms.find(({ form }) => form.test(text))?.name ?? `other: ${text}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection.end()
  }
}

// The log has the values where the statement has its places.
function formOf(text: string): RegExp {
  const parts = text.split('?').map((part) => part.replaceAll(/[.*+^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*?')}$`, 's')
}

/** SQLite has no server: the calls of the library that carry a statement out, in their order. */
export class SqliteSeen extends DatabaseSync implements StatementsSeen {
  readonly #names = new Map<string, string>()
  readonly #seen: string[] = []

  /** To be called once the driver's statements are known. What was counted before is forgotten. */
  name(statements: Statements): void {
    for (const [name, { text }] of Object.entries(statements)) this.#names.set(text, name)
    this.#seen.length = 0
  }

  override prepare(text: string): StatementSync {
    const statement = super.prepare(text)
    const seen = (): unknown => this.#seen.push(this.#names.get(text) ?? `other: ${text}`)
    return new Proxy(statement, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name)
        if (typeof method !== 'function') return method
        return (...values: unknown[]): unknown => {
          if (name === 'all' || name === 'run' || name === 'get') seen()
          return Reflect.apply(method, target, values)
        }
      },
    })
  }

  async take(): Promise<string[]> {
    return this.#seen.splice(0)
  }
}
