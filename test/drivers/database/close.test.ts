import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import { DatabaseDriver } from '../../../src/drivers/database/database-driver.ts'
import { hold, store } from '../../../src/testing/suite/records.ts'

/** Counts what it runs. */
class CountingDatabase extends DatabaseSync {
  ran = 0

  override prepare(text: string): StatementSync {
    const statement = super.prepare(text)
    for (const method of ['run', 'get', 'all'] as const) {
      const original: unknown = statement[method]
      if (typeof original !== 'function') throw new TypeError(`no ${method}`)
      const counting = (...args: unknown[]): unknown => {
        this.ran += 1
        return Reflect.apply(original, statement, args)
      }
      Object.defineProperty(statement, method, { value: counting })
    }
    return statement
  }
}

it('close gives back what is held, and not what was held of sessions that have ended', async () => {
  const client = new CountingDatabase(':memory:')
  const driver = new DatabaseDriver({ client })
  await driver.migrate()
  await driver.open()
  const stored = await Promise.all([1, 2, 3].map(() => store(driver)))
  for (const { key } of stored) await hold(driver, key)
  for (const { key } of stored.slice(1)) expect(await driver.destroy(key)).toEqual({ kind: 'record' })
  client.ran = 0
  await driver.close()
  expect(client.ran).toBe(1)
})
