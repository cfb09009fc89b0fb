// Runs under Bun: the whole suite of the contract on bun:sqlite. Prints what failed, and how many tests there were, as JSON.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { type BunSqlite, isBunSqlite } from '../../../../src/drivers/database/bridges/bun-sqlite.ts'
import { hasMethods } from '../../../../src/drivers/database/bridges/shapes.ts'
import { DatabaseDriver } from '../../../../src/drivers/database/database-driver.ts'
import { driverSuite } from '../../../../src/testing/index.ts'

const [folder = ''] = process.argv.slice(2)
// Node's types know no such module.
const sqlite: unknown = await import(['bun', 'sqlite'].join(':'))

function open(file: string): BunSqlite & { readonly exec: (text: string) => void; readonly close: () => void } {
  if (!hasMethods(sqlite, 'Database')) throw new Error('bun:sqlite has no Database')
  const client: unknown = Reflect.construct(sqlite.Database, [file])
  if (!hasMethods(client, 'exec', 'close') || !isBunSqlite(client)) throw new Error('it was not recognised')
  client.exec('PRAGMA journal_mode = WAL')
  return Object.assign(client, { exec: client.exec.bind(client), close: client.close.bind(client) })
}

const tests: { readonly name: string; readonly body: () => Promise<void> }[] = []
const files = new Map<DatabaseDriver, { readonly file: string; readonly close: () => void }>()
let made = 0

function driverOn(file: string): DatabaseDriver {
  const client = open(file)
  const driver = new DatabaseDriver({ client })
  files.set(driver, { file, close: () => client.close() })
  return driver
}

function fileOf(driver: DatabaseDriver): string {
  return files.get(driver)?.file ?? ''
}

function execute(driver: DatabaseDriver, sql: string): void {
  const database = open(fileOf(driver))
  database.exec(sql)
  database.close()
}

driverSuite<DatabaseDriver>((name, body) => tests.push({ name, body }), {
  create: async () => {
    const driver = driverOn(join(folder, `${(made += 1)}.db`))
    await driver.migrate()
    return driver
  },
  second: (driver) => driverOn(fileOf(driver)),
  dispose: (driver) => {
    const file = fileOf(driver)
    for (const [one, { file: own, close }] of files) {
      if (own !== file) continue
      files.delete(one)
      close()
    }
    for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true })
  },
  shortMs: 1000,
  corrupt: (driver, key) => {
    const turnOver = (): void => execute(driver, `UPDATE sessions SET version = -version WHERE session_id = '${key}'`)
    turnOver()
    return turnOver
  },
  breakStore: (driver) => {
    execute(driver, 'ALTER TABLE sessions RENAME TO away')
    return () => execute(driver, 'ALTER TABLE away RENAME TO sessions')
  },
  createUnopenable: () => driverOn(join(folder, 'none.db')),
})

const failed: string[] = []
const waiting = [...tests]
async function worker(): Promise<void> {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    try {
      await next.body()
    } catch (error) {
      failed.push(`${next.name}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
}
await Promise.all(Array.from({ length: 15 }, worker))
console.log(JSON.stringify({ tests: tests.length, failed }))
