// Looks for an order in which steps could have happened one after the other: the search of Wing and Gong, with Lowe's memory of what has been tried.
import { after, BEFORE } from './session-model.ts'
import type { SessionState, Step } from './session-model.ts'

/** What a search came to. */
export type Found = 'order' | 'no order' | 'too long'

/** A place that the search has come to: these steps are done (a bit each), and so the session is. */
interface Place {
  readonly done: bigint
  readonly state: SessionState
}

export interface SearchOptions {
  /** What the session is before all steps. Default: not there yet. */
  readonly start?: SessionState
  readonly mostPlaces?: number
}

const MOST_PLACES = 100_000

/**
 * Exact: `order` where the steps fit one, `no order` where they fit none, `too long` where more than `mostPlaces` had to be looked at.
 * @param steps in the order of their `from`.
 */
export function search(steps: readonly Step[], { start = BEFORE, mostPlaces = MOST_PLACES }: SearchOptions = {}): Found {
  const known = new Set<string>()
  const open: Place[] = [{ done: 0n, state: start }]
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    const next = nextPlaces(place, steps)
    if (next === 'all done') return 'order'
    for (const one of next) {
      const name = nameOf(one)
      if (known.has(name)) continue
      if (known.size >= mostPlaces) return 'too long'
      known.add(name)
      open.push(one)
    }
  }
  return 'no order'
}

function nameOf({ done, state: { life, value, counter } }: Place): string {
  return `${done.toString(36)} ${life} ${value} ${counter}`
}

/** Where one more step leads. A step that may come next and changes nothing is taken at once: whatever order there is, there is one with it here. */
function nextPlaces({ done, state }: Place, steps: readonly Step[]): readonly Place[] | 'all done' {
  const candidates = candidatesOf(done, steps)
  if (candidates === 'all done') return 'all done'
  const places: Place[] = []
  for (const index of candidates) {
    const step = steps[index]
    const state2 = step && after(step, state)
    if (step === undefined || state2 === undefined) continue
    const place = { done: done | (1n << BigInt(index)), state: state2 }
    if (step.isCertain && step.effect.kind === 'none') return [place]
    places.push(place)
  }
  return places
}

/** The steps that may come next: all that began before any that is left, and is certain, was over. */
function candidatesOf(done: bigint, steps: readonly Step[]): readonly number[] | 'all done' {
  const left: number[] = []
  let firstEnd = Infinity
  let isCertainLeft = false
  for (const [index, { from, to, isCertain }] of steps.entries()) {
    if (from > firstEnd) break
    if ((done >> BigInt(index)) & 1n) continue
    left.push(index)
    if (!isCertain) continue
    isCertainLeft = true
    firstEnd = Math.min(firstEnd, to)
  }
  if (!isCertainLeft) return 'all done'
  // Of steps that nobody is sure of and that do the same the first is as good as any.
  return left.filter((index, at) => !left.slice(0, at).some((earlier) => isSame(steps[earlier], steps[index])))
}

function isSame(one: Step | undefined, other: Step | undefined): boolean {
  if (one === undefined || other === undefined || one.isCertain || other.isCertain) return false
  if (one.finds !== undefined || other.finds !== undefined || one.effect.kind !== other.effect.kind) return false
  return one.effect.kind !== 'write' || (other.effect.kind === 'write' && one.effect.value === other.effect.value)
}
