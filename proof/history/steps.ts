import { endOf, isCertainEnd, mayBeReplaced } from './ends.ts'
import type { Operation } from './event.ts'
import type { Effect, Step } from './session-model.ts'

const NONE: Effect = { kind: 'none' }

/**
 * What requests did to their session, moment by moment, in the order in which they were sent.
 * @param session all requests of that session.
 */
export function stepsOf(operations: readonly Operation[], session: readonly Operation[]): Step[] {
  return operations.flatMap((operation) => stepsOfOne(operation, session)).toSorted((one, other) => one.from - other.from)
}

/**
 * A request of an exclusive session reads and writes at one moment. A `merge` reads at one and writes at another. So does a logout, which
 * ends a session whatever has become of it since it was read.
 */
function stepsOfOne(operation: Operation, session: readonly Operation[]): Step[] {
  const { invokedAt: from, outcome, answer, endedAt = Infinity, concurrency } = operation
  const saw = answer?.saw
  const sight: Step = { from, to: endedAt, isCertain: true, finds: saw, effect: NONE }
  if (saw === 'new' && operation.kind !== 'create') {
    return mayBeReplaced(operation.cameBy, session, endedAt) ? [] : [sight]
  }
  const effect = effectOf(operation)
  const sights = saw === undefined || saw === 'new' ? [] : [sight]
  if (outcome === 'fail' || effect.kind === 'none') return sights
  const isCertain = outcome === 'ok' && (operation.kind !== 'destroy' || isCertainEnd(operation, session))
  const isOneStep = concurrency === 'exclusive' && operation.kind !== 'destroy'
  const finds = isOneStep && saw !== 'new' ? saw : undefined
  const step: Step = { from, to: endOf(operation), isCertain, finds, effect }
  return isOneStep && isCertain ? [step] : [...sights, step]
}

function effectOf(operation: Operation): Effect {
  if (operation.kind === 'write') return { kind: 'write', value: operation.argument }
  if (operation.kind === 'create' || operation.kind === 'increment') return { kind: operation.kind }
  return operation.kind === 'destroy' ? { kind: 'end' } : NONE
}
