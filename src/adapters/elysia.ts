/**
 * Sessions for Elysia 1.4, on Bun and wherever else it runs.
 * @module
 */
import { Elysia } from 'elysia'
import type { AnyElysia } from 'elysia'
import type { CsrfOptions } from '../http/csrf-options.ts'
import { freshCheck } from '../http/fresh.ts'
import type { FreshOptions } from '../http/fresh.ts'
import { logoutWords } from '../http/logout.ts'
import type { LogoutOptions } from '../http/logout.ts'
import { OWN_PAGES_VARY, ownPagesCheck } from '../http/own-pages.ts'
import type { OwnPagesOptions } from '../http/own-pages.ts'
import type { SessionManager } from '../manager/session-manager.ts'
import type { DefaultData } from '../session/path-types.ts'
import type { Session } from '../session/session.ts'
import { passageOf } from './elysia/passage.ts'
import { guarded, guardedSession, newPlugin, noteError, refusal, sessionFor } from './elysia/plugin.ts'
import { serveWith } from './elysia/serve.ts'
import { CsrfDoor } from './fetch/csrf-door.ts'
import { innermost, kMounted } from './fetch/mounted.ts'
import { withHeader } from './fetch/response.ts'
import { SessionDoor } from './fetch/session-door.ts'
import type { RequestSessionOptions } from './fetch/session-door.ts'

export type { CsrfOptions } from '../http/csrf-options.ts'
export type { LogoutOptions, SiteData } from '../http/logout.ts'
export type { FreshOptions } from '../http/fresh.ts'
export type { OwnPagesOptions } from '../http/own-pages.ts'
export type { TrustProxy, TrustedProxies } from '../http/trust-proxy.ts'
export { csrfField, csrfMeta, csrfToken } from '../http/csrf-words.ts'
export { ElysiaSessionError } from './elysia/passage.ts'

/** How requests get their sessions. Functions are given the request: Bun's server tells its address, `app.server?.requestIP(request)?.address`. */
export type ElysiaSessionOptions<As extends string = 'session'> = RequestSessionOptions<Request, As>

/** What `session` adds to an application: a session on each context. */
export type SessionPlugin<Data extends object = DefaultData, As extends string = 'session'> = Elysia<
  '',
  { decorator: { readonly [Name in As]: Session<Data> }; store: {}; derive: {}; resolve: {} }
>

/** What a guard is given: enough of Elysia's context for what stands before a route. */
export interface ElysiaGuardContext {
  readonly request: Request
  readonly set: { readonly headers: Record<string, string | number> }
}

/**
 * Gives each request its session, as `session` on the context, and stores it before the first byte of the response.
 *
 * It is for the whole application, with a route or without. Nothing is stored when the answer is a 500 or more, whether it was given or is that of an
 * error. When the session cannot be opened or stored, the application's `onError` gets an `ElysiaSessionError` with the code of the `SessionError`, which
 * is its `cause`; what the handler had set for the response is gone by then.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 */
export function session<Data extends object = DefaultData, As extends string = 'session'>(
  manager: SessionManager<Data>,
  options: ElysiaSessionOptions<As> = {},
): SessionPlugin<Data, As> {
  const door = new SessionDoor<Data, Request>(manager, options)
  const { as } = door
  // Elysia reads the text of hooks to find out what they use: a context that is handed on whole would have its body read.
  const hook = (context: Record<string, unknown> & ElysiaGuardContext): void => {
    context[as] = sessionFor(context.request, as, context.set)
  }
  const plugin = newPlugin('session')
    .wrap((application) => serveWith(door, application))
    .onRequest(hook)
    .onError({ as: 'global' }, ({ request, error }) => {
      noteError(request, error)
    })
  return typed<Data, As>(plugin)
}

/**
 * Refuses requests that change state and do not prove that they come from the application's own pages. Use it after `session()`. A refusal is an
 * `ElysiaSessionError` of 403 whose `cause` is a `CsrfError`. So is that of a WebSocket that another site's page wants to open.
 *
 * Forms are read through a clone of the request, up to 100,000 bytes; larger ones and other bodies need the token in a header.
 * The token is that of the session that was used first, where there are several (`as`).
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 * @see OWASP Cross-Site Request Forgery Prevention Cheat Sheet.
 */
export function csrf(options: CsrfOptions = {}): Elysia {
  const door = new CsrfDoor(options)
  return newPlugin('csrf').onRequest(async ({ request, set }) => {
    const passage = passageOf(request)
    const found = passage && (innermost(passage)?.open ?? (passage[kMounted] === 'none' ? 'none' : undefined))
    try {
      const letIn = await door.letIn({ request, url: new URL(request.url), found })
      passage?.completions.push((response) => door.complete(response, letIn))
    } catch (error) {
      throw refusal(request, set, error)
    }
  })
}

/**
 * Refuses requests whose user has not proved lately who they are: `{ beforeHandle: requireFresh() }` on a route, a guard or a group. A refusal is an
 * `ElysiaSessionError` of 403 whose `cause` is `ERR_SESSION_NOT_FRESH`.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 * @see OWASP ASVS 7.5.1.
 */
export function requireFresh(options: FreshOptions = {}): (context: ElysiaGuardContext) => void {
  const check = freshCheck(options)
  return ({ request, set }) => {
    guarded(request, set, () => {
      const open = guardedSession(request, 'requireFresh')
      const error = check(open.session)
      if (error === undefined) return
      open.refused('not-fresh', error)
      throw error
    })
  }
}

/**
 * Refuses to be loaded by pages of other sites, as a script, an image, a frame or by fetch; a visitor who follows a link is let in:
 * `{ beforeHandle: ownPages() }` on what a logged-in user sees. A refusal is an `ElysiaSessionError` of 403 whose `cause` is
 * `ERR_SESSION_SECURITY_VALIDATION_FAILED`.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 * @see OWASP ASVS 3.5.8; W3C Fetch Metadata.
 */
export function ownPages(options: OwnPagesOptions = {}): (context: ElysiaGuardContext) => void {
  const check = ownPagesCheck(options)
  return ({ request, set }) => {
    guarded(request, set, () => {
      const open = guardedSession(request, 'ownPages')
      const error = check({ method: request.method, header: (name) => request.headers.get(name) ?? undefined })
      if (error === undefined) {
        passageOf(request)?.completions.push((response) => withHeader(response, 'vary', OWN_PAGES_VARY))
        return
      }
      open.refused('cross-site', error)
      throw error
    })
  }
}

/**
 * Ends the session, and answers: `app.post('/logout', logout({ redirect: '/' }))`, behind `session()` and `csrf()`. Only a POST logs out.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 * @see OWASP ASVS 7.4.4, 14.3.1.
 */
export function logout(options: LogoutOptions = {}): (context: ElysiaGuardContext) => Promise<Response> {
  const wordsFor = logoutWords(options)
  return async ({ request, set }) => {
    const open = guarded(request, set, () => guardedSession(request, 'logout'))
    const { status, headers } = wordsFor(request.method)
    if (status !== 405) await open.session.destroy()
    return new Response(null, { status, headers })
  }
}

/** The plugin with the types of what its hook adds. */
function typed<Data extends object, As extends string>(plugin: AnyElysia): SessionPlugin<Data, As> {
  if (!addsSession<Data, As>(plugin)) throw new TypeError('not a plugin')
  return plugin
}

function addsSession<Data extends object, As extends string>(plugin: AnyElysia): plugin is SessionPlugin<Data, As> {
  return plugin instanceof Elysia
}
