// Every target of proof/fuzz: 60 seconds each in CI, 5 elsewhere. The seed is the same each time, so that a change is judged by what it changes; npm run fuzz draws another.
import { fuzzAll } from '../proof/fuzz/all.ts'
import { targetNames } from '../proof/fuzz/targets.ts'
import { type CheckResult, runCheck } from './support/check.ts'

const SECONDS_IN_CI = 60
const SECONDS = 5
const SEED = 20_261_130

export async function fuzzEach(): Promise<CheckResult> {
  const isCi = process.env['CI'] !== undefined && process.env['CI'] !== ''
  const seconds = isCi ? SECONDS_IN_CI : SECONDS
  console.log(`fuzz: seed ${SEED}, ${seconds} seconds a target${isCi ? '' : `, with CI=1 ${SECONDS_IN_CI}`}; longer: npm run fuzz`)
  const all = await fuzzAll(targetNames, { seed: SEED, seconds, executions: Infinity, goesOn: false }, (line) =>
    console.log(`fuzz: ${line}`),
  )
  const executions = all.reduce((sum, fared) => sum + fared.executions, 0)
  return {
    summary: `${all.length} targets, ${executions.toLocaleString('en')} executions, nothing found`,
    problems: all.flatMap(({ name, found }) => found.map(({ kind }) => `${name}: ${kind}`)),
  }
}

if (import.meta.main) await runCheck('fuzz', fuzzEach)
