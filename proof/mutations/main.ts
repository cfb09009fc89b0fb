// node proof/mutations/main.ts [--only WORDS]... [--by proof|tests] [--seed N] [--trials N]: does one thing after the other wrong in a copy of the sources, and fails unless
// each is noticed.
import { parseArgs } from 'node:util'
import { repository } from '../../scripts/support/check.ts'
import { mutations } from './list.ts'
import { runMutations } from './run.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [''] },
    by: { type: 'string', default: '' },
    seed: { type: 'string', default: '1' },
    trials: { type: 'string', default: '4' },
  },
})
const seed = Number(values.seed)
console.log(`seed ${seed}`)
const chosen = mutations.filter(({ name, judge }) => values.only.some((words) => name.includes(words)) && judge.by.includes(values.by))
const caught = await runMutations(repository, chosen, {
  seed,
  mostTrials: Number(values.trials),
  told: ({ name, judge, by, how }) => console.log(`| ${name} | ${judge} | ${by ?? 'NOT CAUGHT'} | ${how} |`),
})
const missed = caught.filter(({ by }) => by === undefined)
console.log(`mutations: ${caught.length - missed.length} of ${caught.length} caught`)
if (missed.length > 0) process.exitCode = 1
