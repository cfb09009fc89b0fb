import { expect, it } from 'vitest'
import { smallFigure } from './support.ts'

it('Express with sessions in SQLite counts one further with every answer, ours and the peers’', { timeout: 120_000 }, async () => {
  const { counts, rows } = await smallFigure('express-sqlite')
  // One of the peers is measured only where it is installed. One round for warming up and one that counts, each of 60 requests.
  expect(rows.length).toBeGreaterThanOrEqual(6)
  expect(counts).toEqual({ requests: rows.length * 120, wrongAnswers: 0 })
})
