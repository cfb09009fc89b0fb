import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { seed } from '../../scripts/seed.ts'
import type { SeedItem } from '../../scripts/seed.ts'
import { makeTree } from '../support/tree.ts'

const item = (id: string, changes: Partial<SeedItem> = {}): SeedItem => ({
  id,
  section: '1',
  says: `${id} | says <this>`,
  verdict: 'keep',
  here: '',
  ...changes,
})

const items = [
  item('S-001'),
  item('S-002', { verdict: 'fix', here: 'otherwise' }),
  item('S-003', { verdict: 'interop' }),
  item('S-004', { verdict: 'drop' }),
  item('S-410', { section: '16' }),
]

const tree = (tests: string): string =>
  makeTree({
    'test/seed/items.json': JSON.stringify({ sections: { 1: 'First', 16: 'Later' }, items }),
    'docs/seed.md': '# Seed\n\n<!-- seed -->\n<!-- /seed -->\n\nEnd.\n',
    'test/a.test.ts': tests,
  })

describe('the check of the seed’s items', () => {
  it('passes when each has a test, alone or in a range, and the table is that', () => {
    const root = tree("it('S-001 to S-002: are so', () => {})")
    expect(seed(root).problems).toEqual(['the table of docs/seed.md is not true any more: npm run seed -- --write'])
    seed(root, { write: true })
    expect(seed(root)).toEqual({ shown: 2, items: 2, problems: [] })
    const page = readFileSync(join(root, 'docs/seed.md'), 'utf8')
    expect(page).toContain(String.raw`| S-002 | S-002 \| says &lt;this> | fix: otherwise | [a](../test/a.test.ts) |`)
    expect(page).toContain('| S-004 | S-004')
    expect(page.endsWith('<!-- /seed -->\n\nEnd.\n')).toBe(true)
  })

  it('says which item of a finished section has no test, and not those that are dropped or come later', () => {
    const root = tree(
      "it('S-001: is so', () => {})\nit.skip('S-002: is so', () => {}) // The reason: what a skipped test shows is what is asked here.",
    )
    seed(root, { write: true })
    expect(seed(root)).toEqual({ shown: 1, items: 2, problems: ['S-002: no test has it in its title (S-002 | says <this>)'] })
  })

  it('says which title names an item that there is not', () => {
    const root = tree("it('S-001 S-002 S-999: are so', () => {})")
    seed(root, { write: true })
    expect(seed(root).problems).toEqual(['test/a.test.ts: there is no item S-999'])
  })
})
