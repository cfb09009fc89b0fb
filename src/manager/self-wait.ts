import { SessionError, SessionLockError } from '../session/errors.ts'
import type { StoreKey } from '../session/id.ts'
import { isObject } from '../session/plain.ts'
import { builtin } from '../session/runtime.ts'

/** One that holds a lock while it runs a handler. */
export interface Holder {
  readonly session: object
  /** Whose session it is, to be compared. */
  readonly manager: object
  /** The key whose lock it holds now; `undefined` when it holds none. */
  readonly heldKey: StoreKey | undefined
  /** The end of its request was asked for: what it still holds goes back, whatever its handler waits for. */
  readonly isEnding: boolean
}

interface Scope {
  readonly holder: Holder
  readonly outer: Scope | undefined
}

interface Storage {
  run<Result>(scope: Scope, handler: () => Result): Result
  getStore(): Scope | undefined
}

// Shared by all managers, since a request can hold sessions of several, and by all copies of this file: bundlers make some for one application.
const kContexts = Symbol.for('holdfast: contexts 1')
// Made when this file is loaded: Node sets up what carries contexts when the first is made, and where its hot functions have run before that, each request pays
// for it with as much time as all the rest of an open session takes.
const contexts = theStorage()

function theStorage(): Storage | undefined {
  const hooks = builtin('node:async_hooks')
  const Constructor: unknown = hooks === undefined ? undefined : Reflect.get(hooks, 'AsyncLocalStorage')
  if (typeof Constructor !== 'function') return undefined
  const there: unknown = Reflect.get(globalThis, kContexts)
  const shared: unknown = there ?? Reflect.construct(Constructor, [])
  if (!isStorage(shared)) return undefined
  if (there === undefined) Object.defineProperty(globalThis, kContexts, { value: shared })
  return shared
}

function isStorage(made: unknown): made is Storage {
  return isObject(made) && 'run' in made && 'getStore' in made
}

/** Runs a handler so that `assertNotHeldHere` knows, in it and in all that it awaits, what the holder holds. */
export function runHolding<Result>(holder: Holder, handler: () => Result): Result {
  return contexts === undefined ? handler() : contexts.run({ holder, outer: firstOpen(contexts.getStore()) }, handler)
}

// A job that starts the next one from inside would otherwise keep all that were before it.
function firstOpen(scope: Scope | undefined): Scope | undefined {
  let open = scope
  while (open?.holder.isEnding === true) open = open.outer
  return open
}

/** @throws {SessionLockError} `ERR_SESSION_LOCK_SELF` when the code that runs now is inside a handler that holds this lock. */
export function assertNotHeldHere(key: StoreKey): void {
  for (let scope = contexts?.getStore(); scope !== undefined; scope = scope.outer) {
    if (!scope.holder.isEnding && scope.holder.heldKey === key) throw SessionLockError.self(key)
  }
}

/**
 * The innermost handler that the code that runs now is inside of and that has not ended: of any manager, or of this one.
 * @throws {SessionError} `ERR_SESSION_CONFIG` where the runtime cannot tell.
 */
export function holderHere(manager?: object): Holder | undefined {
  if (contexts === undefined) {
    throw SessionError.config('currentSession', 'needs AsyncLocalStorage, which this runtime does not have. Hand the session over instead.')
  }
  let scope = contexts.getStore()
  // What goes on after the end of its request, such as a pool that was made in it, would serve others with this visitor's session.
  while (scope !== undefined && (scope.holder.isEnding || (manager ?? scope.holder.manager) !== scope.holder.manager)) scope = scope.outer
  return scope?.holder
}
