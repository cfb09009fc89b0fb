// npm run seed [-- --write]: says which test shows each item of the seed's specification, and fails when one of a finished section has none or the table
// of docs/seed.md is not true. It runs no test: titles with an item's number are found by reading.
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { filesUnder, readText, repository } from './support/check.ts'
import { titlesIn } from './support/titles.ts'

const PAGE = 'docs/seed.md'
const ITEMS = 'test/seed/items.json'
/** What tests the checks has titles of made-up tests in it. */
const ABOUT_CHECKS = /^test\/scripts\//
const PLACE = /(<!-- seed -->\n)([\s\S]*?)(<!-- \/seed -->)/
const NUMBERS = /S-(\d{3})(?: to S-(\d{3}))?/g

/** An item of the specification. */
export interface SeedItem {
  readonly id: string
  readonly section: string
  /** What the seed's documentation says, or what it does. */
  readonly says: string
  readonly verdict: 'keep' | 'fix' | 'adapt' | 'extra' | 'drop' | 'interop'
  /** What Holdfast does, where that is not plainly what the seed says. */
  readonly here: string
}

export interface SeedList {
  readonly sections: Readonly<Record<string, string>>
  readonly items: readonly SeedItem[]
}

export interface SeedResult {
  readonly shown: number
  readonly items: number
  readonly problems: readonly string[]
}

/** Sections that are not built yet: their items need no test. */
const LATER = ['16']

export function seed(root: string, { write = false }: { readonly write?: boolean } = {}): SeedResult {
  const list: SeedList = JSON.parse(readText(root, ITEMS))
  const tests = testsById(root)
  const needed = list.items.filter(needsTest)
  const lacking = needed.filter(({ id }) => !tests.has(id))
  const problems = lacking.map(({ id, says }) => `${id}: no test has it in its title (${says})`)
  const known = new Set(list.items.map(({ id }) => id))
  for (const [id, files] of tests) if (!known.has(id)) problems.push(`${[...files].join(', ')}: there is no item ${id}`)
  const table = tableOf(list, tests)
  const text = existsSync(join(root, PAGE)) ? readText(root, PAGE) : ''
  const now = PLACE.exec(text)?.[2]
  if (now === undefined) problems.push(`${PAGE} has no place for the table: <!-- seed --> and <!-- /seed -->`)
  else if (write)
    writeFileSync(
      join(root, PAGE),
      text.replace(PLACE, (_whole, start: string, _now, end: string) => start + table + end),
    )
  else if (now !== table) problems.push(`the table of ${PAGE} is not true any more: npm run seed -- --write`)
  return { shown: needed.length - lacking.length, items: needed.length, problems }
}

function needsTest({ section, verdict }: SeedItem): boolean {
  return !LATER.includes(section) && verdict !== 'interop' && verdict !== 'drop'
}

/** The files with tests whose titles have an item's number in them, alone or in a range. */
function testsById(root: string): Map<string, Set<string>> {
  const tests = new Map<string, Set<string>>()
  for (const file of filesUnder(root, 'test').filter((path) => path.endsWith('.ts') && !ABOUT_CHECKS.test(path))) {
    for (const id of titlesIn(readText(root, file)).flatMap(numbersIn)) tests.set(id, (tests.get(id) ?? new Set()).add(file))
  }
  return tests
}

function numbersIn(title: string): string[] {
  return [...title.matchAll(NUMBERS)].flatMap(([, first = '', last = first]) => {
    const count = Math.max(0, Number(last) - Number(first)) + 1
    return Array.from({ length: count }, (_, at) => `S-${String(Number(first) + at).padStart(3, '0')}`)
  })
}

function tableOf({ sections, items }: SeedList, tests: ReadonlyMap<string, ReadonlySet<string>>): string {
  const parts = Object.entries(sections).map(([section, title]) => {
    const rows = items.filter((item) => item.section === section).map((item) => rowOf(item, tests.get(item.id) ?? new Set()))
    return [`### ${section} ${title}\n`, '| | The seed | Here | Shown by |', '| --- | --- | --- | --- |', ...rows].join('\n')
  })
  return `\n${parts.join('\n\n')}\n\n`
}

function rowOf(item: SeedItem, files: ReadonlySet<string>): string {
  const { id, says, verdict, here } = item
  const shown = [...files].toSorted().map((file) => `[${file.replace(/^test\/|\.test\.ts$|\.ts$/g, '')}](../${file})`)
  const missing = verdict === 'drop' ? 'not there' : 'comes with sharing sessions with a PHP application'
  return `| ${id} | ${cell(says)} | ${verdict}${here === '' ? '' : `: ${cell(here)}`} | ${shown.length > 0 ? shown.join(', ') : missing} |`
}

function cell(text: string): string {
  return text.replaceAll('|', String.raw`\|`).replaceAll(/<(?=[a-z])/gi, '&lt;')
}

if (import.meta.main) {
  const { shown, items, problems } = seed(repository, { write: process.argv.includes('--write') })
  for (const problem of problems) console.error(`seed: ${problem}`)
  console.log(`seed: ${shown} of ${items} items of finished sections have a test`)
  if (problems.length > 0) process.exitCode = 1
}
