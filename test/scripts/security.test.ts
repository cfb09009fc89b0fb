import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { security } from '../../scripts/security.ts'
import { idsOf, titlesIn } from '../../scripts/support/titles.ts'
import { makeTree } from '../support/tree.ts'
import { REQUIREMENTS, type Requirement } from '../security/requirements.ts'

const requirements: readonly Requirement[] = [
  { id: 'ASVS-1.1.1', kind: 'library', says: 'One | thing' },
  { id: 'CS-SM "Two Words"', kind: ['document', 'application'], says: 'Another', pages: ['docs/page.md#rights-in-the-store'] },
  { id: 'GO-1', kind: 'not-applicable', says: 'A third', because: 'There is none.' },
  { id: 'GO-2', kind: 'library', says: 'A fourth', overruled: 'We do otherwise.' },
]

const page = '# Security\n\n<!-- security -->\n<!-- /security -->\n\nEnd.\n'

const tree = (files: Readonly<Record<string, string>>): string =>
  makeTree({
    'docs/security.md': page,
    'docs/page.md': '# Page\n\n## Rights, in the store\n',
    'test/a.test.ts': `it('ASVS-1.1.1: is so', () => {})\nit.each([1])('GO-2 and CS-SM-Two-Words are so <too>', () => {})`,
    ...files,
  })

describe('the titles of tests', () => {
  it('are those of it and test, with each or without, and of nothing that is skipped', () => {
    const source = `
      it('one', () => {})
      test.concurrent("two it's", () => {})
      it.each([
        ['x', 'y'],
      ] as const)('three', () => {})
      it(\`four\`, () => {})
      it('five \\'quoted\\'', () => {})
      it.skip('skipped', () => {}) // The reason: what is tested is the reader of titles, which must not take a skipped test for one that shows something.
      describe('a group', () => {})
      submit('no test', 1)`
    expect(titlesIn(source)).toEqual(['one', "two it's", 'three', 'four', "five 'quoted'"])
  })

  it('begin with ids: one, or several, in each spelling', () => {
    const ids = ['ASVS-7.1.1', 'ASVS-7.1', 'CS-SM "As Any"', 'NIST-5.1 b', 'GO-2']
    expect(idsOf('ASVS-7.1.1: is so', ids)).toEqual({ known: ['ASVS-7.1.1'], unknown: undefined })
    expect(idsOf('CS-SM "As Any" NIST-5.1-b, CS-SM-As-Any S-12 D-3: GO-2 to be so', ids).known).toEqual([
      'CS-SM "As Any"',
      'NIST-5.1 b',
      'CS-SM "As Any"',
      'GO-2',
    ])
    expect(idsOf('it is so (ASVS-7.1.1)', ids)).toEqual({ known: [], unknown: undefined })
    expect(idsOf('ASVS-7.1.10 is another', ids).known).toEqual([])
    expect(idsOf('GO-22 is none', ids)).toEqual({ known: [], unknown: 'GO-22' })
  })
})

describe('the check of the security requirements', () => {
  it('passes when each has a test or a page, and the table is that', () => {
    const root = tree({})
    expect(security(root, { requirements }).problems).toEqual([
      'the table of docs/security.md is not true any more: npm run security -- --write',
    ])
    expect(security(root, { requirements, write: true })).toEqual({ covered: 3, applicable: 3, problems: [] })
    expect(security(root, { requirements })).toEqual({ covered: 3, applicable: 3, problems: [] })
    const text = readFileSync(join(root, 'docs/security.md'), 'utf8')
    expect(text).toContain('| ASVS-1.1.1 | One \\| thing | [a.test.ts](../test/a.test.ts): ASVS-1.1.1: is so |')
    expect(text).toContain('[docs/page.md#rights-in-the-store](page.md#rights-in-the-store)<br>[a.test.ts]')
    expect(text).toContain('are so &lt;too>')
    expect(text).toContain('- GO-2: A fourth. We do otherwise.')
    expect(text).toContain('- GO-1: A third. There is none.')
    expect(text.endsWith('<!-- /security -->\n\nEnd.\n')).toBe(true)
  })

  it('names what has no test, no page, or a page that is not there', () => {
    const root = tree({ 'test/a.test.ts': `it('GO-2 is so', () => {})`, 'docs/page.md': '# Page\n' })
    const { covered, problems } = security(root, { requirements, write: true })
    expect(covered).toBe(1)
    expect(problems).toEqual([
      'ASVS-1.1.1: no test has a title that begins with it (One | thing)',
      'CS-SM "Two Words": there is no docs/page.md#rights-in-the-store',
      'CS-SM "Two Words": no test has a title that begins with it (Another)',
    ])
    const unpaged = [{ id: 'GO-2', kind: 'document', says: 'A fourth' }] as const
    expect(security(root, { requirements: unpaged, write: true }).problems).toEqual(['GO-2: no page says it'])
  })

  it('names a title whose id is none, and a requirement that is excused without a reason', () => {
    const root = tree({ 'test/b.test.ts': `it('GO-9 is so', () => {})` })
    expect(security(root, { requirements, write: true }).problems).toEqual([
      'test/b.test.ts: no requirement is called GO-9, as in "GO-9 is so"',
    ])
    const unreasoned = [{ id: 'GO-1', kind: 'not-applicable', says: 'A third' }] as const
    expect(security(tree({}), { requirements: unreasoned, write: true }).problems).toContain(
      'GO-1: what is not applicable, and nothing else, has a because',
    )
  })

  it('fails where the page has no place for the table', () => {
    expect(security(tree({ 'docs/security.md': '# Security\n' }), { requirements }).problems).toEqual([
      'docs/security.md has no place for the table: <!-- security --> and <!-- /security -->',
    ])
  })
})

describe('the list of requirements', () => {
  it('has each id once', () => {
    const ids = REQUIREMENTS.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.length).toBeGreaterThan(130)
  })
})
