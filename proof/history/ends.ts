// When a session may be over, and when an id may lead nowhere.
import type { IdName, Operation } from './event.ts'

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

/** Whether the id may have been replaced before `at`, so that nobody is promised a session by it. So it is with an id that no answer gave. */
export function mayBeReplaced(id: IdName | undefined, session: readonly Operation[], at: number): boolean {
  const issuer = issuerOf(id, session)
  if (issuer === undefined) return true
  return session.some(
    (other) =>
      other !== issuer && other.kind === 'regenerate' && mayHaveDone(other) && other.invokedAt <= at && endOf(other) >= issuer.invokedAt,
  )
}
