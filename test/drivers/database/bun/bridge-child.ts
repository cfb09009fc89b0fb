// Runs under Bun: what the bridge to bun:sqlite answers, as JSON.
import type { Bridge, Value } from '../../../../src/drivers/database/bridges/bridge.ts'
import { isBunSqlite } from '../../../../src/drivers/database/bridges/bun-sqlite.ts'
import { bridgeTo } from '../../../../src/drivers/database/bridges/recognise.ts'
import { hasMethods } from '../../../../src/drivers/database/bridges/shapes.ts'

const [file = ''] = process.argv.slice(2)
// Node's types know no such module.
const sqlite: unknown = await import(['bun', 'sqlite'].join(':'))

function open(): { readonly client: object; readonly exec: (text: string) => void; readonly close: () => void } {
  if (!hasMethods(sqlite, 'Database')) throw new Error('bun:sqlite has no Database')
  const client: unknown = Reflect.construct(sqlite.Database, [file])
  if (!hasMethods(client, 'exec', 'close') || !isBunSqlite(client)) throw new Error('it was not recognised')
  return { client, exec: (text) => void client.exec(text), close: () => void client.close() }
}

const { client, exec, close } = open()
const bridge: Bridge = bridgeTo(client, undefined, { boundMs: 5000, prepare: true })

async function run(text: string, values: readonly Value[] = [], returnsRows = false): Promise<unknown> {
  try {
    const { rows, affected, insertId } = await bridge.run({ name: 'bun', text, returnsRows }, values)
    return { rows, affected, insertId }
  } catch (error) {
    const { kind, reason, code, message } = bridge.failureOf(error)
    return { kind, reason, code, message }
  }
}

exec('PRAGMA busy_timeout = 3000; PRAGMA synchronous = OFF')
await bridge.open?.()
const answers: Record<string, unknown> = { family: bridge.family }
answers['timeout'] = await run('PRAGMA busy_timeout', [], true)
answers['create'] = await run('CREATE TABLE t (k TEXT PRIMARY KEY, v TEXT, n INTEGER)')
const insert = 'INSERT INTO t (k, v, n) VALUES (?1, ?2, ?3)'
answers['insert'] = await run(insert, ['a', `it's ?1 "\u{1F600}"`, 2 ** 53 - 1])
answers['nothing'] = await run(insert, ['b', null, null])
answers['long'] = await run(insert, ['c', 'x'.repeat(2 ** 20), 0])
answers['read'] = await run('SELECT k, v, n FROM t WHERE k < ?1 ORDER BY k', ['c'], true)
answers['length'] = await run('SELECT length(v) AS length FROM t WHERE k = ?1', ['c'], true)
answers['returning'] = await run('UPDATE t SET v = ?1 WHERE k < ?2 RETURNING k', ['', 'c'], true)
answers['update'] = await run('UPDATE t SET v = ?1', [''])
answers['duplicate'] = await run(insert, ['a', 'secret', 1])
answers['missing'] = await run('SELECT * FROM not_there', [], true)

const other = open()
other.exec('BEGIN IMMEDIATE')
answers['busy'] = await run('UPDATE t SET n = 1')
other.exec('COMMIT')
answers['free'] = await run('UPDATE t SET n = 1')
other.exec('BEGIN IMMEDIATE; COMMIT')
other.close()

exec('BEGIN')
answers['inside'] = await run('UPDATE t SET n = 1')
exec('COMMIT')
close()
answers['closed'] = await run('SELECT 1', [], true)
console.log(JSON.stringify(answers))
