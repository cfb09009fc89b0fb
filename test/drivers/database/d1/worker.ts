// Runs in workerd: the whole suite of the contract on D1, each test with a table of its own.
import type { D1 } from '../../../../src/drivers/database/bridges/d1.ts'
import { DatabaseDriver } from '../../../../src/drivers/database/database-driver.ts'
import { driverSuite } from '../../../../src/testing/driver-suite.ts'

type Database = D1 & { exec(text: string): Promise<unknown> }

const AT_ONCE = 15

async function contract(database: Database): Promise<{ readonly tests: number; readonly failed: readonly string[] }> {
  const tests: { readonly name: string; readonly body: () => Promise<void> }[] = []
  const tables = new Map<DatabaseDriver, string>()
  let made = 0
  const driverOn = (table: string): DatabaseDriver => {
    const driver = new DatabaseDriver({ client: database, table })
    tables.set(driver, table)
    return driver
  }
  const tableOf = (driver: DatabaseDriver): string => tables.get(driver) ?? ''

  driverSuite<DatabaseDriver>((name, body) => tests.push({ name, body }), {
    create: async () => {
      const driver = driverOn(`suite_${(made += 1)}`)
      await driver.migrate()
      return driver
    },
    second: (driver) => driverOn(tableOf(driver)),
    dispose: async (driver) => {
      await database.exec(`DROP TABLE ${tableOf(driver)}`)
    },
    shortMs: 1000,
    corrupt: async (driver, key) => {
      const turnOver = async (): Promise<void> => {
        await database.exec(`UPDATE ${tableOf(driver)} SET version = -version WHERE session_id = '${key}'`)
      }
      await turnOver()
      return turnOver
    },
    breakStore: async (driver) => {
      const table = tableOf(driver)
      await database.exec(`ALTER TABLE ${table} RENAME TO ${table}_away`)
      return async () => {
        await database.exec(`ALTER TABLE ${table}_away RENAME TO ${table}`)
      }
    },
    createUnopenable: () => driverOn('none'),
  })

  const failed: string[] = []
  const waiting = [...tests]
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      try {
        await next.body()
      } catch (error) {
        failed.push(`${next.name}: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return { tests: tests.length, failed }
}

export default {
  async fetch(_request: Request, { DB }: { readonly DB: Database }): Promise<Response> {
    return Response.json(await contract(DB))
  },
}
