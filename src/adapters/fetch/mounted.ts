import type { OpenSession } from '../../manager/open-session.ts'
import { SessionError } from '../../session/errors.ts'
import { unheeded } from '../ignored-option.ts'
import { linesOf } from './response.ts'
import type { CookieLines } from './response.ts'

// Where what stands further in finds the open session: beside it, under a name that no application can meet by chance.
export const kMounted: unique symbol = Symbol('holdfast: open session')

/** The sessions of one request, the innermost first; `'none'` where `session` let it pass without one. */
export type Mounted = MountedSession | 'none'

export interface MountedSession {
  readonly open: OpenSession<object>
  /** What opened it. */
  readonly door: Door
  readonly outer: MountedSession | undefined
  /** The cookies of all sessions of the request that have ended. The answer to the failure of one further out has them too. */
  readonly told: string[]
}

/** A mounted `session()`, as far as another one asks. */
export interface Door {
  readonly manager: object
  /** Under which name its session is found. */
  readonly as: string
  /** What it was told. */
  readonly options: object
}

/** What is handed from layer to layer: a context of our own, or a framework's. */
export interface Carrier {
  [kMounted]?: Mounted
}

/** Notes on a framework's context that a session is open, or that the request passes without one. */
export function mount<Data extends object>(carrier: object & Carrier, door: Door, open: OpenSession<Data> | undefined): void
export function mount(carrier: object & Carrier, door: Door, open: OpenSession<object> | undefined): void {
  const outer = innermost(carrier)
  if (open !== undefined) carrier[kMounted] = { open, door, outer, told: outer?.told ?? [] }
  else if (outer === undefined) carrier[kMounted] = 'none'
}

/** Notes the cookies of a session of the request that has ended, and gives those of all that have. */
export function tell(carrier: object & Carrier, lines: CookieLines): readonly string[] {
  const told = innermost(carrier)?.told ?? []
  told.push(...linesOf(lines))
  return told
}

export function innermost(carrier: object & Carrier): MountedSession | undefined {
  const mounted = carrier[kMounted]
  return mounted === 'none' ? undefined : mounted
}

/** The session that was opened first, which is the one that `csrf` and the like look at, or whether there is meant to be none. */
export function firstOpen(carrier: object & Carrier): OpenSession<object> | 'none' | undefined {
  let one = innermost(carrier)
  while (one?.outer !== undefined) one = one.outer
  return one?.open ?? (carrier[kMounted] === 'none' ? 'none' : undefined)
}

/**
 * Whether this manager's session is open already: then `session` has nothing to do.
 * @throws {SessionError} `ERR_SESSION_CONFIG` where another manager's session has the name, or this one was opened by other options.
 */
export function isMounted(carrier: object & Carrier, { manager, as, options }: Door): boolean {
  for (let one = innermost(carrier); one !== undefined; one = one.outer) {
    const { door } = one
    if (door.manager === manager && door.as === as) {
      const ignored = unheeded(door.options, options)
      if (ignored !== undefined) throw ignored
      return true
    }
    if (door.manager === manager || door.as === as) {
      throw SessionError.config(
        'session.as',
        `'${as}' is taken, or its manager has another name already. Give each manager one name of its own.`,
      )
    }
  }
  return false
}

/** @throws {SessionError} `ERR_SESSION_CONFIG` where there is no session. */
export function assertOpen(found: OpenSession<object> | 'none' | undefined, layer: string): OpenSession<object> {
  if (found !== undefined && found !== 'none') return found
  throw SessionError.config(layer, `there is no session in this request. Put ${layer}() inside session().`)
}
