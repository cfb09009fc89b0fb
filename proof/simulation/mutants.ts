// Takes one sentence of the protocol after the other out of a copy of the sources, and runs the simulation on each until it finds what goes wrong.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { BrokenCopy, misplacedEdits } from '../../scripts/mutants/broken-copy.ts'
import type { Mutation } from './mutations.ts'

/** What the simulation finds of one mutation. */
export interface Caught {
  readonly name: string
  /** What was found first; `undefined`: nothing, and the mutation survives. */
  readonly violation: string | undefined
  /** How many steps that took. */
  readonly steps: number
  /** CPU time of the process that took them, its start included. */
  readonly cpuSeconds: number
}

/** What `main.ts` prints. */
export interface Totals {
  readonly steps: number
  readonly histories: number
  readonly distinct: number
  readonly requests: number
  readonly faults: number
  readonly violations: number
  readonly cpuSeconds: number
  readonly found: readonly { readonly seed: number; readonly violations: readonly string[] }[]
}

/** Runs the simulation in a process of its own. */
export function simulate(root: string, args: readonly string[], mostMs = 0): Promise<Totals> {
  return new Promise((resolve, reject) => {
    const file = join(root, 'proof/simulation/main.ts')
    execFile(process.execPath, [file, ...args], { timeout: mostMs, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      try {
        resolve(JSON.parse(stdout))
      } catch {
        reject(new Error(`The simulation ended without a result. ${error?.message ?? ''} ${stderr}`))
      }
    })
  })
}

/** @throws when a mutation's text does not stand where it should, once. */
export async function runMutations(root: string, mutations: readonly Mutation[], mostSteps: number): Promise<Caught[]> {
  const problems = mutations.flatMap(({ name, edits }) => misplacedEdits(root, name, edits))
  if (problems.length > 0) throw new Error(problems.join('\n'))
  using copy = new BrokenCopy(root, ['src', 'proof', 'package.json'])
  const caught: Caught[] = []
  for (const { name, edits } of mutations) {
    const { steps, cpuSeconds, found } = await copy.without(edits, () => simulate(copy.root, ['--steps', String(mostSteps), '--first']))
    caught.push({ name, violation: found[0]?.violations[0], steps, cpuSeconds })
  }
  return caught
}
