import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import BetterSqlite3 from 'better-sqlite3'
import { CamelCasePlugin, Kysely, SqliteDialect } from 'kysely'
import { afterAll, describe, expect, it } from 'vitest'
import { bridgeTo } from '../../../src/drivers/database/bridges/recognise.ts'
import { DatabaseDriver } from '../../../src/drivers/database/database-driver.ts'
import { databaseOf, startWorker } from '../../support/miniflare.ts'
import { bridgeSuite, failureOf, OPTIONS, statementFor } from './bridge-suite.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdfast-bridges-'))
afterAll(() => rmSync(folder, { recursive: true }))

let files = 0
const newFile = (): string => join(folder, `${(files += 1)}.db`)

/** One that does not wait for the disk. */
function fast<Database extends { exec(text: string): unknown }>(database: Database): Database {
  database.exec('PRAGMA synchronous = OFF')
  return database
}

// Another connection to the file that has locked it. It must be of the same library: the system's locks are a process's, and two copies of SQLite in
// one process do not see each other's.

const heldByNode = (path: string) => async (): Promise<() => void> => {
  const other = new DatabaseSync(path)
  other.exec('BEGIN IMMEDIATE')
  return () => other.close()
}

const heldByBetter = (path: string) => async (): Promise<() => void> => {
  const other = new BetterSqlite3(path).exec('BEGIN IMMEDIATE')
  return () => other.close()
}

const paths = { node: newFile(), better: newFile(), kysely: newFile() }

bridgeSuite('node:sqlite', {
  family: 'sqlite',
  make: () => {
    const client = fast(new DatabaseSync(paths.node))
    return { client, end: () => client.close() }
  },
  hold: heldByNode(paths.node),
})

bridgeSuite('node:sqlite with options of its own', {
  family: 'sqlite',
  make: () => {
    const client = fast(new DatabaseSync(newFile(), { readBigInts: true, returnArrays: true, timeout: 1000 }))
    return { client, end: () => client.close() }
  },
})

bridgeSuite('better-sqlite3', {
  family: 'sqlite',
  make: () => {
    const client = fast(new BetterSqlite3(paths.better))
    return { client, end: () => client.close() }
  },
  hold: heldByBetter(paths.better),
})

bridgeSuite('better-sqlite3 with bigints', {
  family: 'sqlite',
  make: () => {
    const client = fast(new BetterSqlite3(newFile())).defaultSafeIntegers()
    return { client, end: () => client.close() }
  },
})

bridgeSuite('Kysely over better-sqlite3', {
  family: 'sqlite',
  make: () => {
    const client = new Kysely<object>({
      dialect: new SqliteDialect({ database: fast(new BetterSqlite3(paths.kysely)) }),
      plugins: [new CamelCasePlugin()],
    })
    return { client, end: () => client.destroy() }
  },
  hold: heldByBetter(paths.kysely),
})

bridgeSuite('D1', {
  family: 'sqlite',
  make: async () => {
    const worker = startWorker('export default {}')
    return { client: await databaseOf(worker), end: () => worker.dispose() }
  },
})

describe('a bridge to a file', () => {
  const select = statementFor('sqlite', 'SELECT 1 AS one', true)
  const timeout = (database: { prepare(text: string): { get(): unknown } }): unknown => database.prepare('PRAGMA busy_timeout').get()

  it('lets SQLite stop the process for 5 ms at most', async () => {
    const patient = new DatabaseSync(':memory:', { timeout: 5000 })
    const impatient = new DatabaseSync(':memory:', { timeout: 2 })
    const better = new BetterSqlite3(':memory:')
    for (const client of [patient, impatient, better]) await bridgeTo(client, undefined, OPTIONS).run(select, [])
    expect([patient, impatient, better].map(timeout)).toEqual([{ timeout: 5 }, { timeout: 2 }, { timeout: 5 }])
  })

  it.each([
    { name: 'node:sqlite', make: () => new DatabaseSync(':memory:') },
    { name: 'better-sqlite3', make: () => new BetterSqlite3(':memory:') },
  ])('does nothing inside a transaction of the application: $name', async ({ make }) => {
    const client = make()
    const bridge = bridgeTo(client, undefined, OPTIONS)
    client.exec('BEGIN')
    expect(await failureOf(bridge, bridge.run(select, []))).toMatchObject({ kind: 'refused', reason: 'contention' })
    client.exec('COMMIT')
    expect((await bridge.run(select, [])).rows).toHaveLength(1)
  })

  it('refuses a connection that names columns in another way, on which no session would be found', async () => {
    const [plain, database] = [new DatabaseSync(':memory:'), new BetterSqlite3(':memory:')]
    for (const one of [plain, database]) one.exec('PRAGMA full_column_names = ON')
    for (const client of [plain, database, new Kysely<object>({ dialect: new SqliteDialect({ database }) })]) {
      await expect(new DatabaseDriver({ client }).migrate()).rejects.toThrow(/Turn PRAGMA full_column_names off/)
      await expect(new DatabaseDriver({ client }).open()).rejects.toThrow(/Turn PRAGMA full_column_names off/)
    }
  })

  it.each([
    { name: 'node:sqlite', make: () => new DatabaseSync(':memory:') },
    { name: 'better-sqlite3', make: () => new BetterSqlite3(':memory:') },
  ])('says that nothing was sent to one that is closed: $name', async ({ make }) => {
    const client = make()
    const bridge = bridgeTo(client, undefined, OPTIONS)
    client.close()
    expect(await failureOf(bridge, bridge.run(select, []))).toMatchObject({ kind: 'refused', reason: 'other' })
  })

  it('prepares a statement once', async () => {
    const client = new DatabaseSync(':memory:')
    let prepared = 0
    const counting = new Proxy(client, {
      get: (target, name) => {
        if (name === 'prepare') prepared += 1
        const property: unknown = Reflect.get(target, name)
        return typeof property === 'function' ? property.bind(target) : property
      },
    })
    const bridge = bridgeTo(counting, undefined, OPTIONS)
    const other = statementFor('sqlite', 'SELECT 2 AS two', true)
    await bridge.run(other, [])
    prepared = 0
    await bridge.run(select, [])
    await bridge.run(select, [])
    await bridge.run(other, [])
    expect(prepared).toBe(1)
  })

  it('says that a file which is read only was not changed', async () => {
    const path = newFile()
    new DatabaseSync(path).exec('CREATE TABLE t (k)')
    const bridge = bridgeTo(new DatabaseSync(path, { readOnly: true }), undefined, OPTIONS)
    const failure = await failureOf(bridge, bridge.run(statementFor('sqlite', 'INSERT INTO t VALUES (1)'), []))
    expect(failure).toMatchObject({ kind: 'reply', reason: 'other', code: 'SQLITE_READONLY' })
  })
})
