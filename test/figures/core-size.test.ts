import { expect, it } from 'vitest'
import { smallFigure } from './support.ts'

it('the parts of the core make up the whole', async () => {
  const { counts, rows } = await smallFigure('core-size')
  const [all, ...parts] = rows.map((row) => Number(row['minified']))
  expect(all).toBe(counts['minifiedBytes'])
  expect(parts.reduce((sum, bytes) => sum + bytes, 0)).toBe(all)
  expect(counts['gzippedBytes']).toBeGreaterThan(0)
  expect(counts['gzippedBytes']).toBeLessThan(counts['minifiedBytes'] ?? 0)
})
