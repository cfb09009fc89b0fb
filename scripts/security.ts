// npm run security [-- --write]: says which test or page shows each security requirement, and fails when one has none or
// the table of docs/security.md is not true. It runs no test: titles that begin with an id are found by reading.
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { REQUIREMENTS, type Requirement, type RequirementKind } from '../test/security/requirements.ts'
import { filesUnder, readText, repository } from './support/check.ts'
import { idsOf, titlesIn } from './support/titles.ts'

const PAGE = 'docs/security.md'
/** What tests the checks has titles of made-up tests in it. */
const ABOUT_CHECKS = /^test\/scripts\//
const PLACE = /(<!-- security -->\n)([\s\S]*?)(<!-- \/security -->)/

/** A test whose title begins with the ids of what it shows. */
interface Shown {
  readonly file: string
  readonly title: string
}

export interface SecurityResult {
  readonly covered: number
  readonly applicable: number
  readonly problems: readonly string[]
}

export interface SecurityOptions {
  /** Puts the table into the page. */
  readonly write?: boolean
  /** Default: the whole list. */
  readonly requirements?: readonly Requirement[]
}

export function security(root: string, { write = false, requirements = REQUIREMENTS }: SecurityOptions = {}): SecurityResult {
  const problems: string[] = []
  const tests = testsById(root, requirements, problems)
  const applicable = requirements.filter((requirement) => !is(requirement, 'not-applicable'))
  const lacking = applicable.flatMap((requirement) => lacks(root, requirement, tests.get(requirement.id) ?? []))
  problems.push(...requirements.flatMap(illWritten), ...lacking.map(({ problem }) => problem))
  const table = securityTable(requirements, tests)
  const text = existsSync(join(root, PAGE)) ? readText(root, PAGE) : ''
  const now = PLACE.exec(text)?.[2]
  if (now === undefined) problems.push(`${PAGE} has no place for the table: <!-- security --> and <!-- /security -->`)
  else if (write)
    writeFileSync(
      join(root, PAGE),
      text.replace(PLACE, (_whole, start: string, _now, end: string) => start + table + end),
    )
  else if (now !== table) problems.push(`the table of ${PAGE} is not true any more: npm run security -- --write`)
  return { covered: applicable.length - new Set(lacking.map(({ id }) => id)).size, applicable: applicable.length, problems }
}

function is({ kind }: Requirement, wanted: RequirementKind): boolean {
  return kind === wanted || (Array.isArray(kind) && kind.includes(wanted))
}

function testsById(root: string, requirements: readonly Requirement[], problems: string[]): Map<string, Shown[]> {
  const ids = requirements.map(({ id }) => id)
  const tests = new Map<string, Shown[]>()
  for (const file of filesUnder(root, 'test').filter((path) => path.endsWith('.ts') && !ABOUT_CHECKS.test(path))) {
    for (const title of titlesIn(readText(root, file))) {
      const { known, unknown } = idsOf(title, ids)
      if (unknown !== undefined) problems.push(`${file}: no requirement is called ${unknown}, as in "${title}"`)
      for (const id of known) tests.set(id, [...(tests.get(id) ?? []), { file, title }])
    }
  }
  return tests
}

function lacks(root: string, requirement: Requirement, tests: readonly Shown[]): { readonly id: string; readonly problem: string }[] {
  const { id, pages = [] } = requirement
  const problems = pages.filter((page) => !hasHeading(root, page)).map((page) => `${id}: there is no ${page}`)
  if (is(requirement, 'document') && pages.length === 0) problems.push(`${id}: no page says it`)
  if ((is(requirement, 'library') || is(requirement, 'application')) && tests.length === 0) {
    problems.push(`${id}: no test has a title that begins with it (${requirement.says})`)
  }
  return problems.map((problem) => ({ id, problem }))
}

/** Whether a page is there, and the heading in it, written as GitHub writes links to headings. */
function hasHeading(root: string, link: string): boolean {
  const [page = '', wanted] = link.split('#')
  if (!existsSync(join(root, page))) return false
  const headings = [...readText(root, page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading))
  return wanted === undefined || headings.includes(wanted)
}

function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
}

function illWritten(requirement: Requirement): string[] {
  const isReasoned = requirement.because !== undefined
  return is(requirement, 'not-applicable') === isReasoned
    ? []
    : [`${requirement.id}: what is not applicable, and nothing else, has a because`]
}

function securityTable(requirements: readonly Requirement[], tests: ReadonlyMap<string, readonly Shown[]>): string {
  const applicable = requirements.filter((requirement) => !is(requirement, 'not-applicable'))
  const rows = applicable.map(
    (requirement) => `| ${requirement.id} | ${cell(requirement.says)} | ${shownBy(requirement, tests.get(requirement.id) ?? [])} |`,
  )
  const listed = (heading: string, field: 'overruled' | 'because' | 'open'): string => {
    const lines = requirements.flatMap((each) => (each[field] === undefined ? [] : [`- ${each.id}: ${each.says}. ${each[field]}`]))
    return `### ${heading}\n\n${lines.length === 0 ? 'Nothing.' : lines.join('\n')}\n`
  }
  return [
    '',
    listed('Where we do otherwise', 'overruled'),
    listed('What there is nothing to test of', 'because'),
    listed('What is not met', 'open'),
    '### Each line and what shows it\n',
    ['| Line | What it asks for | Shown by |', '| --- | --- | --- |', ...rows].join('\n'),
    '\n',
  ].join('\n')
}

/** The tests of a requirement, file by file, and its pages. */
function shownBy({ pages = [] }: Requirement, tests: readonly Shown[]): string {
  const files = [...new Set(tests.map(({ file }) => file))]
  const ofTests = files.map((file) => {
    const titles = tests.filter((test) => test.file === file).map(({ title }) => cell(title))
    return `[${file.replace(/^test\//, '')}](../${file}): ${titles.join('; ')}`
  })
  return [...pages.map((page) => `[${page}](${page.replace(/^docs\//, '').replace(/^(?=[A-Z])/, '../')})`), ...ofTests].join('<br>')
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;')
}

if (import.meta.main) {
  const { covered, applicable, problems } = security(repository, { write: process.argv.includes('--write') })
  for (const problem of problems) console.error(`security: ${problem}`)
  console.log(`security: covered ${covered} of ${applicable}`)
  if (problems.length > 0) process.exitCode = 1
}
