import type { Operation } from '../event.ts'
import { pieceOf } from '../piece.ts'
import { shownBy } from '../report.ts'
import type { Verdict, Violation } from '../report.ts'
import { search } from '../search.ts'
import type { SearchOptions } from '../search.ts'
import { sessionsOf } from '../sessions.ts'
import { stepsOf } from '../steps.ts'

/**
 * Whether the answers of each session are those that it would have given had its requests come one after the other, each at some moment
 * between its sending and its answer. Sessions share nothing, so that each may be looked at by itself.
 */
export function linearizability(history: readonly Operation[], options: Pick<SearchOptions, 'mostPlaces'> = {}): Verdict {
  const violations: Violation[] = []
  const undecided: string[] = []
  for (const [name, session] of sessionsOf(history)) {
    const found = search(stepsOf(session, session), options)
    if (found === 'too long') undecided.push(name)
    if (found === 'no order') violations.push(shownBy(`no order of its requests explains what ${name} answered`, ...pieceOf(session)))
  }
  return { violations, undecided }
}
