// npm run mutants -- security [--only WORDS]: takes one guard after the other out of a copy of the sources, and fails unless a test whose
// title carries the id of a requirement notices each. The tree itself is never touched.
import { REQUIREMENTS } from '../test/security/requirements.ts'
import { ALL_PARTS, BrokenCopy, misplacedEdits } from './mutants/broken-copy.ts'
import { failedTitles } from './mutants/failed-tests.ts'
import type { Mutant } from './mutants/mutant.ts'
import { mutants as securityMutants } from './mutants/security.ts'
import { repository } from './support/check.ts'
import { idsOf } from './support/titles.ts'

const LISTS: Readonly<Record<string, readonly Mutant[]>> = { security: securityMutants }
const TESTS = 'test/security/'
const IDS = REQUIREMENTS.map(({ id }) => id)

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
  return mutants.flatMap(({ guard, edits }) => misplacedEdits(root, guard, edits))
}

/**
 * Takes the guards out of a copy of the tree, one at a time.
 * @throws when there is none, when one does not stand where it should, and when a likely test fails with every guard in its place.
 */
export async function runMutants(
  root: string,
  mutants: readonly Mutant[],
  { told = () => undefined, all = [''] }: RunOptions = {},
): Promise<MutantResult[]> {
  if (mutants.length === 0) throw new Error('No guard was chosen.')
  const problems = misplaced(root, mutants)
  if (problems.length > 0) throw new Error(problems.join('\n'))
  using copy = new BrokenCopy(root, ALL_PARTS)
  const likely = [...new Set(mutants.flatMap((mutant) => mutant.likely))]
  const broken = await failedTitles(copy.root, inTests(likely))
  if (broken.length > 0) throw new Error(`These fail with every guard in its place:\n${broken.join('\n')}`)
  const results: MutantResult[] = []
  for (const mutant of mutants) {
    const result = await resultOf(copy, mutant, all)
    results.push(result)
    told(result)
  }
  return results
}

async function resultOf(copy: BrokenCopy, { guard, edits, likely }: Mutant, all: readonly string[]): Promise<MutantResult> {
  const ids = await copy.without(edits, async () => {
    const noticed = await failedIds(copy.root, likely)
    return noticed.length > 0 ? noticed : await failedIds(copy.root, all)
  })
  return { guard, removed: edits.map(({ file }) => file).join(', '), ids }
}

async function failedIds(root: string, files: readonly string[]): Promise<string[]> {
  // A library that does not even run tells nothing of who would have noticed.
  const titles = await failedTitles(root, inTests(files)).catch((): string[] => [])
  return [...new Set(titles.flatMap((title) => idsOf(title, IDS).known))]
}

function inTests(files: readonly string[]): string[] {
  return files.map((file) => TESTS + file)
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
