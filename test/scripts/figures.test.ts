import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { figureNames, runFigure } from '../../scripts/figures.ts'
import { figuresTables } from '../../scripts/figures-tables.ts'
import { makeTree } from '../support/tree.ts'

const figure = `export const figure = {
  name: 'race', title: 'A race', peers: ['peer'],
  async run(size, { seed }) { return { counts: { lost: 0, seed }, rows: [{ who: 'Holdfast | us', lost: size === 'small' ? 1 : 12345.5 }] } },
}`

const page = (table: string) => `# Figures\n\n<!-- figures:race -->\n${table}<!-- /figures -->\n\nEnd.\n`

async function treeWithFigure() {
  const root = makeTree({
    'package.json': JSON.stringify({ name: 'holdfast', version: '1.2.3', type: 'module', exports: {} }),
    'node_modules/peer/package.json': JSON.stringify({ version: '4.5.6' }),
    'bench/figures/figure.ts': '',
    'bench/figures/race.ts': figure,
    'bench/harness.ts': '',
  })
  return { root, file: await runFigure(root, 'race', 'full', 7) }
}

describe('figures', () => {
  it('are the files of bench/figures', async () => {
    const { root } = await treeWithFigure()
    expect(figureNames(root)).toEqual(['race'])
  })

  it('come with seed, command, machine and versions', async () => {
    const { file } = await treeWithFigure()
    expect(file).toMatchObject({
      name: 'race',
      title: 'A race',
      seed: 7,
      command: 'npm run figures -- race --seed 7',
      counts: { lost: 0, seed: 7 },
    })
    expect(file.versions).toEqual({ node: process.versions.node, holdfast: '1.2.3', peer: '4.5.6' })
    expect(file.machine.cores).toBeGreaterThan(0)
  })

  it('are refused when the file exports another', async () => {
    const root = makeTree({ 'bench/figures/race.ts': `export const figure = { name: 'other' }` })
    await expect(runFigure(root, 'race', 'small')).rejects.toThrow('bench/figures/race.ts exports no figure of that name')
  })
})

describe('tables in the docs', () => {
  it('are made of the data, and then pass', async () => {
    const { file } = await treeWithFigure()
    const root = makeTree({ 'docs/figures/race.json': JSON.stringify(file), 'docs/figures.md': page('old\n') })
    expect(figuresTables(root).problems).toEqual([
      'docs/figures.md: the table of race is not that of docs/figures/race.json: npm run docs:tables',
    ])
    figuresTables(root, { write: true })
    const text = readFileSync(join(root, 'docs/figures.md'), 'utf8')
    expect(text).toContain('\n| who | lost |\n| --- | ---: |\n| Holdfast \\| us | 12,345.5 |\n')
    expect(text.endsWith('<!-- /figures -->\n\nEnd.\n')).toBe(true)
    expect(figuresTables(root)).toEqual({ summary: '1 tables are those of docs/figures', problems: [] })
  })

  it('fail without data', () => {
    const root = makeTree({ 'README.md': page('') })
    expect(figuresTables(root).problems).toEqual([
      'README.md shows figures:race, and docs/figures/race.json does not exist: npm run figures -- race',
    ])
  })
})
