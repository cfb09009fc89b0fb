/**
 * Takes visitors over from express-session and iron-session without logging anyone out.
 * @module
 */
import type { MoveIn } from '../manager/move-in.ts'
import { SessionError } from '../session/errors.ts'
import { knownFields, shown } from '../session/option-check.ts'
import { isObject } from '../session/plain.ts'
import { Mover } from './mover.ts'
import { LONGEST_WAY_BACK_MS } from './revocations.ts'
import type { OldSource } from './old-session.ts'

export type { MoveIn } from '../manager/move-in.ts'
export type { OldCookiePlace } from './clearing.ts'
export { connectSid } from './connect-sid.ts'
export type { ConnectSidOptions } from './connect-sid.ts'
export type { ConnectStore } from './connect-shelf.ts'
export { ironSession } from './iron-session.ts'
export type { IronSessionOptions } from './iron-session.ts'
export type { MappingOptions, OldContents, OldSession, OldShelf, OldSource } from './old-session.ts'

/** How visitors move in. */
export interface MoveInOptions {
  /**
   * Until when the old application can come back. Until then old sessions stay, are kept up to date as far as they have a store, and a logout on either side is one on
   * both; each request of a session that moved in asks the old store too. From then on, and by default at once, they end with the first request that brings their cookie.
   */
  readonly keepOldUntil?: Date | undefined
}

/**
 * Takes visitors over who bring the cookie of another library and none of ours: `new SessionManager({ driver, moveIn: moveInFrom([connectSid({ store, secrets })]) })`.
 * Each gets a session here, under a new id, with what the old one held.
 *
 * @param sources What `connectSid` and `ironSession` give; the first that knows the visitor decides.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 */
export function moveInFrom(sources: readonly OldSource[], options: MoveInOptions = {}): MoveIn {
  knownFields('moveIn', options, ['keepOldUntil'])
  if (!Array.isArray(sources) || sources.length === 0 || !sources.every(isSource)) {
    throw SessionError.config('moveIn', 'must list where visitors come from: what connectSid and ironSession give.')
  }
  const names = sources.map(({ cookieName }) => cookieName)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw SessionError.config('moveIn', `the cookie '${twice}' is named by two sources.`)
  return new Mover(sources, untilFrom(options.keepOldUntil))
}

function isSource(value: unknown): value is OldSource {
  return isObject(value) && 'cookieName' in value && 'find' in value && 'clearing' in value
}

function untilFrom(date: unknown): number {
  if (date === undefined) return 0
  if (!(date instanceof Date) || Number.isNaN(date.getTime())) {
    throw SessionError.config('moveIn.keepOldUntil', `must be a Date, such as new Date('2027-01-31'), not ${shown(date)}.`)
  }
  if (date.getTime() > Date.now() + LONGEST_WAY_BACK_MS) {
    throw SessionError.config(
      'moveIn.keepOldUntil',
      'must be within a year from now: for as long as it lies ahead, all revocations are remembered.',
    )
  }
  return date.getTime()
}
