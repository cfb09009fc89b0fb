import type { RequestEvent } from '@sveltejs/kit'
import { SessionError } from '../../session/errors.ts'
import { shown } from '../../session/option-check.ts'
import { isPrerendering } from './shapes.ts'

/** For which routes a guard stands. */
export interface GuardedRoutes {
  /**
   * Ids of routes, as `event.route.id` has them: `/account` is that route and all below it, `/(app)` a group, `/` all routes. Default: all. Routes, and not paths, since one path can be
   * spelled in many ways. A remote function belongs to none: it asks `locals.session` itself.
   */
  readonly routes?: readonly string[] | undefined
}

/**
 * Says whether a guard stands before a request. While the application is built there is nobody to be refused.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for what is no list of route ids.
 */
export function guardOf(guard: string, routes: GuardedRoutes['routes']): (event: RequestEvent) => boolean {
  if (routes === undefined) return () => !isPrerendering()
  if (!Array.isArray(routes)) throw notIds(guard, shown(routes))
  const wrong = routes.findIndex((id: unknown) => !isRouteId(id))
  if (routes.length === 0 || wrong !== -1) throw notIds(guard, routes.length === 0 ? 'an empty list' : shown(routes[wrong]))
  return ({ route: { id }, isRemoteRequest }) => {
    if (id === null || isRemoteRequest || isPrerendering()) return false
    return routes.some((guarded) => guarded === '/' || id === guarded || id.startsWith(`${guarded}/`))
  }
}

function notIds(guard: string, given: string): SessionError {
  return SessionError.config(`${guard}.routes`, `must list ids of routes, such as '/account', not ${given}.`)
}

// No id but `/` ends in a slash: one that does would guard nothing, and nobody would be told.
function isRouteId(id: unknown): boolean {
  return typeof id === 'string' && (id === '/' || (id.startsWith('/') && !id.endsWith('/')))
}
