import { mutations } from '../../proof/mutations/list.ts'
import { runMutations } from '../../proof/mutations/run.ts'
import { repository } from '../../scripts/support/check.ts'
import type { Figure } from './figure.ts'

/** One for each kind of judge, noticed soon. */
const SOON = ['memory: a merge does not look at the version', 'memory: a lease is given though another lives']
const MOST_TRIALS = { full: 5, small: 3 }

export const figure: Figure = {
  name: 'proof-mutations',
  title: 'What the library does right, done wrong in one place at a time, and who notices',
  async run(size, { seed, log }) {
    const chosen = size === 'full' ? mutations : mutations.filter(({ name }) => SOON.includes(name))
    const told = ({ name, by, how }: Awaited<ReturnType<typeof runMutations>>[number]): void =>
      log(`${name}: ${by ?? 'NOT CAUGHT'} (${how})`)
    const caught = await runMutations(repository, chosen, { seed, mostTrials: MOST_TRIALS[size], told })
    const caughtBy = (judge: string): number => caught.filter((one) => one.judge === judge && one.by !== undefined).length
    return {
      counts: { mutations: caught.length, caught: caughtBy('proof') + caughtBy('tests'), 'caught by the proof': caughtBy('proof') },
      rows: caught.map(({ name, judge, by, how }) => ({
        'done wrong': name,
        judge: judge === 'proof' ? 'the proof' : 'tests',
        'caught by': by ?? 'nothing',
        'which is': how,
      })),
    }
  },
}
