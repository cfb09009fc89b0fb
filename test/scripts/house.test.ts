import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { exportsCheck } from '../../scripts/exports.ts'
import { fileLength } from '../../scripts/file-length.ts'
import { hygiene } from '../../scripts/hygiene.ts'
import { strayFiles } from '../../scripts/package.ts'
import { repository } from '../../scripts/support/check.ts'
import { makeTree } from '../support/tree.ts'

it('a check that is misspelt is not passed over', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/check.ts', 'length', 'floor'], { cwd: repository, encoding: 'utf8' })
  expect([status, stderr]).toEqual([2, expect.stringMatching(/^There is no check floor\. There are: floors, [^\n]*\n$/)])
})

describe('file length', () => {
  it('names a file of more than 300 lines', () => {
    const root = makeTree({ 'src/long.ts': 'x\n'.repeat(301), 'test/short.ts': 'x\n'.repeat(300), 'docs/long.md': 'x\n'.repeat(400) })
    expect(fileLength(root).problems).toEqual(['src/long.ts has 301 lines, at most 300 are allowed: split it by topic'])
  })
})

describe('hygiene', () => {
  // Put together here, so that this file does not name them either.
  const host = ['https://registry', 'example.org'].join('.')
  const path = ['', 'home', 'someone'].join('/')

  it('names the line that has a registry host or a path of one machine', () => {
    const root = makeTree({ 'a.ts': `\n// ${host}`, '.ci/run': `cd ${path}`, 'docs/page.md': `see docs${path}`, 'node_modules/b.ts': host })
    expect(hygiene(root).problems).toEqual(['.ci/run:1 names a path of one machine', 'a.ts:2 names the host of a package registry'])
  })

  it('refuses a lockfile with download addresses', () => {
    const entry = { version: '1.0.0', resolved: 'somewhere' }
    const root = makeTree({ 'package-lock.json': JSON.stringify({ packages: { '': {}, 'node_modules/cookie': entry } }) })
    expect(hygiene(root).problems).toHaveLength(1)
    expect(hygiene(root).problems[0]).toContain('such as that of node_modules/cookie')
  })
})

describe('exports', () => {
  const doors = (target: unknown) => JSON.stringify({ name: 'holdfast', exports: { './file': target, './package.json': './package.json' } })
  const good = { types: './dist/drivers/file.d.ts', default: './dist/drivers/file.js' }

  it('pass when the source is there and the README has a row', () => {
    const readme = '| Import | What |\n| --- | --- |\n| `holdfast/file` | files |'
    const root = makeTree({ 'package.json': doors(good), 'src/drivers/file.ts': '', 'README.md': readme })
    expect(exportsCheck(root).problems).toEqual([])
  })

  it('fail without a source, and without a row in the table', () => {
    const root = makeTree({ 'package.json': doors(good), 'README.md': 'Import `holdfast/file`.' })
    expect(exportsCheck(root).problems).toEqual([
      'holdfast/file: its source src/drivers/file.ts does not exist',
      'holdfast/file is missing from the API table of README.md: add a row with `holdfast/file`',
    ])
  })

  it.each([
    ['a bare path', './dist/drivers/file.js'],
    ['types from elsewhere', { types: './dist/file.d.ts', default: './dist/drivers/file.js' }],
    ['code outside dist', { types: './dist/drivers/file.d.ts', default: './src/drivers/file.ts' }],
  ])('fail for %s', (_case, target) => {
    expect(exportsCheck(makeTree({ 'package.json': doors(target), 'src/drivers/file.ts': '' })).problems).toHaveLength(1)
  })
})

describe('package', () => {
  const pages = ['README.md', 'docs/cli.md']
  const plain = ['package.json', 'LICENSE', ...pages]
  const built = ['dist/index.js', 'dist/index.js.map', 'dist/index.d.ts', 'dist/index.d.ts.map']

  it('holds the sources, what was built of them, the pages, and two plain files', () => {
    expect(strayFiles([...plain, ...built, 'src/index.ts'], ['src/index.ts'], pages)).toEqual([])
    expect(strayFiles([...plain, ...built, 'src/index.ts', 'docs/figures/a.json'], ['src/index.ts'], [...pages, 'docs/new.md'])).toEqual([
      'docs/figures/a.json does not belong into the package',
      'docs/new.md is missing from the package',
    ])
  })

  it('holds no test, no file of a source that is gone, and lacks nothing', () => {
    const sources = ['src/index.ts', 'src/index.test.ts', 'src/notes.txt']
    expect(strayFiles([...plain, ...built.slice(1), ...sources, 'dist/old.js'], sources, pages)).toEqual([
      'src/index.test.ts does not belong into the package',
      'src/notes.txt does not belong into the package',
      'dist/old.js does not belong into the package',
      'dist/index.js is missing from the package',
    ])
  })
})
