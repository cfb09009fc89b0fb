import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { search } from '../../../proof/history/search.ts'
import { after, BEFORE } from '../../../proof/history/session-model.ts'
import type { Effect, SessionState, Step } from '../../../proof/history/session-model.ts'

const effect: fc.Arbitrary<Effect> = fc.oneof(
  { weight: 2, arbitrary: fc.constant<Effect>({ kind: 'create' }) },
  { weight: 3, arbitrary: fc.constant<Effect>({ kind: 'increment' }) },
  { weight: 2, arbitrary: fc.nat(1).map((value): Effect => ({ kind: 'write', value })) },
  { weight: 1, arbitrary: fc.constant<Effect>({ kind: 'end' }) },
  { weight: 3, arbitrary: fc.constant<Effect>({ kind: 'none' }) },
)

const seen = fc
  .record({ value: fc.constantFrom(undefined, 0, 1), counter: fc.nat(2) })
  .map(({ value, counter }) => ({ mark: 's', value, counter, twin: counter }))

const step: fc.Arbitrary<Step> = fc
  .record({
    from: fc.nat(12),
    lasts: fc.nat(8),
    isCertain: fc.integer({ min: 0, max: 3 }),
    finds: fc.oneof(fc.constant(undefined), fc.constant<'new'>('new'), seen),
    effect,
  })
  .map(({ lasts, isCertain, ...one }) => ({ ...one, to: one.from + lasts, isCertain: isCertain > 0 }))

const START: SessionState = { life: 'alive', value: undefined, counter: 0 }

const steps = fc.array(step, { maxLength: 6 }).map((some) => some.toSorted((one, other) => one.from - other.from))

/** Every order of every choice of steps that has all certain ones. */
function fitsAnyOrder(left: readonly Step[], state: SessionState): boolean {
  if (left.every(({ isCertain }) => !isCertain)) return true
  return left.some((next) => {
    const rest = left.filter((one) => one !== next)
    if (rest.some(({ isCertain, to }) => isCertain && to < next.from)) return false
    const state2 = after(next, state)
    return state2 !== undefined && fitsAnyOrder(rest, state2)
  })
}

describe('search', () => {
  it('says the same as trying every order, of a session that is made meanwhile', () => {
    fc.assert(
      fc.property(steps, (some) => {
        expect(search(some)).toBe(fitsAnyOrder(some, BEFORE) ? 'order' : 'no order')
      }),
      { numRuns: 2000 },
    )
  })

  it('says the same as trying every order, of a session that is there', () => {
    const tally = { order: 0, 'no order': 0, 'too long': 0 }
    fc.assert(
      fc.property(steps, (some) => {
        const found = search(some, { start: START })
        expect(found).toBe(fitsAnyOrder(some, START) ? 'order' : 'no order')
        tally[found] += 1
      }),
      { numRuns: 2000 },
    )
    expect(tally.order).toBeGreaterThan(200)
    expect(tally['no order']).toBeGreaterThan(200)
  })

  it('says that it does not know where there is too much to try', () => {
    const writes = Array.from({ length: 10 }, (_, value): Step => ({
      from: 0,
      to: 1,
      isCertain: true,
      finds: undefined,
      effect: { kind: 'write', value },
    }))
    const sight: Step = { from: 2, to: 3, isCertain: true, finds: { mark: 's', value: 99, counter: 0, twin: 0 }, effect: { kind: 'none' } }
    expect(search([...writes, sight], { start: START, mostPlaces: 1000 })).toBe('too long')
    expect(search([...writes, sight], { start: START })).toBe('no order')
  })

  it('decides on a thousand increments of which a tenth is unknown', () => {
    const many = Array.from({ length: 1000 }, (_, at): Step => ({
      from: at,
      to: at + 4,
      isCertain: at % 10 !== 0,
      finds: undefined,
      effect: { kind: 'increment' },
    }))
    const sight = (counter: number): Step => ({
      from: 2000,
      to: 2001,
      isCertain: true,
      finds: { mark: 's', value: undefined, counter, twin: counter },
      effect: { kind: 'none' },
    })
    expect(search([...many, sight(950)], { start: START, mostPlaces: 1_000_000 })).toBe('order')
  })
})
