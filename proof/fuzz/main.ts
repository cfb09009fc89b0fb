// npm run fuzz [-- TARGET ...] [--seconds N] [--seed S] [--replay FILE ...] [--keep]: see docs/fuzzing.md.
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { fuzzAll, keep, replay } from './all.ts'
import { targetNames } from './targets.ts'

const SECONDS = 60

const { values, positionals } = parseArgs({
  options: {
    seconds: { type: 'string', default: String(SECONDS) },
    seed: { type: 'string', default: String(Date.now() % 2 ** 32) },
    replay: { type: 'string', multiple: true },
    keep: { type: 'boolean', default: false },
  },
  allowPositionals: true,
})
const [seconds, seed] = [values.seconds, values.seed].map(Number)
const unknown = positionals.filter((name) => !targetNames.includes(name))
if (unknown.length > 0) refuse(`There is no target '${unknown.join("', '")}'. There are: ${targetNames.join(', ')}.`)
if (seconds === undefined || !(seconds > 0) || !Number.isSafeInteger(seed)) refuse('--seconds and --seed must be numbers.')
const names = positionals.length === 0 ? targetNames : positionals

if (values.replay !== undefined) {
  const [name] = positionals
  if (name === undefined || positionals.length > 1) refuse('--replay needs the one target that the files are inputs of.')
  const found = await replay(
    name,
    values.replay.map((path) => readFileSync(path)),
  )
  for (const { kind, details } of found) console.log(`${kind}\n${details}`)
  if (found.length === 0) console.log('nothing wrong')
  process.exitCode = found.length === 0 ? 0 : 1
} else {
  console.log(`seed ${seed}, ${seconds} seconds a target, two at a time`)
  const all = await fuzzAll(names, { seed: Number(seed), seconds, executions: Infinity, goesOn: true }, console.log)
  if (values.keep) for (const name of names) console.log(`${name}: ${await keep(name)} inputs added to the corpus`)
  process.exitCode = all.every(({ found }) => found.length === 0) ? 0 : 1
}

/** One line for who has mistyped. */
function refuse(why: string): never {
  console.error(why)
  process.exit(2)
}
