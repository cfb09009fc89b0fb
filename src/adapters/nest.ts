/**
 * Sessions for NestJS 11 and 12, on Express and on Fastify: a module, a decorator for parameters, and guards.
 * @module
 */
import { MethodNotAllowedException } from '@nestjs/common'
import type { CanActivate, NestInterceptor } from '@nestjs/common'
import type { CsrfOptions } from '../http/csrf-options.ts'
import type { FreshOptions } from '../http/fresh.ts'
import { logoutWords } from '../http/logout.ts'
import type { LogoutOptions } from '../http/logout.ts'
import type { OwnPagesOptions } from '../http/own-pages.ts'
import { guardOf } from './nest/guard.ts'
import { exchangeOf, openedIn } from './nest/http-context.ts'
import { csrfStep } from './node/csrf-middleware.ts'
import { requireFresh as nodeRequireFresh } from './node/fresh-middleware.ts'
import { ownPages as nodeOwnPages } from './node/own-pages-middleware.ts'

export { SessionModule, sessionManagerToken } from './nest/session-module.ts'
export type { NestRequest, SessionModuleAsyncOptions, SessionModuleOptions, SessionModuleSettings } from './nest/options.ts'
export { Session } from './nest/session-decorator.ts'
export { SessionException } from './nest/exception.ts'
export type { SessionOpener } from './node/passage.ts'
export type { CsrfOptions } from '../http/csrf-options.ts'
export type { LogoutOptions, SiteData } from '../http/logout.ts'
export type { FreshOptions } from '../http/fresh.ts'
export type { OwnPagesOptions } from '../http/own-pages.ts'
export type { TrustProxy, TrustedProxies } from '../http/trust-proxy.ts'
export { csrfField, csrfMeta, csrfToken } from '../http/csrf-words.ts'

/**
 * A guard that refuses requests that change state and do not prove that they come from the application's own pages: `app.useGlobalGuards(csrf())`. Exception filters get a
 * `SessionException` with status 403, whose `cause` is a `CsrfError`. Forms with files are parsed behind guards: they need the token in a header.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 * @see OWASP Cross-Site Request Forgery Prevention Cheat Sheet.
 */
export function csrf(options: CsrfOptions = {}): CanActivate {
  const check = csrfStep(options)
  return guardOf('csrf', ({ request, response, body }, next) => check(request, response, body, next), true)
}

/**
 * A guard that refuses requests whose user has not proved lately who they are: `@UseGuards(requireFresh())`, before a change of password or address. Exception filters get
 * a `SessionException` with status 403, whose `cause` is `ERR_SESSION_NOT_FRESH`, and may lead to the login.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 * @see OWASP ASVS 7.5.1.
 */
export function requireFresh(options: FreshOptions = {}): CanActivate {
  const check = nodeRequireFresh(options)
  return guardOf('requireFresh', ({ request, response }, next) => check(request, response, next))
}

/**
 * A guard that refuses to be loaded by pages of other sites, as a script, an image, a frame or by fetch; a visitor who follows a link is let in. It goes before what a
 * logged-in user sees. Exception filters get a `SessionException` with status 403, whose `cause` is `ERR_SESSION_SECURITY_VALIDATION_FAILED`.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 * @see OWASP ASVS 3.5.8; W3C Fetch Metadata.
 */
export function ownPages(options: OwnPagesOptions = {}): CanActivate {
  const check = nodeOwnPages(options)
  return guardOf('ownPages', ({ request, response }, next) => check(request, response, next))
}

/**
 * An interceptor that ends the session, and answers: `@UseInterceptors(logout({ redirect: '/' }))` on a `@Post('logout')`. The method itself runs when the session has ended.
 * Only a POST logs out; for anything else exception filters get a `MethodNotAllowedException`.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 * @see OWASP ASVS 7.4.4, 14.3.1.
 */
export function logout(options: LogoutOptions = {}): NestInterceptor {
  const wordsFor = logoutWords(options)
  return {
    async intercept(context, next) {
      const exchange = exchangeOf(context, 'logout')
      const { session } = openedIn(exchange, 'logout')
      const { status, headers } = wordsFor(exchange.request.method)
      for (const [name, value] of Object.entries(headers)) exchange.reply.header(name, value)
      if (status === 405) throw new MethodNotAllowedException()
      await session.destroy()
      exchange.reply.status(status)
      return next.handle()
    },
  }
}
