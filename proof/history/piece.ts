// Cuts a session that fits no order down to what shows it.
import { endOf, mayHaveDone } from './ends.ts'
import type { Operation } from './event.ts'
import { search } from './search.ts'
import { BEFORE } from './session-model.ts'
import type { SessionState } from './session-model.ts'
import { stepsOf } from './steps.ts'

/** The fewest requests that were found to fit no order by themselves. */
export function pieceOf(session: readonly Operation[]): readonly Operation[] {
  const past = shortestPast(session)
  const { start, known, piece } = latestStart(past)
  return piece.reduce((kept, operation) => {
    const rest = kept.filter((one) => one !== operation)
    // Without what it did, what others saw of it would fit nothing.
    return operation !== known && isSight(operation) && fitsNone(rest, past, start) ? rest : kept
  }, piece)
}

function fitsNone(operations: readonly Operation[], session: readonly Operation[], start: SessionState): boolean {
  return search(stepsOf(operations, session), { start }) === 'no order'
}

function isSight({ kind, outcome }: Operation): boolean {
  return outcome === 'fail' || kind === 'read' || kind === 'regenerate'
}

/** All that had happened when the first answer came that fits nothing. */
function shortestPast(session: readonly Operation[]): readonly Operation[] {
  const ends = session.flatMap(({ endedAt }) => endedAt ?? []).toSorted((one, other) => one - other)
  for (const at of ends) {
    const past = pastAt(session, at)
    if (fitsNone(past, past, BEFORE)) return past
  }
  return session
}

/** What was known of a session at a time: of what was not over then, nobody knew whether it was done. */
function pastAt(session: readonly Operation[], at: number): readonly Operation[] {
  return session
    .filter(({ invokedAt }) => invokedAt <= at)
    .map((operation) =>
      operation.endedAt === undefined || operation.endedAt <= at
        ? operation
        : { ...operation, outcome: 'unknown', endedAt: undefined, answer: undefined },
    )
}

interface Start {
  readonly start: SessionState
  /** The request that says so. */
  readonly known: Operation | undefined
  readonly piece: readonly Operation[]
}

/** The latest request beside which all was quiet and that says what the session was: what came before it is not needed, but for what may still come. */
function latestStart(past: readonly Operation[]): Start {
  for (const operation of past.toReversed()) {
    const { answer, invokedAt, outcome } = operation
    if (outcome !== 'ok' || answer === undefined || answer.saw === 'new' || !isAlone(operation, past)) continue
    const piece = past.filter((one) => endOf(one) >= invokedAt && (mayHaveDone(one) || one.invokedAt >= invokedAt))
    const start: SessionState = { life: 'alive', value: answer.saw.value, counter: answer.saw.counter }
    if (fitsNone(piece, past, start)) return { start, known: operation, piece }
  }
  return { start: BEFORE, known: undefined, piece: past }
}

function isAlone(operation: Operation, past: readonly Operation[]): boolean {
  return past.every(
    (other) =>
      other === operation || other.outcome === 'unknown' || other.endedAt < operation.invokedAt || other.invokedAt > endOf(operation),
  )
}
