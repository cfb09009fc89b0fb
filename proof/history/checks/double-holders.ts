import type { Operation, Span } from '../event.ts'
import { found, shownBy } from '../report.ts'
import type { Verdict, Violation } from '../report.ts'
import { sessionsOf } from '../sessions.ts'

interface Holder {
  readonly operation: Operation
  readonly held: Span
}

/** Whether two handlers had one exclusive session at the same time, and what both of them wrote was acknowledged. */
export function doubleHolders(history: readonly Operation[]): Verdict {
  return found([...sessionsOf(history)].flatMap(([name, session]) => overlaps(name, session.flatMap(holderOf))))
}

function holderOf(operation: Operation): Holder[] {
  const { outcome, concurrency, answer, kind } = operation
  const wrote = kind === 'write' || kind === 'increment' || kind === 'regenerate'
  if (!wrote || outcome !== 'ok' || concurrency !== 'exclusive' || answer?.saw === 'new' || answer?.held === undefined) return []
  return [{ operation, held: answer.held }]
}

/** Each holder with the one before it that left last. */
function overlaps(name: string, holders: readonly Holder[]): Violation[] {
  const violations: Violation[] = []
  let last: Holder | undefined
  for (const holder of holders.toSorted((one, other) => one.held.enteredAt - other.held.enteredAt)) {
    if (last !== undefined && holder.held.enteredAt < last.held.leftAt)
      violations.push(shownBy(`two requests held ${name} at the same time`, last.operation, holder.operation))
    if (last === undefined || holder.held.leftAt > last.held.leftAt) last = holder
  }
  return violations
}
