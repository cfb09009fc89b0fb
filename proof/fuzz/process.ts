// The process in which one target is fuzzed: what it does not come back from, and what it spoils, does not reach the others.
import { rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { repository } from '../../scripts/support/check.ts'
import { seeded } from '../simulation/seeded.ts'
import { Coverage } from './coverage.ts'
import { Fuzzer } from './fuzzer.ts'
import type { Job, Outcome } from './job.ts'
import { fileOf, loadTarget } from './targets.ts'
import { Window } from './window.ts'

process.once('message', (job: Job) => {
  // Nobody waits for the answer any more, and nobody tidies up.
  process.once('disconnect', () => {
    rmSync(dirname(job.windowPath), { recursive: true, force: true })
    process.exit(1)
  })
  fuzz(job).then(
    (outcome) => process.send?.(outcome, () => process.exit()),
    (error: unknown) => {
      console.error(error)
      process.exit(1)
    },
  )
})

async function fuzz({ name, mistaken, seed, corpus, executions, seconds, mostFound, windowPath }: Job): Promise<Outcome> {
  const target = await loadTarget(name)
  const window = new Window(windowPath)
  const trial = await (mistaken ? target.openMistaken() : target.open())
  const coverage = new Coverage(repository, [fileOf(name)])
  const inputs = corpus.map((input) => Buffer.from(input))
  const fuzzer = new Fuzzer({
    target,
    trial,
    coverage,
    random: seeded(seed),
    corpus: inputs,
    mostFound,
    onTry: (input) => window.show(input),
  })
  const startedAt = performance.now()
  try {
    await fuzzer.begin()
    while (!fuzzer.isDone && fuzzer.executions < executions && performance.now() - startedAt < seconds * 1000) {
      await fuzzer.batch(executions - fuzzer.executions)
      // Whoever asked may be no more.
      await turn()
    }
  } finally {
    trial.close?.()
    window.close()
  }
  const reached = target.sources.map((path) => coverage.reached(path))
  return {
    executions: fuzzer.executions,
    seconds: (performance.now() - startedAt) / 1000,
    covering: fuzzer.covering,
    kept: fuzzer.kept,
    found: fuzzer.found,
    reached: { characters: sum(reached.map(({ characters }) => characters)), of: sum(reached.map((one) => one.of)) },
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
