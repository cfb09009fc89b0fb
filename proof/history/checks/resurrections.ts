import { givenBy, isCertainEnd } from '../ends.ts'
import type { IdName, Leftovers, Operation } from '../event.ts'
import { found, shownBy } from '../report.ts'
import type { Verdict, Violation } from '../report.ts'
import { leftOf, sessionsOf } from '../sessions.ts'
import type { Left } from '../sessions.ts'

/** So often a new session is inserted at most, each time under another id. */
const MOST_INSERTS = 3

/** Whether anybody saw a session after its end was acknowledged, or saw it by an id of before a login. */
export function resurrections(history: readonly Operation[], leftovers: Leftovers): Verdict {
  const left = leftOf(leftovers)
  return found(
    [...sessionsOf(history)].flatMap(([name, session]) => [
      ...seenAgain(name, session),
      ...openedByOldId(name, session),
      ...leftAfterEnd(name, session, left.get(name) ?? []),
    ]),
  )
}

function firstEnd(session: readonly Operation[]): Operation | undefined {
  const ends = session.filter((operation) => isCertainEnd(operation, session))
  return ends.toSorted((one, other) => (one.endedAt ?? 0) - (other.endedAt ?? 0))[0]
}

function sees({ answer }: Operation): boolean {
  return answer !== undefined && answer.saw !== 'new'
}

function seenAgain(name: string, session: readonly Operation[]): Violation[] {
  const end = firstEnd(session)
  const again = session.find((one) => end?.endedAt !== undefined && one.invokedAt > end.endedAt && sees(one))
  return end === undefined || again === undefined ? [] : [shownBy(`${name} was served after its end was acknowledged`, end, again)]
}

function openedByOldId(name: string, session: readonly Operation[]): Violation[] {
  return session.flatMap((login) => {
    if (login.kind !== 'regenerate' || !login.endsOld || login.outcome !== 'ok' || login.answer.saw === 'new') return []
    const dead = deadBy(login, session)
    const again = session.find((one) => one.invokedAt > login.endedAt && one.cameBy !== undefined && dead.has(one.cameBy) && sees(one))
    return again === undefined ? [] : [shownBy(`an id of before a login opened ${name}`, login, again)]
  })
}

/** The ids that were given out before a login began, and that by which it came. */
function deadBy(login: Operation, session: readonly Operation[]): ReadonlySet<IdName> {
  const given = session.flatMap(({ answer, endedAt = Infinity }) => (endedAt < login.invokedAt ? (givenBy(answer) ?? []) : []))
  return new Set([...given, ...(login.cameBy === undefined ? [] : [login.cameBy])])
}

/** Each change of id that was not acknowledged may have left a copy that nobody has the id of, and so may an insert that had no answer: it was made again under another id. */
function leftAfterEnd(name: string, session: readonly Operation[], left: readonly Left[]): Violation[] {
  const end = firstEnd(session)
  const copies = session.filter((one) => mayLeave(one) > 0)
  if (end === undefined || left.length <= copies.reduce((sum, one) => sum + mayLeave(one), 0)) return []
  const keys = left.map(({ key }) => key).join(', ')
  return [shownBy(`${name} is in the store after its end was acknowledged, as ${keys}`, end, ...copies)]
}

/** How many copies a request may have left. */
function mayLeave({ kind, outcome, answer }: Operation): number {
  if (kind === 'regenerate') return outcome === 'ok' ? 0 : 1
  const isMadeAgain = kind === 'create' && givenBy(answer) !== undefined && answer?.servedUnder !== givenBy(answer)
  return isMadeAgain ? MOST_INSERTS - 1 : 0
}
