// The tables between <!-- figures:NAME --> and <!-- /figures --> are made of docs/figures/NAME.json.
// Without --write: says which are not what they should be.
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FigureFile } from '../bench/figures/figure.ts'
import { type CheckResult, filesUnder, readText, runCheck } from './support/check.ts'

const PLACE = /(<!-- figures:([\w-]+) -->\n)([\s\S]*?)(<!-- \/figures -->)/g

export function figuresTables(root: string, options: { readonly write?: boolean } = {}): CheckResult {
  const problems: string[] = []
  let places = 0
  for (const page of filesUnder(root).filter((file) => /^(?:[^/]+|docs\/.+)\.md$/.test(file))) {
    const text = readText(root, page)
    const made = text.replaceAll(PLACE, (whole: string, start: string, name: string, now: string, end: string) => {
      places += 1
      const data = `docs/figures/${name}.json`
      if (!existsSync(join(root, data))) {
        problems.push(`${page} shows figures:${name}, and ${data} does not exist: npm run figures -- ${name}`)
        return whole
      }
      const table = figureTable(JSON.parse(readText(root, data)))
      if (options.write !== true && table !== now)
        problems.push(`${page}: the table of ${name} is not that of ${data}: npm run docs:tables`)
      return start + table + end
    })
    if (options.write === true && made !== text) writeFileSync(join(root, page), made)
  }
  return { summary: `${places} tables are those of docs/figures`, problems }
}

export function figureTable({ rows, command, date, machine, versions }: FigureFile): string {
  const columns = Object.keys(rows[0] ?? {})
  const lines = [columns, columns.map((column) => (typeof rows[0]?.[column] === 'number' ? '---:' : '---'))]
  for (const row of rows) lines.push(columns.map((column) => cell(row[column])))
  const table = lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
  const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  const made = `\`${command}\`, ${date.slice(0, 10)}: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB; ${packages.join(', ')}`
  return `\n${table}\n\n<sub>${made}</sub>\n\n`
}

function cell(value: string | number | undefined): string {
  return typeof value === 'number' ? value.toLocaleString('en', { maximumFractionDigits: 6 }) : (value ?? '').replaceAll('|', '\\|')
}

if (import.meta.main) await runCheck('figures', (root) => figuresTables(root, { write: process.argv.includes('--write') }))
