// npm run mutants -- security [--only WORDS]: takes one guard after the other out of a copy of the sources, and fails unless a test whose
// title carries the id of a requirement notices each. The tree itself is never touched.
import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { REQUIREMENTS } from '../test/security/requirements.ts'
import type { Mutant } from './mutants/mutant.ts'
import { mutants as securityMutants } from './mutants/security.ts'
import { readText, repository } from './support/check.ts'
import { idsOf } from './support/titles.ts'

const LISTS: Readonly<Record<string, readonly Mutant[]>> = { security: securityMutants }
const COPIED = [
  'src',
  'test',
  'scripts',
  'examples',
  'proof',
  'bench',
  'package.json',
  'tsconfig.json',
  'tsconfig.check.json',
  'vitest.config.ts',
]
const TESTS = 'test/security/'
const IDS = REQUIREMENTS.map(({ id }) => id)
/** A guard that is gone may make a test wait for ever. */
const MOST_MS_A_RUN = 180_000
const MOST_MS_A_TEST = 20_000
/** So many failures are enough to know that a guard is missed, and show by what. */
const ENOUGH_FAILURES = 4

/** What became of one guard. */
export interface MutantResult {
  readonly guard: string
  readonly removed: string
  /** The requirements whose tests failed without it: none, and it survived. */
  readonly ids: readonly string[]
}

export interface RunOptions {
  /** Is told each result as it comes. */
  readonly told?: (result: MutantResult) => void
  /** The tests below `test/security` that are run where none of the likely ones fails. Default: every one. */
  readonly all?: readonly string[]
}

/** Guards whose text is not, or not once, where it is said to be. */
export function misplaced(root: string, mutants: readonly Mutant[]): string[] {
  return mutants.flatMap(({ guard, edits }) =>
    edits.flatMap(({ file, text, without }) => {
      const times = readText(root, file).split(text).length - 1
      if (times === 1 && text !== without) return []
      return [`${guard}: its text stands ${times} times in ${file}, and must stand there once: ${text.trim()}`]
    }),
  )
}

/**
 * Takes the guards out of a copy of the tree, one at a time.
 * @throws when one does not stand where it should, and when a likely test fails with every guard in its place.
 */
export async function runMutants(
  root: string,
  mutants: readonly Mutant[],
  { told = () => undefined, all = [''] }: RunOptions = {},
): Promise<MutantResult[]> {
  const problems = misplaced(root, mutants)
  if (problems.length > 0) throw new Error(problems.join('\n'))
  const copy = copyOf(root)
  try {
    const likely = [...new Set(mutants.flatMap((mutant) => mutant.likely))]
    const broken = await failedTitles(copy, likely)
    if (broken.length > 0) throw new Error(`These fail with every guard in its place:\n${broken.join('\n')}`)
    const results: MutantResult[] = []
    for (const mutant of mutants) {
      const result = await resultOf(copy, mutant, all)
      results.push(result)
      told(result)
    }
    return results
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

async function resultOf(copy: string, { guard, edits, likely }: Mutant, all: readonly string[]): Promise<MutantResult> {
  const before = edits.map(({ file }) => [join(copy, file), readText(copy, file)] as const)
  try {
    for (const { file, text, without } of edits)
      writeFileSync(
        join(copy, file),
        readText(copy, file).replace(text, () => without),
      )
    let ids = await failedIds(copy, likely)
    if (ids.length === 0) ids = await failedIds(copy, all)
    return { guard, removed: edits.map(({ file }) => file).join(', '), ids }
  } finally {
    for (const [path, text] of before) writeFileSync(path, text)
  }
}

function copyOf(root: string): string {
  const copy = mkdtempSync(join(tmpdir(), 'holdfast-mutants-'))
  for (const name of COPIED) cpSync(join(root, name), join(copy, name), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'junction')
  return copy
}

async function failedIds(copy: string, files: readonly string[]): Promise<string[]> {
  const titles = await failedTitles(copy, files)
  return [...new Set(titles.flatMap((title) => idsOf(title, IDS).known))]
}

interface VitestReport {
  readonly testResults: readonly {
    readonly name: string
    readonly assertionResults: readonly { readonly status: string; readonly title: string }[]
  }[]
}

/** Runs tests below `test/security`, and gives the titles of the first that fail. A file that cannot be loaded has none: no test has noticed anything. */
async function failedTitles(copy: string, files: readonly string[]): Promise<string[]> {
  const output = join(copy, 'report.json')
  rmSync(output, { force: true })
  const limits = [`--testTimeout=${MOST_MS_A_TEST}`, `--bail=${ENOUGH_FAILURES}`]
  await vitest(copy, ['run', ...files.map((file) => TESTS + file), '--reporter=json', `--outputFile=${output}`, ...limits])
  // Of a run that did not end in time nothing is known.
  if (!existsSync(output)) return []
  const { testResults }: VitestReport = JSON.parse(readFileSync(output, 'utf8'))
  const results = testResults.flatMap(({ assertionResults }) => assertionResults)
  if (results.length === 0) throw new Error(`No test ran of ${files.join(', ')}`)
  return results.filter(({ status }) => status === 'failed').map(({ title }) => title)
}

function vitest(cwd: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve) => {
    const program = join(cwd, 'node_modules/vitest/vitest.mjs')
    const child = spawn(process.execPath, [program, ...args], { cwd, stdio: 'ignore', timeout: MOST_MS_A_RUN, killSignal: 'SIGTERM' })
    child.on('exit', () => resolve())
  })
}

if (import.meta.main) {
  const [name = '', flag, words = ''] = process.argv.slice(2)
  const list = LISTS[name]
  if (list === undefined) throw new Error(`Which list? ${Object.keys(LISTS).join(', ')}`)
  const chosen = flag === '--only' ? list.filter(({ guard }) => guard.includes(words)) : list
  const startedAt = Date.now()
  const told = ({ guard, removed, ids }: MutantResult): void =>
    console.log(`| ${guard} | ${removed} | ${ids.length === 0 ? 'NOBODY' : ids.join(', ')} |`)
  const results = await runMutants(repository, chosen, { told })
  const survivors = results.filter(({ ids }) => ids.length === 0)
  console.log(
    `mutants: ${results.length - survivors.length} of ${results.length} noticed, in ${Math.round((Date.now() - startedAt) / 1000)} s`,
  )
  if (survivors.length > 0) process.exitCode = 1
}
