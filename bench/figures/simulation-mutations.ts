import { runMutations } from '../../proof/simulation/mutants.ts'
import { mutations } from '../../proof/simulation/mutations.ts'
import { repository } from '../../scripts/support/check.ts'
import type { Figure } from './figure.ts'

/** Those that are found soonest: enough to see that the simulation finds anything. */
const SOON = [
  'an update is let in only at the version that was read',
  'a write is let in only under the writer’s lease and at the version that was read',
]
/** Of CPU time, for each of them. */
const GOAL_SECONDS = 60
const MOST_STEPS = { full: 5_000_000, small: 200_000 }

export const figure: Figure = {
  name: 'simulation-mutations',
  title: 'Sentences of the protocol taken out of the sources one at a time, and what the simulation finds then',
  async run(size, { log }) {
    const chosen = size === 'full' ? mutations : mutations.filter(({ name }) => SOON.includes(name))
    const caught = await runMutations(repository, chosen, MOST_STEPS[size])
    for (const { name, violation, steps, cpuSeconds } of caught)
      log(`${name}: ${violation ?? 'NOTHING'} (${steps} steps, ${cpuSeconds.toFixed(1)} s of CPU time; goal: at most ${GOAL_SECONDS})`)
    const without = new Map(chosen.map(({ name, without: what }) => [name, what]))
    return {
      counts: { mutations: caught.length, caught: caught.filter(({ violation }) => violation !== undefined).length },
      rows: caught.map(({ name, violation, steps, cpuSeconds }) => ({
        'taken out': name,
        'goes wrong': without.get(name) ?? '',
        'found after so many steps': violation === undefined ? 'not found' : steps.toLocaleString('en'),
        'CPU time, s': Number(cpuSeconds.toPrecision(2)),
        goal: cpuSeconds <= GOAL_SECONDS ? `at most ${GOAL_SECONDS} s: reached` : `at most ${GOAL_SECONDS} s: missed`,
      })),
    }
  },
}
