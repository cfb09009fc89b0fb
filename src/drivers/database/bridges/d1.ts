import { type Bridge, SqlFailure, type Value } from './bridge.ts'
import { wordsOf } from './connecting.ts'
import { hasMethods, numberIn, propertyOf, rowsIn } from './shapes.ts'
import { codedFailure, sqliteFailure } from './sqlite-failure.ts'

/** What is used of a D1 binding of Cloudflare Workers. */
export interface D1 {
  prepare(text: string): D1Statement
  batch: unknown
  dump?: unknown
}

interface D1Statement {
  bind(...values: Value[]): D1Statement
  all(): Promise<object>
}

export function isD1(client: unknown): client is D1 {
  return hasMethods(client, 'prepare', 'batch', 'exec', 'withSession')
}

/** Cloudflare D1. */
export function d1Bridge(database: D1): Bridge {
  return {
    family: 'sqlite',
    run: async ({ text, returnsRows }, values) => {
      const result = await database
        .prepare(text)
        .bind(...values)
        .all()
      const rows = rowsIn(propertyOf(result, 'results'))
      return { rows, affected: returnsRows ? rows.length : numberIn(propertyOf(result, 'meta'), 'changes'), insertId: 0 }
    },
    failureOf: d1Failure,
  }
}

/** It ends what SQLite said with SQLite's code. Anything else is of the way to it. */
const ANSWERED = /: (SQLITE_[A-Z_]+)\)?$/

function d1Failure(error: unknown): SqlFailure {
  if (error instanceof SqlFailure) return error
  const code = ANSWERED.exec(wordsOf(error))?.[1]
  return code === undefined ? sqliteFailure(error) : codedFailure(code, wordsOf(error))
}
