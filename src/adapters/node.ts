/**
 * Sessions for `node:http` and what stands on it: HTTP/1.1 and the compatibility API of HTTP/2, connect, Express.
 * @module
 */
export { session } from './node/session-middleware.ts'
export type { SessionMiddleware } from './node/session-middleware.ts'
export type { SessionOptions } from './node/session-options.ts'
export type { Next, SessionOpener } from './node/passage.ts'
export { logout } from './node/logout-handler.ts'
export type { LogoutHandler } from './node/logout-handler.ts'
export type { LogoutOptions, SiteData } from '../http/logout.ts'
export { requireFresh } from './node/fresh-middleware.ts'
export type { FreshMiddleware } from './node/fresh-middleware.ts'
export type { FreshOptions } from '../http/fresh.ts'
export type { TrustProxy, TrustedProxies } from '../http/trust-proxy.ts'
export { csrf } from './node/csrf-middleware.ts'
export type { CsrfMiddleware, ParsedRequest } from './node/csrf-middleware.ts'
export type { HelpfulSession, OpenedSession } from './node/hold-state.ts'
export type { SessionLocals } from './node/locals.ts'
export type { NodeRequest } from './node/response.ts'
export type { CsrfOptions } from '../http/csrf-options.ts'
export { csrfField, csrfMeta, csrfToken } from '../http/csrf-words.ts'
