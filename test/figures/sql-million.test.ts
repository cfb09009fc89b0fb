import { expect, it } from 'vitest'
import { describeNeeding } from '../support/needs.ts'
import { smallFigure } from './support.ts'

describeNeeding('postgres-server', 'with PostgreSQL', () => {
  describeNeeding('mariadb-server', 'a table of many sessions', () => {
    it('gives each that is asked for by its key alone, and all that have expired are collected', { timeout: 120_000 }, async () => {
      const { counts, rows } = await smallFigure('sql-million')
      // 2000 in each of two databases, as many expired beside them, and a slice of 200 turns with few and with many.
      expect(counts).toEqual({ sessions: 4000, turns: 800, collected: 4000, livingAfterwards: 4000 })
      // MariaDB reads a row to insert over it, and again when it finds its key taken.
      expect(rows.map((row) => row['rows examined to take one'])).toEqual([1, 1, 2, 2])
    })
  })
})
