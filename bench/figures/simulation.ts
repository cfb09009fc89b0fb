import { simulate } from '../../proof/simulation/mutants.ts'
import { repository } from '../../scripts/support/check.ts'
import type { Figure } from './figure.ts'

const STEPS = { full: 10_000_000, small: 60_000 }

export const figure: Figure = {
  name: 'simulation',
  title: 'Histories of the session managers on a simulated store, network and clock: promises that were broken',
  async run(size, { seed, log }) {
    const { steps, histories, distinct, requests, faults, violations, found } = await simulate(repository, [
      '--steps',
      String(STEPS[size]),
      '--seed',
      String(seed),
    ])
    for (const { seed: of, violations: what } of found) log(`--only ${of}: ${what.join('; ')}`)
    return {
      counts: { steps, histories, distinct, requests, faults, violations },
      rows: [{ steps, histories: distinct, requests, 'things that went wrong': faults, 'promises broken': violations }],
    }
  },
}
