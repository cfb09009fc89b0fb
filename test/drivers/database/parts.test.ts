import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Bridge, SqlFailure } from '../../../src/drivers/database/bridges/bridge.ts'
import { DatabaseStore } from '../../../src/drivers/database/database-store.ts'
import type { Statements } from '../../../src/drivers/database/dialects/dialect.ts'
import { mysqlDialect } from '../../../src/drivers/database/dialects/mysql.ts'
import { postgresDialect } from '../../../src/drivers/database/dialects/postgres.ts'
import { sqliteDialect } from '../../../src/drivers/database/dialects/sqlite.ts'
import { foundIn } from '../../../src/drivers/database/found.ts'
import { SqlLine } from '../../../src/drivers/database/line.ts'
import { checkedOptions } from '../../../src/drivers/database/options.ts'
import { wholeNumber } from '../../../src/drivers/database/rows.ts'
import { type NamedStatement, statement, valuesFor } from '../../../src/drivers/database/statement.ts'
import { storedText, textOf } from '../../../src/drivers/database/texts.ts'
import { UnknownOutcome } from '../../../src/drivers/settle.ts'
import { newKey, someTexts } from '../../../src/testing/suite/records.ts'

describe('a text in a database', () => {
  it('comes back as it was, whatever is in it, and is one that every database can keep', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) }), (text) => {
        const stored = storedText(text)
        expect(stored.isWellFormed() && !stored.includes('\0')).toBe(true)
        expect(textOf(stored)).toBe(text)
      }),
      { examples: [['\0'], ['\u0001'], ['\u0001"a"'], ['\ud800'], ['']] },
    )
  })

  it('is no text when it was cut after the mark', () => {
    expect(textOf(storedText('a\0b').slice(0, -1))).toBeUndefined()
    expect(textOf('\u00017')).toBeUndefined()
    expect(textOf(null)).toBeUndefined()
  })
})

describe('a whole number of a client', () => {
  it('may be a number, a text or a bigint, and nothing else', () => {
    expect([7, '7', 7n, '-7', '9007199254740991'].map(wholeNumber)).toEqual([7, 7, 7, -7, 9007199254740991])
    expect([7.5, '7.5', '', 'seven', null, undefined, 2n ** 60n, '9007199254740993', NaN, true].map(wholeNumber)).toEqual(
      Array(10).fill(undefined),
    )
  })

  it('is no blank and no number of another spelling', () => {
    expect([' ', '\n', '0x10', '1e3', '+7', ' 7', '7.0'].map(wholeNumber)).toEqual(Array(7).fill(undefined))
  })
})

describe('a row whose columns came as one text', () => {
  it('is unreadable where that text is damaged', () => {
    const unreadable = expect.objectContaining({ code: 'ERR_SESSION_UNREADABLE' })
    for (const head of ['["handle",1800000', '', 'null', '{"handle":1}']) expect(() => foundIn(newKey(), { head })).toThrow(unreadable)
  })
})

describe('a statement', () => {
  const text = 'UPDATE t SET payload = :payload, token = :token WHERE key = :key AND token = :token RETURNING 1 AS answer'

  it('has the placeholders of its kind of database, and takes its values by name', () => {
    const values = { key: 'k', token: 'old', payload: 'p' }
    const postgres = statement('postgres', 'op', text)
    expect(postgres.text).toBe('UPDATE t SET payload = $1, token = $2 WHERE key = $3 AND token = $2 RETURNING 1 AS answer')
    expect(valuesFor(postgres, values)).toEqual(['p', 'old', 'k'])
    const mysql = statement('mysql', 'op', text)
    expect(mysql.text).toBe('UPDATE t SET payload = ?, token = ? WHERE key = ? AND token = ? RETURNING 1 AS answer')
    expect(valuesFor(mysql, values)).toEqual(['p', 'old', 'k', 'old'])
    expect(statement('sqlite', 'op', text).text).toContain('token = ?2 WHERE key = ?3 AND token = ?2')
  })

  it('refuses to be sent without a value that it takes', () => {
    expect(() => valuesFor(statement('postgres', 'op', text), { key: 'k', token: 't' })).toThrow(/takes payload, and was not given it/)
  })

  const dialects = {
    postgres: [postgresDialect('"sessions"', 2500), postgresDialect('"other"', 2500)],
    mariadb: [mysqlDialect('`sessions`', 'inserts', 2500), mysqlDialect('`other`', 'inserts', 2500)],
    mysql: [mysqlDialect('`sessions`', 'none', 2500), mysqlDialect('`other`', 'none', 2500)],
    sqlite: [sqliteDialect('"sessions"'), sqliteDialect('"other"')],
  }

  const statementsOf = (all: Statements): NamedStatement[] => Object.values<NamedStatement>({ ...all })

  it('has a name of its own for each text, since drivers of several tables may share a connection', () => {
    const names = new Map<string, string>()
    for (const both of Object.values(dialects)) {
      for (const { statements } of both) {
        for (const { name, text: sql } of statementsOf(statements)) {
          expect(name).toMatch(/^[a-z][a-z0-9_]{0,62}$/)
          expect(names.get(name) ?? sql).toBe(sql)
          names.set(name, sql)
        }
      }
    }
  })

  it('changes one row by its key, and by what was read of it', () => {
    for (const { statements } of Object.values(dialects).flat()) {
      for (const name of ['commit', 'release', 'releaseTouched', 'mark', 'removeLeased'] as const) {
        const { parameters } = statements[name]
        expect(parameters, name).toEqual(expect.arrayContaining(['key', 'token', 'version', 'from']))
      }
      for (const name of ['update', 'updateOfUser', 'touch', 'rewrite'] as const) {
        expect(statements[name].parameters, name).toEqual(expect.arrayContaining(['key', 'version', 'from']))
      }
      for (const name of ['renew', 'unlock', 'acquire'] as const) {
        expect(statements[name].parameters, name).toEqual(expect.arrayContaining(['key', 'token']))
      }
    }
  })
})

describe('a rewrite', () => {
  it('whose answer did not come is neither sent again nor looked for, on any database', async () => {
    const dialects = [
      postgresDialect('"t"', 200),
      mysqlDialect('`t`', 'inserts', 200),
      mysqlDialect('`t`', 'none', 200),
      sqliteDialect('"t"'),
    ]
    for (const dialect of dialects) {
      const sent: string[] = []
      const silence = new SqlFailure('unknown', 'other', 'The connection was lost.', 'ECONNRESET')
      const bridge: Bridge = {
        family: dialect.dialect === 'mariadb' ? 'mysql' : dialect.dialect,
        run: ({ name }) => {
          sent.push(name)
          return Promise.reject(silence)
        },
        failureOf: () => silence,
      }
      const store = new DatabaseStore(new SqlLine(bridge, 1000), dialect)
      const rewriting = store.rewrite(newKey(), someTexts(), { counter: 1, writeToken: 'w' })
      await expect(rewriting).rejects.toBeInstanceOf(UnknownOutcome)
      expect(sent).toEqual([dialect.statements.rewrite.name])
    }
  })
})

describe('the options of the driver', () => {
  const client = {}

  it('are checked, each with its name', () => {
    const wrong: readonly [Record<string, unknown>, RegExp][] = [
      [{ tabel: 'x' }, /'tabel'.*Did you mean 'table'/],
      [{ table: 'drop table' }, /table/],
      [{ table: 7 }, /table/],
      [{ dialect: 'oracle' }, /dialect/],
      [{ prepare: 'false' }, /prepare/],
      [{ statementTimeoutSeconds: 0 }, /statementTimeoutSeconds/],
      [{ statementTimeoutSeconds: 61 }, /at most 60/],
    ]
    for (const [options, message] of wrong) {
      const all = { client, ...options }
      expect(() => checkedOptions(all as never), JSON.stringify(options)).toThrow(message)
    }
  })
})
