import { SessionError } from '../session/errors.ts'
import { integerOption, knownFields, numberOption } from '../session/option-check.ts'
import type { Freshness } from '../session/session-state.ts'

/** How fresh a login must be. */
export interface FreshOptions {
  /** Seconds since the user last proved who they are, at most. Default: 900, a quarter of an hour. */
  readonly withinSeconds?: number | undefined
  /** The level of that proof, at least: see `Session.markAuthenticated`. Default: 1. */
  readonly level?: number | undefined
}

/** What a session answers to the question. */
export interface FreshSession {
  isFresh(wanted: Freshness): boolean
}

/**
 * Makes the check of a route that asks for a fresh login. It gives the error to refuse with, or `undefined`.
 * @throws {SessionError} `ERR_SESSION_CONFIG`.
 * @see OWASP ASVS 7.5.1, 7.5.3; NIST SP 800-63B-4, section 2.
 */
export function freshCheck(options: FreshOptions = {}): (session: FreshSession) => SessionError | undefined {
  knownFields('requireFresh', options, ['withinSeconds', 'level'])
  const withinSeconds = numberOption('requireFresh.withinSeconds', options.withinSeconds, 900, 'above', 0)
  const level = integerOption('requireFresh.level', options.level, 1, 1, 9)
  return (session) => (session.isFresh({ withinSeconds, level }) ? undefined : SessionError.notFresh())
}
