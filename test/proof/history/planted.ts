// Puts one harm into an honest history.
import * as fc from 'fast-check'
import { expect } from 'vitest'
import { check } from '../../../proof/history/check.ts'
import type { CheckName } from '../../../proof/history/check.ts'
import type { Answer, LastCookie, Leftovers, Operation, Seen } from '../../../proof/history/event.ts'
import { honest } from './honest.ts'
import type { HonestHistory } from './honest.ts'

/** `undefined` where the history has no place for the harm. */
export type Plant = (from: HonestHistory) => HonestHistory | undefined

/** The check finds the harm wherever it is put. */
export function expectFound(name: CheckName, plant: Plant): void {
  fc.assert(
    fc.property(honest, (from) => {
      const harmed = plant(from)
      fc.pre(harmed !== undefined)
      const { verdicts, isClean } = check(harmed.history, harmed.leftovers)
      expect(verdicts[name].violations).not.toEqual([])
      expect(isClean).toBe(false)
    }),
    { numRuns: 100 },
  )
}

/** A request that saw the session. */
export interface Sight {
  readonly operation: Operation
  readonly answer: Answer
  readonly seen: Seen
}

export function sightsIn(history: readonly Operation[]): Sight[] {
  return history.flatMap((operation) => {
    const { answer } = operation
    return answer === undefined || answer.saw === 'new' ? [] : [{ operation, answer, seen: answer.saw }]
  })
}

/** The first that fits answers something else. */
export function otherAnswer(
  fits: (sight: Sight, history: readonly Operation[]) => boolean,
  other: (sight: Sight, history: readonly Operation[]) => Partial<Answer>,
): Plant {
  return ({ history, leftovers }) => {
    const chosen = sightsIn(history).find((sight) => fits(sight, history))
    if (chosen === undefined) return undefined
    const answer = { ...chosen.answer, ...other(chosen, history) }
    return { leftovers, history: history.map((one): Operation => (one === chosen.operation ? { ...chosen.operation, answer } : one)) }
  }
}

/** One more request after all others, which reads and sees the session as it was before `chosen`. */
export function seenAgain(chosen: (history: readonly Operation[]) => Sight | undefined): Plant {
  return ({ history, leftovers }) => {
    const before = chosen(history)
    if (before === undefined) return undefined
    const { session, cameBy } = before.operation
    const request = { name: 'again', process: 'again', session, cameBy, concurrency: 'readonly', kind: 'read' } as const
    const again: Operation = { ...request, invokedAt: 1e6, endedAt: 1e6 + 1, outcome: 'ok', answer: { saw: before.seen } }
    return { leftovers, history: [...history, again] }
  }
}

export function otherLeftovers(other: (from: HonestHistory) => Partial<Leftovers> | undefined): Plant {
  return (from) => {
    const changed = other(from)
    return changed && { history: from.history, leftovers: { ...from.leftovers, ...changed } }
  }
}

/** The last cookie of a session that is there finds something else. */
export function otherLastCookie(found: (seen: Seen) => LastCookie['found']): Plant {
  return otherLeftovers(({ history, leftovers: { cookies } }) => {
    const chosen = cookies.find(({ session, id }) => isLast(id, session, history))
    if (chosen === undefined || typeof chosen.found !== 'object') return undefined
    const end = found(chosen.found)
    return { cookies: cookies.map((cookie) => (cookie === chosen ? { ...cookie, found: end } : cookie)) }
  })
}

/** Nobody can have ended the session, or have given it another id. */
function isLast(id: string, session: string, history: readonly Operation[]): boolean {
  return !history.some(
    (one) =>
      one.session === session &&
      (one.kind === 'destroy' ||
        (one.kind === 'regenerate' && (one.outcome !== 'ok' || one.answer.servedUnder !== id || one.answer.cookie === undefined))),
  )
}
