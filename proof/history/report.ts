import type { Deed, Leftovers, Operation, Seen } from './event.ts'

/** A promise that was not kept. */
export interface Violation {
  readonly what: string
  /** The requests that show it, none that could be left out, in the order in which they were sent. */
  readonly shownBy: readonly Operation[]
}

/** What one check says of a history. */
export interface Verdict {
  readonly violations: readonly Violation[]
  /** Sessions of which the check could say nothing within its bound. Never to be taken as fine. */
  readonly undecided: readonly string[]
}

/** Looks at a whole history. */
export type Check = (history: readonly Operation[], leftovers: Leftovers) => Verdict

export function found(violations: readonly Violation[]): Verdict {
  return { violations, undecided: [] }
}

export function shownBy(what: string, ...operations: readonly Operation[]): Violation {
  return { what, shownBy: operations.toSorted((one, other) => one.invokedAt - other.invokedAt) }
}

/** One request in one line. */
export function lineOf(operation: Operation): string {
  const { name, process, session, concurrency, cameBy, isInvented, invokedAt, outcome, answer } = operation
  const by = cameBy === undefined ? 'without a cookie' : `by ${isInvented === true ? 'the invented id ' : ''}${cameBy}`
  const when = `${invokedAt.toFixed(1)} to ${operation.endedAt?.toFixed(1) ?? 'never'}`
  return `${name} of ${process}, ${when}: ${deedOf(operation)} ${session} ${by}, ${concurrency}: ${outcome}${answer === undefined ? '' : answerOf(answer)}`
}

function deedOf(deed: Deed): string {
  if (deed.kind === 'write') return `write ${deed.argument} to`
  return deed.kind === 'regenerate' && deed.endsOld ? 'log in to' : deed.kind
}

function answerOf({ saw, servedUnder, cookie }: NonNullable<Operation['answer']>): string {
  const under = servedUnder === undefined ? '' : `, under ${servedUnder}`
  const given = cookie === undefined ? '' : cookie === 'removed' ? ', cookie removed' : `, cookie ${cookie.given}`
  return `, saw ${saw === 'new' ? 'a new session' : contentOf(saw)}${under}${given}`
}

export function contentOf({ mark, value, counter, twin }: Seen): string {
  return `${mark} with value ${value ?? 'none'}, counters ${counter} and ${twin}`
}
