import fc from 'fast-check'
import { expect } from 'vitest'
import type { OpenSession } from '../../../src/manager/open-session.ts'
import { AttributeBag } from '../../../src/session/attribute-bag.ts'
import { isSessionError } from '../../../src/session/errors.ts'
import type { Session } from '../../../src/session/session.ts'

export type Operation =
  | { readonly do: 'set'; readonly key: string; readonly value: unknown }
  | { readonly do: 'forget' | 'pull'; readonly key: string }
  | { readonly do: 'increment'; readonly key: string; readonly by: number }
  | { readonly do: 'flash' | 'keep'; readonly key: string; readonly value: number }

/** One request, and when it reads and when it stores among the others. */
export interface Request {
  readonly operations: readonly Operation[]
  readonly readAt: number
  readonly storeAt: number
  readonly processNumber: number
}

type Attributes = AttributeBag

// Keys that never get into each other's way: whatever the order, nothing can conflict.
export const calm = fc.oneof(
  fc.record({ do: fc.constant('set' as const), key: fc.constantFrom('a', 'b', 'branch.x', 'branch.y.z'), value: fc.integer() }),
  fc.record({ do: fc.constant('forget' as const), key: fc.constantFrom('a', 'b', 'branch.x') }),
  fc.record({ do: fc.constant('increment' as const), key: fc.constantFrom('n', 'branch.count'), by: fc.integer({ min: -5, max: 5 }) }),
  fc.record({
    do: fc.constantFrom('flash' as const, 'keep' as const),
    key: fc.constantFrom('ok', 'no'),
    value: fc.integer({ min: 0, max: 3 }),
  }),
)
const wildValue = fc.oneof(fc.integer({ min: 0, max: 2 }), fc.constant([1, 2]), fc.constant({ x: 1 }), fc.constant(null))
const wildKey = fc.constantFrom('a', 'a.x', 'a.x.y', 'a.0', 'a.2', 'b', 'n')
export const wild = fc.oneof(
  fc.record({ do: fc.constant('set' as const), key: wildKey, value: wildValue }),
  fc.record({ do: fc.constantFrom('forget' as const, 'pull' as const), key: wildKey }),
  fc.record({ do: fc.constant('increment' as const), key: fc.constantFrom('n', 'a.x'), by: fc.constant(1) }),
  calm,
)

export function requestsOf(operation: fc.Arbitrary<Operation>): fc.Arbitrary<Request[]> {
  const at = fc.integer({ min: 0, max: 50 })
  const request = fc.record({
    operations: fc.array(operation, { maxLength: 5 }),
    readAt: at,
    storeAt: at,
    processNumber: fc.integer({ min: 0, max: 1 }),
  })
  return fc.array(request, { minLength: 1, maxLength: 6 })
}

/** Does an operation, and answers what it gave. What it cannot be done on stays as it is. */
function perform(bag: Attributes, operation: Operation): unknown {
  try {
    if (operation.do === 'set') bag.set(operation.key, structuredClone(operation.value))
    if (operation.do === 'forget') bag.forget(operation.key)
    if (operation.do === 'pull') return bag.pull(operation.key)
    if (operation.do === 'increment') bag.increment(operation.key, operation.by)
  } catch (error) {
    if (!isSessionError(error)) throw error
    return 'refused'
  }
  return undefined
}

export interface Running {
  readonly request: Request
  readonly open: OpenSession
  readonly seen: Record<string, unknown>
  readonly given: readonly unknown[]
}

export function handle(session: Session, operations: readonly Operation[]): unknown[] {
  return operations.map((operation) => {
    if (operation.do === 'flash') return session.flash(operation.key, operation.value)
    if (operation.do === 'keep') return session.keep(operation.key)
    return structuredClone(perform(session.attributes, operation))
  })
}

/** What the store must hold: the requests that were stored, one after the other. */
export class Model {
  readonly attributes: Attributes = new AttributeBag()
  readonly flash = new Map<string, unknown>()

  store({ request, seen, given }: Running): void {
    for (const [key, value] of Object.entries(seen)) if (this.flash.get(key) === value) this.#shown.set(key, value)
    for (const key of this.#shown.keys()) this.flash.delete(key)
    request.operations.forEach((operation, index) => {
      if (operation.do === 'flash') this.flash.set(operation.key, operation.value)
      else if (operation.do === 'keep') this.#keep(operation.key)
      else if (operation.do === 'pull' && given[index] === undefined) return // It took nothing, as a `get` does.
      else if (given[index] !== 'refused') {
        const now = perform(this.attributes, operation)
        // What a request was given it was given in truth.
        if (operation.do === 'pull') expect(now).toEqual(given[index])
        expect(now).not.toBe('refused')
      }
    })
    this.#shown.clear()
  }

  /** The same, to be tried on. */
  copy(): Model {
    const copy = new Model()
    copy.attributes.initialize(structuredClone(this.attributes.all()))
    for (const [key, value] of this.flash) copy.flash.set(key, value)
    return copy
  }

  readonly #shown = new Map<string, unknown>()

  #keep(key: string): void {
    if (this.#shown.has(key) && !this.flash.has(key)) this.flash.set(key, this.#shown.get(key))
  }
}
