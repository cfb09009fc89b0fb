import { hash } from 'node:crypto'
import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Bridge, BridgeOptions, Dialect, Family, SqlFailure, Statement } from '../../../src/drivers/database/bridges/bridge.ts'
import { bridgeTo, type DatabaseClient } from '../../../src/drivers/database/bridges/recognise.ts'

/** A client under test, and how to end it. */
export interface ClientUnderTest {
  readonly client: DatabaseClient
  readonly dialect?: Dialect
  readonly end: () => unknown
}

/** What is asked of one kind of client. */
export interface BridgeTopology {
  readonly family: Family
  readonly make: () => ClientUnderTest | Promise<ClientUnderTest>
  /** Holds the lock of the row with the key `held` in a table, or of the whole file. Gives what lets go of it. */
  readonly hold?: (table: string) => Promise<() => unknown>
}

export const OPTIONS: BridgeOptions = { boundMs: 20_000, prepare: true }
const MEBIBYTE = 2 ** 20
const LARGEST = 2 ** 53 - 1
const SECRET = 'secret-0123456789abcdef0123456789abcdef01234567'
/** Whatever could end a literal, or be taken for a placeholder. */
const NASTY = `it's "quoted" \\' \\" \`x\` ? ?1 $1 :a -- # /* ; % _ \n\r\t \u001a \u{1F600} \u00e4\u20ac`

let tables = 0

export function newTable(): string {
  return `bridge_${process.pid}_${(tables += 1)}`
}

/** A statement of a text whose parameters stand there as `:1` and on. */
export function statementFor(family: Family, text: string, returnsRows = false): Statement {
  const placed = text.replaceAll(/:(\d)/g, (_, number: string) =>
    family === 'mysql' ? '?' : `${family === 'postgres' ? '$' : '?'}${number}`,
  )
  return { name: `bridge_${hash('sha1', placed)}`, text: placed, returnsRows }
}

/** What became of a statement that failed. */
export async function failureOf(bridge: Bridge, run: Promise<unknown>): Promise<SqlFailure> {
  const error: unknown = await run.then(
    () => expect.fail('the statement was carried out'),
    (thrown: unknown) => thrown,
  )
  return bridge.failureOf(error)
}

/** Asks of a client what every bridge promises. */
export function bridgeSuite(name: string, { family, make, hold }: BridgeTopology): void {
  describe.each([{ prepare: true }, { prepare: false }])(`the bridge to ${name}, $prepare for prepare`, ({ prepare }) => {
    const table = newTable()
    const sql = (text: string, returnsRows = false): Statement => statementFor(family, text.replaceAll('TABLE_NAME', table), returnsRows)
    const insert = sql('INSERT INTO TABLE_NAME (k, v, n) VALUES (:1, :2, :3)')
    const read = sql('SELECT k, v, n FROM TABLE_NAME WHERE k = :1', true)
    let under: ClientUnderTest
    let bridge: Bridge

    beforeAll(async () => {
      under = await make()
      bridge = bridgeTo(under.client, under.dialect, { ...OPTIONS, prepare })
      await bridge.open?.()
      const types = family === 'mysql' ? ['VARCHAR(191) COLLATE utf8mb4_bin', 'LONGTEXT'] : ['TEXT', 'TEXT']
      await bridge.run(sql(`CREATE TABLE TABLE_NAME (k ${types[0]} PRIMARY KEY, v ${types[1]}, n BIGINT)`), [])
    })

    afterAll(async () => {
      await bridge.run(sql('DROP TABLE TABLE_NAME'), []).finally(() => under.end())
    })

    it('is of its family', () => {
      expect(bridge.family).toBe(family)
    })

    it.each([
      { what: 'nothing', v: null, n: null },
      { what: 'an empty text', v: '', n: 0 },
      { what: 'a text of 1 MiB', v: 'x\u00e4\u20ac'.repeat(MEBIBYTE / 3), n: 1 },
      { what: 'an emoji', v: '\u{1F468}\u200d\u{1F469}\u200d\u{1F467}', n: 1 },
      { what: 'a text of what has a meaning in SQL', v: NASTY, n: 1 },
      { what: 'the largest whole number', v: '1', n: LARGEST },
    ])('gives back $what', async ({ what, v, n }) => {
      expect(await bridge.run(insert, [what, v, n])).toEqual({ rows: [], affected: 1, insertId: 0 })
      const { rows } = await bridge.run(read, [what])
      expect(rows).toHaveLength(1)
      expect(rows[0]?.['v']).toBe(v)
      expect(n === null ? rows[0]?.['n'] : Number(rows[0]?.['n'])).toBe(n)
    })

    it('finds a row by any key', async () => {
      await bridge.run(insert, [NASTY, 'found', 1])
      const { rows, affected } = await bridge.run(read, [NASTY])
      expect(affected).toBe(1)
      expect(rows.map((row) => ({ ...row, n: Number(row['n']) }))).toEqual([{ k: NASTY, v: 'found', n: 1 }])
    })

    it('counts the rows that were changed', async () => {
      const update = sql("UPDATE TABLE_NAME SET v = :1 WHERE k LIKE 'counted%'")
      expect((await bridge.run(update, ['one'])).affected).toBe(0)
      await bridge.run(insert, ['counted 1', '', 1])
      await bridge.run(insert, ['counted 2', '', 2])
      expect(await bridge.run(update, ['two'])).toEqual({ rows: [], affected: 2, insertId: 0 })
    })

    it('gives the rows that a change returns', async () => {
      const returning = sql('INSERT INTO TABLE_NAME (k, v, n) VALUES (:1, :2, :3) RETURNING k, v, n + 1 AS n_more', true)
      const { rows, affected } = await bridge.run(returning, ['returned', 'text', 41])
      expect(rows.map((row) => ({ ...row, n_more: Number(row['n_more']) }))).toEqual([{ k: 'returned', v: 'text', n_more: 42 }])
      expect(affected).toBe(1)
    })

    it('calls a key that is taken a duplicate, and shows no value', async () => {
      await bridge.run(insert, [SECRET, SECRET, 1])
      const failure = await failureOf(bridge, bridge.run(insert, [SECRET, SECRET, 2]))
      expect(failure).toMatchObject({ kind: 'reply', reason: 'duplicate' })
      expect(inspect(failure, { depth: 5, showHidden: true })).not.toContain('secret')
      expect(Object.keys(failure).toSorted()).toEqual(['code', 'kind', 'name', 'reason'])
    })

    it('tells that a table or a column is missing', async () => {
      const noTable = sql('SELECT k FROM TABLE_NAME_not_there WHERE k = :1', true)
      const noColumn = sql('SELECT not_there FROM TABLE_NAME WHERE k = :1', true)
      expect(await failureOf(bridge, bridge.run(noTable, ['x']))).toMatchObject({ kind: 'reply', reason: 'missing' })
      expect(await failureOf(bridge, bridge.run(noColumn, ['x']))).toMatchObject({ kind: 'reply', reason: 'missing' })
    })

    it('rejects what is no SQL, shows no value, and goes on', async () => {
      const failure = await failureOf(bridge, bridge.run(sql('SELECT k FRM TABLE_NAME WHERE k = :1', true), [SECRET]))
      expect(failure).toMatchObject({ kind: 'reply', reason: 'other' })
      expect(inspect(failure, { depth: 5 })).not.toContain('secret')
      expect((await bridge.run(read, ['nobody'])).rows).toEqual([])
    })

    it('runs many statements side by side', async () => {
      const keys = Array.from({ length: 40 }, (_, index) => `beside ${index}`)
      await Promise.all(keys.map((key, index) => bridge.run(insert, [key, key, index])))
      const answers = await Promise.all(keys.map((key) => bridge.run(read, [key])))
      expect(answers.map(({ rows }) => rows[0]?.['v'])).toEqual(keys)
    })

    if (hold !== undefined)
      it('calls a lock that others hold contention', async () => {
        await bridge.run(insert, ['held', '', 1])
        const release = await hold(table)
        try {
          const change = sql("SELECT k FROM TABLE_NAME WHERE k = 'held' FOR UPDATE NOWAIT", true)
          const take = family === 'sqlite' ? sql("UPDATE TABLE_NAME SET v = '' WHERE k = 'held'") : change
          expect(await failureOf(bridge, bridge.run(take, []))).toMatchObject({ kind: 'reply', reason: 'contention' })
        } finally {
          await release()
        }
        // What met the lock is over: the next change is committed, and holds nothing.
        expect(await bridge.run(sql("UPDATE TABLE_NAME SET v = 'free' WHERE k = 'held'"), [])).toMatchObject({ affected: 1 })
        const releaseAgain = await hold(table)
        await releaseAgain()
      })

    if (family === 'mysql')
      it('gives what a change put into LAST_INSERT_ID', async () => {
        const change = sql('UPDATE TABLE_NAME SET n = LAST_INSERT_ID(:1) WHERE k = :2')
        await bridge.run(insert, ['last', '', 1])
        expect(await bridge.run(change, [1_800_000_000_123, 'last'])).toEqual({ rows: [], affected: 1, insertId: 1_800_000_000_123 })
        expect(await bridge.run(change, [7, 'nobody'])).toEqual({ rows: [], affected: 0, insertId: 0 })
      })
  })
}
