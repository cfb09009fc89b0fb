import { SessionError } from './errors.ts'
import type { Limits } from './lifetime.ts'
import { isPlainObject } from './plain.ts'

/** How long one session is to live. What is left out is as the manager's `lifetime` and `cookie` say. */
export interface SessionLifetime {
  /** Seconds without use after which it ends. */
  readonly idleSeconds?: number | undefined
  /** Seconds after which it ends however much it is used, counted from the login. */
  readonly absoluteSeconds?: number | undefined
  /** True: the browser keeps the cookie for as long as the session may lie unused. False: until it is closed. */
  readonly persistent?: boolean | undefined
}

/** What a manager gives a session that asks for nothing, and what one may ask for at most. */
export interface LifetimeBounds {
  readonly durations: Limits
  readonly longest: Limits
}

/** Browsers keep no cookie for longer. RFC 6265bis, section 5.5. */
export const LONGEST_COOKIE_SECONDS = 34_560_000

const FIELDS: readonly string[] = ['idleSeconds', 'absoluteSeconds', 'persistent']

/** @throws {SessionError} `ERR_SESSION_INVALID_ARGUMENT` for a field that is unknown, no number above 0, or beyond what the manager allows. */
export function checkLifetime(asked: SessionLifetime, { longest }: LifetimeBounds): void {
  const unknown = isPlainObject(asked) ? Object.keys(asked).find((field) => !FIELDS.includes(field)) : 'options'
  if (unknown !== undefined) throw refusal(`'${unknown}' is not known. Known are: ${FIELDS.join(', ')}.`)
  if (asked.persistent !== undefined && typeof asked.persistent !== 'boolean') throw refusal('persistent must be true or false.')
  checkSeconds('idleSeconds', asked.idleSeconds, longest.idleMs)
  checkSeconds('absoluteSeconds', asked.absoluteSeconds, longest.absoluteMs)
}

function checkSeconds(field: 'idleSeconds' | 'absoluteSeconds', seconds: unknown, mostMs = Infinity): void {
  if (seconds === undefined) return
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds <= 0) throw refusal(`${field} must be a number above 0.`)
  if (seconds * 1000 <= mostMs) return
  const option = field === 'idleSeconds' ? 'maxIdleSeconds' : 'maxAbsoluteSeconds'
  throw refusal(`${field} may be ${mostMs / 1000} at most. Raise the manager's option lifetime.${option} to allow more.`)
}

function refusal(problem: string): SessionError {
  return SessionError.invalidArgument('setLifetime', problem)
}

/** What a session asked for, as it was stored; the limits of today may be shorter. */
export function storedLifetime(stored: unknown): SessionLifetime | undefined {
  if (!isPlainObject(stored)) return undefined
  const { idleSeconds, absoluteSeconds, persistent } = stored
  return {
    idleSeconds: secondsIn(idleSeconds),
    absoluteSeconds: secondsIn(absoluteSeconds),
    persistent: typeof persistent === 'boolean' ? persistent : undefined,
  }
}

function secondsIn(stored: unknown): number | undefined {
  return typeof stored === 'number' && stored > 0 ? stored : undefined
}

/** How long a session lives that asked for this. */
export function limitsOf(own: SessionLifetime | undefined, { durations, longest }: LifetimeBounds): Limits {
  if (own === undefined) return durations
  const { idleSeconds, absoluteSeconds } = own
  const absoluteMs = absoluteSeconds === undefined ? durations.absoluteMs : Math.min(1000 * absoluteSeconds, longest.absoluteMs ?? Infinity)
  return { idleMs: idleSeconds === undefined ? durations.idleMs : Math.min(1000 * idleSeconds, longest.idleMs), absoluteMs }
}

/** How long the browser is to keep the cookie of such a session, in seconds; 0 for until it is closed, `undefined` for as the manager says. */
export function cookieSecondsOf(own: SessionLifetime | undefined, { idleMs, absoluteMs = Infinity }: Limits): number | undefined {
  if (own?.persistent === undefined) return undefined
  return own.persistent ? Math.min(Math.ceil(Math.min(idleMs, absoluteMs) / 1000), LONGEST_COOKIE_SECONDS) : 0
}
