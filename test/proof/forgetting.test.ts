import { expect, it } from 'vitest'
import { CHECKS, type CheckName, type Report, check } from '../../proof/history/check.ts'
import { NOTHING_LEFT, type Operation } from '../../proof/history/event.ts'
import { type Verdict, shownBy } from '../../proof/history/report.ts'
import { brokenBy } from '../../proof/run/forgetting.ts'

const FORGOTTEN = ['linearizability', 'lost updates', 'resurrections', 'cookies that point nowhere']
const once: Verdict = { violations: [shownBy('something')], undecided: [] }
const undecided: Verdict = { violations: [], undecided: ['s'] }
const failovers = (struck: number): ReadonlyMap<string, number> => new Map([['failover', struck]])
const isCheck = (name: string): name is CheckName => name in CHECKS

function reportWith(name: CheckName, verdict: Verdict): Report {
  return { verdicts: { ...check([], NOTHING_LEFT).verdicts, [name]: verdict }, isClean: false }
}

it('a store that was made to forget may show it, and nothing else', () => {
  const forgiven = Object.keys(CHECKS).filter(
    (name) => isCheck(name) && brokenBy({ report: reportWith(name, once), faults: failovers(1) }) === 0,
  )
  expect(forgiven).toEqual(FORGOTTEN)
})

it('one that no failover has struck has nothing to be forgiven', () => {
  const report = reportWith('lost updates', once)
  expect([failovers(0), new Map([['kill', 7]])].map((faults) => brokenBy({ report, faults }))).toEqual([1, 1])
})

it('what could not be decided counts, whatever has struck', () => {
  expect(brokenBy({ report: reportWith('linearizability', undecided), faults: failovers(1) })).toBe(1)
})

it('a lock that was forgotten may have two holders, where what one of them wrote was forgotten with it', () => {
  const [one, other] = [anIncrementOf('a'), anIncrementOf('b')]
  const verdicts = {
    ...check([], NOTHING_LEFT).verdicts,
    'double holders': { violations: [shownBy('two held a', one), shownBy('two held b', other)], undecided: [] },
    linearizability: { violations: [shownBy('no order of a', one)], undecided: [] },
  }
  const report = { verdicts, isClean: false }
  expect([failovers(1), failovers(0)].map((faults) => brokenBy({ report, faults }))).toEqual([1, 3])
})

function anIncrementOf(session: string): Operation {
  return {
    name: `in ${session}`,
    process: 'p',
    session,
    concurrency: 'exclusive',
    kind: 'increment',
    invokedAt: 0,
    outcome: 'ok',
    endedAt: 1,
    answer: { saw: 'new' },
  }
}
