import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readText, repository } from '../../scripts/support/check.ts'
import { smallFigure } from './support.ts'

it('the table of frameworks is made of what the transport suite finds', { timeout: 120_000 }, async () => {
  const { counts, rows } = await smallFigure('frameworks')
  expect(counts).toMatchObject({ frameworks: 1, failed: 0, leftOut: 0, passed: counts['cases'] })
  expect(rows).toContainEqual({ case: 'twenty parallel requests lose no update', fetch: '✓' })
})

it('the table in the docs has every framework and every case, and each passes or says why it is left out', async () => {
  const { rows: here } = await smallFigure('frameworks')
  const { rows }: { rows: readonly Record<string, string>[] } = JSON.parse(readText(repository, 'docs/figures/frameworks.json'))
  expect(rows.map((row) => row['case'])).toEqual(here.map((row) => row['case']))
  const files = readdirSync(join(repository, 'test/transport')).filter((file) => file.endsWith('.test.ts'))
  const suites = files.flatMap((file) => [...readText(repository, `test/transport/${file}`).matchAll(/^transportSuite\('([^']+)'/gm)])
  expect(Object.keys(rows[0] ?? {}).toSorted()).toEqual(['case', ...suites.map(([, name]) => name)].toSorted())
  const cells = rows.flatMap((row) => Object.entries(row).filter(([column]) => column !== 'case'))
  expect(cells.filter(([, text]) => text !== '✓' && text.split(' ').length < 4)).toEqual([])
})
