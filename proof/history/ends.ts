// When a session may be over, and when an id may lead nowhere.
import type { IdName, Operation } from './event.ts'

/** Changes of id that a request is led through, from an old id to the session. */
const MOST_CHANGES = 5

/** When the request was over; `Infinity` where it may still be under way. */
export function endOf(operation: Operation): number {
  return operation.outcome === 'unknown' ? Infinity : operation.endedAt
}

/** It met the session and changed it, or may have. */
export function mayHaveDone({ outcome, answer }: Operation): boolean {
  return outcome !== 'fail' && answer?.saw !== 'new'
}

/** A logout that certainly ended the session. One that meets a login ends what was there before it, and not what the login made of it. */
export function isCertainEnd(operation: Operation, session: readonly Operation[]): boolean {
  if (operation.kind !== 'destroy' || operation.outcome !== 'ok' || operation.answer.saw === 'new') return false
  return !session.some(
    (other) =>
      other.kind === 'regenerate' &&
      other.endsOld &&
      mayHaveDone(other) &&
      other.invokedAt <= operation.endedAt &&
      endOf(other) >= operation.invokedAt,
  )
}

/** Whether the session may have been ended before `at`. */
export function mayHaveEnded(session: readonly Operation[], at: number): boolean {
  return session.some((operation) => operation.kind === 'destroy' && mayHaveDone(operation) && operation.invokedAt <= at)
}

/** The request whose answer gave this id out first. */
export function issuerOf(id: IdName | undefined, session: readonly Operation[]): Operation | undefined {
  return session.find(({ answer }) => id !== undefined && givenBy(answer) === id)
}

export function givenBy(answer: Operation['answer']): IdName | undefined {
  return answer?.cookie === undefined || answer.cookie === 'removed' ? undefined : answer.cookie.given
}

/**
 * Whether the id may have been replaced before `at` in a way that nobody is promised a session by it: by a login, or by more changes of id than it is followed through. An id that
 * no answer gave promises nothing either.
 */
export function mayBeReplaced(id: IdName | undefined, session: readonly Operation[], at: number): boolean {
  const issuer = issuerOf(id, session)
  if (issuer === undefined) return true
  const changes = session.filter(
    (other) =>
      other !== issuer && other.kind === 'regenerate' && mayHaveDone(other) && other.invokedAt <= at && endOf(other) >= issuer.invokedAt,
  )
  return changes.length > MOST_CHANGES || changes.some((change) => change.kind === 'regenerate' && change.endsOld)
}
