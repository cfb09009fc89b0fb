import { randomHex } from '../../src/session/random.ts'
import { valuesFor } from '../../src/drivers/database/statement.ts'
import type { NamedStatement } from '../../src/drivers/database/statement.ts'
import type { SqlServer } from '../../test/support/sql-server.ts'
import { keyAt, poolOn, templateRecord } from './many-records.ts'
import type { OwnPool } from './many-records.ts'
import type { ManyKind } from './many-rows.ts'

/** What the server did for an acquire, on the average. */
export interface Examined {
  readonly rows: number
  /** Pages that it looked at in its cache or on the disk. */
  readonly pages: number
}

/** What the server says of a collection's statements. */
export interface Batches {
  readonly count: number
  readonly meanMs: number
  readonly longestMs: number
}

/** A server with tables of many sessions. */
export interface ManyServer extends AsyncDisposable {
  readonly kind: ManyKind
  readonly title: string
  readonly url: string
  readonly pid: number
  /** Makes a table with a session, and fills it with copies of it that have keys, names and users of their own. */
  fill(table: string, count: number, step: number): Promise<void>
  /** Adds copies that have expired within the last day. */
  addExpired(table: string, count: number, step: number): Promise<void>
  count(table: string): Promise<number>
  /** Asks for leases that end at once. */
  examine(table: string, indexes: readonly number[]): Promise<Examined>
  /** Rows that the statement looks at which collects the expired ones. They are collected, up to a batch. */
  examineCollection(table: string): Promise<number>
  /** A driver on one connection, whose deletes the server measures from now on. */
  collector(table: string): Promise<OwnPool & { readonly batches: () => Promise<Batches> }>
}

/** Copies of the first session: their numbers, and whether they are to have expired. */
export interface Copy {
  readonly table: string
  readonly from: number
  readonly to: number
  readonly expired: boolean
}

/** The columns in which a copy is not like what it was made of. */
export const OWN: readonly string[] = ['session_id', 'handle', 'write_token', 'user_id', 'expires_ms', 'expiration']
export const DAY_MS = 86_400_000
/** As many as the driver collects at a time. */
export const BATCH = 250

/** What all servers do in the same way. */
export function commonOf(
  kind: ManyKind,
  title: string,
  server: SqlServer,
  copy: (copy: Copy) => Promise<void>,
  settle: (table: string) => Promise<void>,
): Pick<ManyServer, 'kind' | 'title' | 'url' | 'pid' | 'fill' | 'addExpired'> {
  const copies = async (table: string, from: number, to: number, step: number, expired: boolean): Promise<void> => {
    for (let first = from; first <= to; first += step) await copy({ table, from: first, to: Math.min(to, first + step - 1), expired })
    await settle(table)
  }
  return {
    kind,
    title,
    url: server.url,
    pid: server.pid,
    async fill(table, count, step) {
      const { driver, end } = poolOn({ kind, url: server.url, table }, 1)
      await driver.migrate()
      await driver.open()
      await driver.insert(keyAt(0), templateRecord())
      await driver.close()
      await end()
      await copies(table, 1, count - 1, step, false)
    },
    addExpired: (table, count, step) => copies(table, 1, count, step, true),
  }
}

/** What the statement is given that takes a lease, which ends at once. */
export function acquireValues(acquire: NamedStatement, index: number): (string | number | null)[] {
  return valuesFor(acquire, { key: keyAt(index), token: randomHex(16), leaseMs: 0 })
}
