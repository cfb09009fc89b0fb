// Takes one sentence of the protocol after the other out of a copy of the sources, and runs the simulation on each until it finds what goes wrong.
import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Mutation } from './mutations.ts'

/** What the simulation finds of one mutation. */
export interface Caught {
  readonly name: string
  /** What was found first; `undefined`: nothing, and the mutation survives. */
  readonly violation: string | undefined
  /** How many steps that took. */
  readonly steps: number
}

/** What `main.ts` prints. */
export interface Totals {
  readonly steps: number
  readonly histories: number
  readonly distinct: number
  readonly requests: number
  readonly faults: number
  readonly violations: number
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
  const copy = mkdtempSync(join(tmpdir(), 'holdfast-mutations-'))
  try {
    for (const name of ['src', 'proof', 'package.json']) cpSync(join(root, name), join(copy, name), { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'junction')
    const caught: Caught[] = []
    for (const mutation of mutations) caught.push(await runMutation(copy, mutation, mostSteps))
    return caught
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

async function runMutation(copy: string, { name, edits }: Mutation, mostSteps: number): Promise<Caught> {
  const before = edits.map(({ file }) => [join(copy, file), readFileSync(join(copy, file), 'utf8')] as const)
  try {
    for (const { file, text, without } of edits) {
      const now = readFileSync(join(copy, file), 'utf8')
      if (now.split(text).length !== 2) throw new Error(`${name}: its text must stand once in ${file}`)
      writeFileSync(
        join(copy, file),
        now.replace(text, () => without),
      )
    }
    const { steps, found } = await simulate(copy, ['--steps', String(mostSteps), '--first'])
    return { name, violation: found[0]?.violations[0], steps }
  } finally {
    for (const [path, text] of before) writeFileSync(path, text)
  }
}
