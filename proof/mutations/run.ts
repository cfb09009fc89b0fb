// Does one thing after the other wrong in a copy of the sources, and has a run of the proof, or tests, judge each.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { ALL_PARTS, BrokenCopy, misplacedEdits } from '../../scripts/mutants/broken-copy.ts'
import { failedTitles } from '../../scripts/mutants/failed-tests.ts'
import type { Judgement, Trial } from './judge.ts'
import type { Judge, Mutation } from './mutation.ts'

/** What became of one mutation. */
export interface Caught {
  readonly name: string
  readonly judge: Judge['by']
  /** The check, or the test, that noticed. `undefined`: none did. */
  readonly by: string | undefined
  /** What was noticed, and after how much. */
  readonly how: string
}

export interface MutationOptions {
  readonly seed: number
  /** Runs of the proof before a mutation counts as not caught, each with another seed and twice as long as the one before. */
  readonly mostTrials: number
  readonly told: (caught: Caught) => void
}

const FIRST_HEALTHY_MS = 1000
const FIRST_FAULTY_MS = 4000
const MOST_MS_A_TRIAL = 180_000

/**
 * @throws when there is no mutation, when one does not stand where it should, and when a judge finds something with nothing done wrong.
 */
export async function runMutations(root: string, mutations: readonly Mutation[], options: MutationOptions): Promise<Caught[]> {
  if (mutations.length === 0) throw new Error('No mutation was chosen.')
  const problems = mutations.flatMap(({ name, edits }) => misplacedEdits(root, name, edits))
  if (problems.length > 0) throw new Error(problems.join('\n'))
  using copy = new BrokenCopy(root, ALL_PARTS)
  await assertSound(copy.root, mutations, options)
  const caught: Caught[] = []
  for (const mutation of mutations) {
    const one = await copy.without(mutation.edits, () => judgedBy(copy.root, mutation, options))
    caught.push(one)
    options.told(one)
  }
  return caught
}

/** A judge that always finds something has found nothing. */
async function assertSound(root: string, mutations: readonly Mutation[], { seed }: MutationOptions): Promise<void> {
  const judges = mutations.map(({ judge }) => judge)
  for (const file of new Set(judges.flatMap((judge) => (judge.by === 'tests' ? judge.files : [])))) {
    const failed = await failedTitles(root, [file])
    if (failed.length > 0) throw new Error(`These tests of ${file} fail with nothing done wrong:\n${failed.join('\n')}`)
  }
  for (const driver of new Set(judges.flatMap((judge) => (judge.by === 'proof' ? judge.driver : [])))) {
    const { violations } = await tried(root, trialOf({ by: 'proof', driver }, seed, 0))
    if (violations.length > 0) throw new Error(`The proof finds this with nothing done wrong over ${driver}: ${violations[0]?.what}`)
  }
}

async function judgedBy(root: string, { name, judge }: Mutation, options: MutationOptions): Promise<Caught> {
  try {
    return judge.by === 'proof' ? await byProof(root, name, judge, options) : await byTests(root, name, judge.files)
  } catch (error) {
    // A library that does not even run tells nothing of who would have noticed.
    return { name, judge: judge.by, by: undefined, how: error instanceof Error ? error.message : String(error) }
  }
}

async function byTests(root: string, name: string, files: readonly string[]): Promise<Caught> {
  for (const file of files) {
    const [title] = await failedTitles(root, [file])
    if (title !== undefined) return { name, judge: 'tests', by: file, how: title }
  }
  return { name, judge: 'tests', by: undefined, how: `no test of ${files.join(', ')} fails` }
}

async function byProof(
  root: string,
  name: string,
  judge: Extract<Judge, { by: 'proof' }>,
  { seed, mostTrials }: MutationOptions,
): Promise<Caught> {
  let operations = 0
  for (let trial = 0; trial < mostTrials; trial++) {
    const judgement = await tried(root, trialOf(judge, seed, trial))
    operations += judgement.operations
    const checks = [...new Set(judgement.violations.map(({ check }) => check))]
    if (checks.length > 0) return { name, judge: 'proof', by: checks.join(', '), how: `${operations} operations over ${judge.driver}` }
  }
  return { name, judge: 'proof', by: undefined, how: `${operations} operations over ${judge.driver}` }
}

function trialOf({ driver, faults }: Extract<Judge, { by: 'proof' }>, seed: number, trial: number): Trial {
  const longer = 2 ** trial
  return { driver, faults, seed: seed + trial, healthyMs: FIRST_HEALTHY_MS * longer, faultyMs: FIRST_FAULTY_MS * longer }
}

/** A run of the proof in a process of its own. */
function tried(root: string, trial: Trial): Promise<Judgement> {
  return new Promise((resolve, reject) => {
    const file = join(root, 'proof/mutations/judge.ts')
    execFile(process.execPath, [file, JSON.stringify(trial)], { timeout: MOST_MS_A_TRIAL, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      try {
        resolve(JSON.parse(stdout))
      } catch {
        reject(new Error(`The run of the proof ended without a result. ${error?.message ?? ''} ${stderr}`))
      }
    })
  })
}
