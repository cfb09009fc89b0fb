import type { ListedSession, ListingDriver } from '../contracts/driver.ts'
import { SessionError, isSessionError } from '../session/errors.ts'
import { knownFields } from '../session/option-check.ts'
import { userIdOf } from '../session/request-info.ts'
import { isListing } from './abilities.ts'
import { deviceOf } from './device.ts'
import type { House } from './house.ts'

/** What is asked of a session that is named to the manager. */
export interface OwnedSession {
  readonly handle: string | undefined
  readonly userId: string | undefined
}

/** Which sessions are listed. */
export interface ListSessionsOptions {
  /** Only this user's. Left out: everybody's. */
  readonly userId?: string | number
  /** The session that asks: it is marked as the current one. */
  readonly current?: OwnedSession
  /** Where the page before ended. */
  readonly cursor?: string | undefined
  /** Sessions a page, 1 to 1000. Default: 100. */
  readonly limit?: number
}

/** Whose session is meant. */
export interface RevokeOptions {
  /** Only this user's: give it wherever the handle comes from a request. Left out: anybody's, which looks through all sessions. */
  readonly userId?: string | number
}

/** A session as its user may see it: nothing here opens it. Instants are Unix milliseconds on the store's clock. */
export interface SessionSummary {
  /** Names it to `revoke`. It is public, and stays the same when the id changes. */
  readonly handle: string
  readonly userId: string | undefined
  readonly createdAt: number
  /** When it was last used, as precisely as `touchEverySeconds` records it. */
  readonly lastSeenAt: number
  readonly expiresAt: number
  /** `undefined` where it is not known, or sealed. */
  readonly ipAddress: string | undefined
  readonly userAgent: string | undefined
  /** The user agent in a few words, such as `Firefox on Windows`. */
  readonly device: string | undefined
  readonly isCurrent: boolean
}

/** One page of a list. It may be short; the cursor says whether more follow. */
export interface SessionList {
  readonly sessions: readonly SessionSummary[]
  /** `undefined` on the last page. */
  readonly cursor: string | undefined
}

const MOST_PASSES = 10
/** So many lists without a session have overlooked it only if it took a new id in the midst of each. */
export const LOOKS = 4
const PAGE = 100

/** A page of sessions, as users may see them. */
export async function listSessions(house: House, options: ListSessionsOptions): Promise<SessionList> {
  knownFields('', options, ['userId', 'current', 'cursor', 'limit'])
  const { current, cursor, limit = PAGE } = options
  assertNamed('list', options)
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000) {
    throw SessionError.invalidArgument('list', 'limit must be a whole number from 1 to 1000.')
  }
  if (cursor !== undefined && typeof cursor !== 'string')
    throw SessionError.invalidArgument('list', 'the cursor must be one that list gave.')
  const driver = listingOf(house)
  const owner = ofUser('list', options.userId)
  await house.ready()
  // With `hashIds: false` a cursor would hold an id, and cursors stand in the links of pages: then the list has one page.
  const page = house.settings.hashIds
    ? await driver.list({ ...owner, cursor, limit })
    : { sessions: await allOf(driver, owner), cursor: undefined }
  return { sessions: onePerHandle(page.sessions).map((session) => summaryOf(session, current)), cursor: page.cursor }
}

/** Ends the session of this handle, among those of a user where one is given. Answers whether there was one. */
export async function revokeHandle(house: House, handle: string, options: RevokeOptions): Promise<boolean> {
  knownFields('', options, ['userId'])
  assertNamed('revoke', options)
  if (typeof handle !== 'string' || handle === '') throw SessionError.invalidArgument('revoke', 'the handle must be one that list gave.')
  return (await endInPasses(house, 'handle', ofUser('revoke', options.userId), (session) => session.handle === handle)) > 0
}

/** Ends all sessions of a user, those whose login is under way included, but for the current one. Answers how many. */
export async function revokeUser(house: House, userId: string | number, current?: OwnedSession): Promise<number> {
  const driver = listingOf(house)
  const { userId: owner } = ofUser('revokeUser', userId)
  if (owner === undefined) throw SessionError.invalidArgument('revokeUser', 'say whose sessions end.')
  await house.ready()
  const removed = await driver.revokeUser(owner, { exceptHandle: current?.handle })
  tell(house, current === undefined ? 'user' : 'others', owner, removed)
  return removed
}

/** Ends all other sessions of a session's user. */
export async function revokeOthers(house: House, current: OwnedSession): Promise<number> {
  const { userId } = current
  if (userId === undefined) throw SessionError.invalidArgument('revokeOthers', 'the session has no user. Call setUserId first.')
  return await revokeUser(house, userId, current)
}

/** Ends every session that exists now. Answers how many. */
export async function revokeAll(house: House): Promise<number> {
  const driver = listingOf(house)
  await house.ready()
  let there: ListedSession[] = []
  // A lone session may move to a page that was looked at before.
  for (let look = 0; look < LOOKS && there.length === 0; look++) there = await allOf(driver, {})
  const seen = new Set(there.map(({ handle }) => handle))
  const now = await storeNow(driver, there)
  // Whoever comes from now on is not meant. Whoever was there and was not seen, since it took a new id meanwhile, has kept the time at which it began.
  return await endInPasses(house, 'all', {}, ({ handle, createdAt }) => seen.has(handle) || createdAt <= now)
}

/**
 * Lists and ends until the last lists have nothing more: a session that moves to a new id takes its handle along, and may move to a page that was looked at
 * before.
 */
async function endInPasses(
  house: House,
  reason: 'handle' | 'all',
  owner: { readonly userId?: string },
  isMeant: (session: ListedSession) => boolean,
): Promise<number> {
  const driver = listingOf(house)
  await house.ready()
  let removed = 0
  let empty = 0
  try {
    for (let pass = 0; pass < MOST_PASSES; pass++) {
      const found = await allOf(driver, owner, isMeant)
      empty = found.length === 0 ? empty + 1 : 0
      if (empty === LOOKS) return removed
      for (const { key } of found) if ((await driver.destroy(key)).kind === 'record') removed++
    }
  } finally {
    tell(house, reason, owner.userId, removed)
  }
  throw SessionError.driverFailed('revoke', `Sessions were still found after ${MOST_PASSES} passes. Call it again.`)
}

/** The store's clock, as reading one of its sessions tells it. */
async function storeNow(driver: ListingDriver, sessions: readonly ListedSession[]): Promise<number> {
  for (const { key } of sessions) {
    try {
      const found = await driver.read(key)
      if (found !== undefined) return found.now
    } catch (error) {
      // One that is damaged ends as the others do.
      if (!isSessionError(error) || error.code !== 'ERR_SESSION_UNREADABLE') throw error
    }
  }
  return -Infinity
}

/** @throws {SessionError} `ERR_SESSION_CONFIG` for a driver that cannot find sessions by their user. */
export function listingOf({ driver }: House): ListingDriver {
  if (isListing(driver)) return driver
  throw SessionError.config('driver', `'${driver.name}' keeps no list of its sessions. Choose another driver.`)
}

/** All sessions of a user, or of everybody, that are meant. */
export async function allOf(
  driver: ListingDriver,
  owner: { readonly userId?: string },
  isMeant: (session: ListedSession) => boolean = () => true,
): Promise<ListedSession[]> {
  const found: ListedSession[] = []
  let cursor: string | undefined
  do {
    const page = await driver.list({ ...owner, cursor, limit: PAGE })
    for (const session of page.sessions) if (isMeant(session)) found.push(session)
    ;({ cursor } = page)
  } while (cursor !== undefined)
  return found
}

/** A crash in the midst of a change of id leaves a session under both: it is shown once. */
function onePerHandle(sessions: readonly ListedSession[]): ListedSession[] {
  return [...new Map(sessions.map((session) => [session.handle, session])).values()]
}

function summaryOf(
  { handle, userId, createdAt, lastActivity, expiresAt, ipAddress, userAgent }: ListedSession,
  current?: OwnedSession,
): SessionSummary {
  const device = deviceOf(userAgent)
  return {
    handle,
    userId,
    createdAt,
    lastSeenAt: lastActivity,
    expiresAt,
    ipAddress,
    userAgent,
    device,
    isCurrent: handle === current?.handle,
  }
}

function ofUser(method: string, userId: string | number | undefined): { readonly userId?: string } {
  const owner = userIdOf(userId, method)
  return owner === undefined ? {} : { userId: owner }
}

/** A user id that is not known is no wish to see everybody's sessions. */
function assertNamed(method: string, options: object): void {
  if ('userId' in options && (options.userId === undefined || options.userId === null)) {
    throw SessionError.invalidArgument(method, 'userId is undefined. Leave it out for the sessions of all users.')
  }
}

function tell(house: House, reason: 'handle' | 'others' | 'user' | 'all', userId: string | undefined, removed: number): void {
  if (removed > 0) house.events.emit('revoked', { key: undefined, reason, userId, removed })
}
