import type { RequestEvent } from '@sveltejs/kit'
import { SessionError } from '../../session/errors.ts'
import { shown } from '../../session/option-check.ts'
import { isPrerendering } from './shapes.ts'

/** For which routes a guard stands. */
export interface GuardedRoutes {
  /**
   * Ids of routes, as `event.route.id` has them: `/account` is that route and all below it, `/(app)` a group. Default: all. Routes, and not paths, since one path can be
   * spelled in many ways. A remote function belongs to none: it asks `locals.session` itself.
   */
  readonly routes?: readonly string[]
}

/**
 * Says whether a guard stands before a request. While the application is built there is nobody to be refused.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for what is no list of route ids.
 */
export function guardOf(guard: string, routes: GuardedRoutes['routes']): (event: RequestEvent) => boolean {
  if (routes === undefined) return () => !isPrerendering()
  const wrong: unknown = Array.isArray(routes) ? routes.find((id: unknown) => typeof id !== 'string' || !id.startsWith('/')) : routes
  if (wrong !== undefined) throw SessionError.config(`${guard}.routes`, `must list ids of routes, such as '/account', not ${shown(wrong)}.`)
  return ({ route: { id }, isRemoteRequest }) => {
    if (id === null || isRemoteRequest || isPrerendering()) return false
    return routes.some((guarded) => id === guarded || id.startsWith(`${guarded}/`))
  }
}
