import { adoptedIds } from './checks/adopted-ids.ts'
import { danglingCookies } from './checks/dangling-cookies.ts'
import { doubleHolders } from './checks/double-holders.ts'
import { halfRecords } from './checks/half-records.ts'
import { leakedLocks } from './checks/leaked-locks.ts'
import { linearizability } from './checks/linearizability.ts'
import { lostUpdates } from './checks/lost-updates.ts'
import { resurrections } from './checks/resurrections.ts'
import { strangers } from './checks/strangers.ts'
import { unserved } from './checks/unserved.ts'
import type { Leftovers, Operation } from './event.ts'
import type { Check, Verdict } from './report.ts'

/** Everything that is asked of a history. */
export const CHECKS = {
  linearizability: (history) => linearizability(history),
  'lost updates': lostUpdates,
  resurrections,
  'adopted ids': adoptedIds,
  strangers,
  'leaked locks': leakedLocks,
  'double holders': doubleHolders,
  'half records': halfRecords,
  'cookies that point nowhere': danglingCookies,
  unserved,
} satisfies Record<string, Check>

export type CheckName = keyof typeof CHECKS

export interface Report {
  readonly verdicts: Readonly<Record<CheckName, Verdict>>
  /** No check found anything, and each could decide all. */
  readonly isClean: boolean
}

/**
 * @param history all that was asked and answered.
 * @param leftovers what is there in the end.
 */
export function check(history: readonly Operation[], leftovers: Leftovers): Report {
  const verdictOf = (name: CheckName): Verdict => CHECKS[name](history, leftovers)
  const verdicts: Report['verdicts'] = {
    linearizability: verdictOf('linearizability'),
    'lost updates': verdictOf('lost updates'),
    resurrections: verdictOf('resurrections'),
    'adopted ids': verdictOf('adopted ids'),
    strangers: verdictOf('strangers'),
    'leaked locks': verdictOf('leaked locks'),
    'double holders': verdictOf('double holders'),
    'half records': verdictOf('half records'),
    'cookies that point nowhere': verdictOf('cookies that point nowhere'),
    unserved: verdictOf('unserved'),
  }
  const isClean = Object.values(verdicts).every(({ violations, undecided }) => violations.length === 0 && undecided.length === 0)
  return { verdicts, isClean }
}
