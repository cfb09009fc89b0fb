// node proof/simulation/main.ts [--steps N] [--seed S] [--first] [--only SEED]: the real managers, on a store, a network and a clock whose every step a seed chooses.
import { parseArgs } from 'node:util'
import { runHistory } from './history.ts'

const { values } = parseArgs({
  options: { steps: { type: 'string' }, seed: { type: 'string' }, only: { type: 'string' }, first: { type: 'boolean' } },
})

if (values.only !== undefined) {
  const { violations } = await runHistory(Number(values.only), console.log)
  console.log(violations.length === 0 ? 'nothing wrong' : violations.join('\n'))
  process.exitCode = violations.length === 0 ? 0 : 1
} else {
  const most = values.first === true ? 1 : 5
  const wanted = Number(values.steps ?? 200_000)
  const totals = { steps: 0, histories: 0, distinct: 0, requests: 0, faults: 0, violations: 0 }
  const names = new Set<number>()
  const found: { readonly seed: number; readonly violations: readonly string[] }[] = []
  for (let seed = Number(values.seed ?? 1); totals.steps < wanted && found.length < most; seed++) {
    const { steps, faults, requests, violations, name } = await runHistory(seed)
    totals.steps += steps
    totals.histories += 1
    totals.faults += faults
    totals.requests += requests
    totals.violations += violations.length
    names.add(name)
    if (violations.length > 0) found.push({ seed, violations })
  }
  totals.distinct = names.size
  const { user, system } = process.cpuUsage()
  console.log(JSON.stringify({ ...totals, cpuSeconds: (user + system) / 1e6, found }))
  process.exitCode = found.length === 0 ? 0 : 1
}
