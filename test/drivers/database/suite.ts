import { AsyncLocalStorage } from 'node:async_hooks'
import { afterAll, describe, it } from 'vitest'
import { DatabaseDriver, type DatabaseDriverOptions } from '../../../src/drivers/database/database-driver.ts'
import { driverSuite } from '../../../src/testing/index.ts'

type Undo = () => void | Promise<void>

/** A client under test, and how to end it. */
export interface TestClient {
  readonly client: DatabaseDriverOptions['client']
  readonly end: () => Promise<void> | void
  /** Cuts it off from the database; gives what lets it back. */
  readonly cut?: () => Undo | Promise<Undo>
}

/** How the suite reaches a database, beside the client that it tests. */
export interface Topology {
  /** A new client with so many connections. Called twice for each test: for each of two processes. */
  readonly makeClient: (table: string, connections: number) => TestClient | Promise<TestClient>
  /** A new client that can be cut off, it alone: for the tests that do so. Left out: the table is renamed for a while. */
  readonly makeCuttableClient?: (() => Promise<TestClient>) | undefined
  /** Runs a statement past the driver. */
  readonly execute: (sql: string, table: string) => Promise<unknown>
  /** Ends what belongs to a table when its test is over. */
  readonly after?: (table: string) => Promise<void>
  readonly options?: Omit<DatabaseDriverOptions, 'client' | 'table'>
}

interface UnderTest {
  readonly table: string
  readonly client: TestClient
}

/** Whether the test that runs cuts its clients off. */
const cuts = new AsyncLocalStorage<boolean>()
/** What the names of such tests say. */
const CUTTING = ['A store that failed rejects', 'Neither changes what is stored', 'Of unknown outcome']
const TABLE = `suite_${process.pid}_`
let tables = 0

/**
 * Runs the whole suite of the contract over one kind of client. The database's clock is real: what is to end ends after a short real time, and the tests
 * run side by side, each with a table of its own.
 */
export function databaseSuite(name: string, topology: Topology): void {
  describe(`DatabaseDriver over ${name} keeps the driver contract`, () => {
    const drivers = new Map<DatabaseDriver, UnderTest>()
    const driverOn = async (table: string, connections: number): Promise<DatabaseDriver> => {
      const { makeCuttableClient, makeClient, options } = topology
      const client = await (cuts.getStore() === true && makeCuttableClient !== undefined
        ? makeCuttableClient()
        : makeClient(table, connections))
      const driver = new DatabaseDriver({ client: client.client, table, ...options })
      drivers.set(driver, { table, client })
      return driver
    }
    const known = (driver: DatabaseDriver): UnderTest => drivers.get(driver) ?? fail('the suite asks about a driver that it was not given')

    afterAll(async () => {
      for (const { client } of drivers.values()) await client.end()
    })

    driverSuite<DatabaseDriver>(besideOthers, {
      create: async () => {
        // What it is asked at once reaches the database in that order.
        const driver = await driverOn(`${TABLE}${(tables += 1)}`, 1)
        await driver.migrate()
        return driver
      },
      second: (driver) => driverOn(known(driver).table, 3),
      dispose: async (driver) => {
        const { table } = known(driver)
        for (const [one, { table: own, client }] of drivers) {
          if (own !== table) continue
          drivers.delete(one)
          await client.end()
        }
        await topology.execute(`DROP TABLE ${table}`, table)
        await topology.after?.(table)
      },
      // Tests run side by side on a machine that may be busy: what must be seen alive is given time.
      shortMs: 1000,
      corrupt: async (driver, key) => {
        const { table } = known(driver)
        const turnOver = (): Promise<unknown> =>
          topology.execute(`UPDATE ${table} SET version = -version WHERE session_id = '${key}'`, table)
        await turnOver()
        return async () => {
          await turnOver()
        }
      },
      breakStore: async (driver) => {
        const { client, table } = known(driver)
        if (client.cut !== undefined) return client.cut()
        await topology.execute(`ALTER TABLE ${table} RENAME TO ${table}_away`, table)
        return async () => {
          await topology.execute(`ALTER TABLE ${table}_away RENAME TO ${table}`, table)
        }
      },
      surveying: true,
      createUnopenable: () => driverOn(`${TABLE}none`, 1),
    })
  })
}

function marked(name: string, body: () => Promise<void>): () => Promise<void> {
  const isCut = CUTTING.some((words) => name.includes(words))
  return () => cuts.run(isCut, body)
}

function besideOthers(name: string, body: () => Promise<void>): void {
  it.concurrent(name, marked(name, body))
}

function fail(why: string): never {
  throw new Error(why)
}
