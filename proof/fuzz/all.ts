import { join } from 'node:path'
import { KEPT, OWN, inputsIn, writeInputs } from './corpus.ts'
import type { Found } from './found.ts'
import { fuzz } from './fuzz.ts'
import type { Job } from './job.ts'

const AT_ONCE = 2
const BOUNDS = { mistaken: false, mostFound: 5, hangsAfterSeconds: 30 }
const NO_MORE = { ...BOUNDS, seed: 0, executions: 0, seconds: 0 }

export interface Limits extends Pick<Job, 'seed' | 'executions' | 'seconds'> {
  /** Whether to begin with what earlier runs on this machine kept, and to keep more. Without it a run is the same for the same seed. */
  readonly goesOn: boolean
}

/** How a target fared. */
export interface Fared {
  readonly name: string
  readonly executions: number
  readonly executionsASecond: number
  /** Inputs that are worth mutating, at the end. */
  readonly corpus: number
  /** How much of its sources was reached. */
  readonly reachedPercent: number
  readonly found: readonly Found[]
}

/** Fuzzes targets, two at a time, and tells of each when it is done. What they found lies in `var/fuzz`. */
export async function fuzzAll(names: readonly string[], limits: Limits, log: (line: string) => void): Promise<Fared[]> {
  const waiting = [...names]
  const all: Fared[] = []
  const lane = async (): Promise<void> => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const fared = await fuzzOne(name, limits)
      all.push(fared)
      for (const line of linesOf(fared)) log(line)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
  return all.toSorted((one, other) => (one.name < other.name ? -1 : 1))
}

async function fuzzOne(name: string, { goesOn, ...limits }: Limits): Promise<Fared> {
  const own = join(OWN, 'corpus', name)
  const corpus = [...inputsIn(join(KEPT, name)), ...(goesOn ? inputsIn(own) : [])]
  const outcome = await fuzz({ ...limits, ...BOUNDS, name, corpus })
  if (goesOn) writeInputs(own, outcome.kept)
  const { executions, seconds, found, kept, reached } = outcome
  return {
    name,
    executions,
    executionsASecond: Math.round(executions / Math.max(seconds, 0.001)),
    corpus: corpus.length + kept.length,
    reachedPercent: Math.round((1000 * reached.characters) / Math.max(reached.of, 1)) / 10,
    found,
  }
}

/** Tries inputs again, and nothing else. */
export async function replay(name: string, inputs: readonly Buffer[]): Promise<readonly Found[]> {
  return (await fuzz({ ...NO_MORE, name, corpus: inputs })).found
}

/** Adds to the corpus that is committed what reaches more than all of it does. The short ones come first. */
export async function keep(name: string): Promise<number> {
  const kept = inputsIn(join(KEPT, name))
  const own = inputsIn(join(OWN, 'corpus', name)).toSorted((one, other) => one.length - other.length)
  const { covering } = await fuzz({ ...NO_MORE, name, corpus: [...kept, ...own] })
  const more = covering.filter((input) => !kept.some((one) => one.equals(input)))
  writeInputs(join(KEPT, name), more)
  return more.length
}

function linesOf({ name, executions, executionsASecond, corpus, reachedPercent, found }: Fared): string[] {
  const count = executions.toLocaleString('en')
  return [
    `${name}: ${count} executions, ${executionsASecond} a second, corpus ${corpus}, ${reachedPercent} % of its code reached, ${found.length} findings`,
    ...found.flatMap(({ kind, details, inputs }, at) => {
      const paths = writeInputs(join(OWN, 'found', name, String(at)), inputs)
      const again = `npm run fuzz -- ${name} ${paths.map((path) => `--replay ${path}`).join(' ')}`
      return [`  ${kind}`, ...details.split('\n').map((line) => `    ${line}`), `  again: ${again}`]
    }),
  ]
}
