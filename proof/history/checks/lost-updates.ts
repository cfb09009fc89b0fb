import { endOf, mayHaveDone, mayHaveEnded } from '../ends.ts'
import type { Leftovers, Operation } from '../event.ts'
import { found, shownBy } from '../report.ts'
import type { Verdict, Violation } from '../report.ts'
import { leftOf, sessionsOf } from '../sessions.ts'
import type { Left } from '../sessions.ts'

/** Whether every counter lies between the increments that were acknowledged before it was read and those that were begun: plain sums. */
export function lostUpdates(history: readonly Operation[], leftovers: Leftovers): Verdict {
  const left = leftOf(leftovers)
  return found(
    [...sessionsOf(history)].flatMap(([name, session]) => [...seenWrong(name, session), ...leftWrong(name, session, left.get(name) ?? [])]),
  )
}

function seenWrong(name: string, session: readonly Operation[]): Violation[] {
  return session.flatMap((operation) => {
    const { answer, invokedAt, endedAt = Infinity } = operation
    if (answer === undefined || answer.saw === 'new') return []
    const { counter } = answer.saw
    const increments = session.filter((one) => one.kind === 'increment' && one !== operation && mayHaveDone(one))
    const before = increments.filter((one) => one.outcome === 'ok' && endOf(one) < invokedAt)
    const possible = increments.filter((one) => one.invokedAt <= endedAt)
    const what = `${name} counted ${counter}`
    if (counter < before.length) return [shownBy(`${what}, after ${before.length} increments were acknowledged`, ...before, operation)]
    if (counter > possible.length) return [shownBy(`${what}, when ${possible.length} increments were begun`, ...possible, operation)]
    return []
  })
}

/** In the end the store has it all, unless the session may have been ended. */
function leftWrong(name: string, session: readonly Operation[], left: readonly Left[]): Violation[] {
  const increments = session.filter((one) => one.kind === 'increment' && mayHaveDone(one))
  const acknowledged = increments.filter(({ outcome }) => outcome === 'ok')
  const counter = Math.max(-1, ...left.map(({ seen }) => seen.counter))
  if (counter > increments.length)
    return [shownBy(`${name} has ${counter} in the end, when ${increments.length} increments were begun`, ...increments)]
  const isMade = session.some(({ kind, outcome }) => kind === 'create' && outcome === 'ok')
  if (!isMade || counter >= acknowledged.length || mayHaveEnded(session, Infinity)) return []
  const what = counter === -1 ? `${name} is not in the store in the end` : `${name} has ${counter} in the end`
  return [shownBy(`${what}, after ${acknowledged.length} increments were acknowledged`, ...acknowledged)]
}
