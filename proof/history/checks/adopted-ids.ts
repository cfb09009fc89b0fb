import { givenBy } from '../ends.ts'
import type { IdName, Operation } from '../event.ts'
import { found, shownBy } from '../report.ts'
import type { Verdict } from '../report.ts'

/** Whether an id that a client brought, and that led nowhere, became the id of a session, or one id was given to two sessions. */
export function adoptedIds(history: readonly Operation[]): Verdict {
  const adopted = history.filter(
    ({ cameBy, isInvented, answer }) =>
      cameBy !== undefined &&
      answer !== undefined &&
      (answer.saw === 'new' || isInvented === true) &&
      (answer.servedUnder === cameBy || givenBy(answer) === cameBy),
  )
  return found([
    ...adopted.map((operation) => shownBy(`${operation.cameBy}, which led nowhere, became the id of a session`, operation)),
    ...givenTwice(history),
  ])
}

function givenTwice(history: readonly Operation[]): Verdict['violations'] {
  const first = new Map<IdName, Operation>()
  return history.flatMap((operation) => {
    const given = givenBy(operation.answer)
    if (given === undefined) return []
    const earlier = first.get(given)
    if (earlier === undefined) first.set(given, operation)
    return earlier === undefined || earlier.session === operation.session
      ? []
      : [shownBy(`${given} was given to ${earlier.session} and to ${operation.session}`, earlier, operation)]
  })
}
