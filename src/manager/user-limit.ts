import { SessionError } from '../session/errors.ts'
import type { StoreKey } from '../session/id.ts'
import { destroyOnce } from './ending.ts'
import type { House } from './house.ts'
import { allOf, listingOf } from './owners.ts'
import type { Stored } from './stored.ts'

type UserLimit = NonNullable<House['settings']['maxPerUser']>

const MOST_PASSES = 10

/**
 * Looks at a user's sessions before a login is stored, and gives the handles of the others.
 * @throws {SessionError} `ERR_SESSION_LIMIT`, where there are enough and the limit refuses more.
 */
export async function admitLogin(house: House, limit: UserLimit, userId: string, handle: string | undefined): Promise<ReadonlySet<string>> {
  await house.ready()
  const others = await sessionsOf(house, userId)
  if (handle !== undefined) others.delete(handle)
  if (limit.whenReached === 'refuse' && others.size >= limit.sessions) throw reached(house, limit, userId)
  return new Set(others.keys())
}

/** A login that was stored. */
export interface StoredLogin {
  readonly stored: Stored
  /** The key that it replaced. */
  readonly replaced: StoreKey | undefined
  /** The handles of the user's sessions before. */
  readonly before: ReadonlySet<string>
}

/**
 * Does what the limit says once a login is stored. Whoever finds too many then, itself among them, has to do with it: of logins at the same moment none
 * sees too few, so no user has more than the limit afterwards. Where the others cannot be counted or ended, the login is undone as well.
 * @throws {SessionError} `ERR_SESSION_LIMIT`, `ERR_SESSION_DRIVER_FAILED`.
 */
export async function settleLogin(house: House, limit: UserLimit, login: StoredLogin): Promise<void> {
  try {
    await keepTo(house, limit, login)
  } catch (error) {
    await destroyOnce(house, login.stored.key)
    // The marker of a login leads nowhere: without it the visitor can begin anew at once.
    if (login.replaced !== undefined && login.replaced !== login.stored.key) await destroyOnce(house, login.replaced)
    throw error
  }
}

async function keepTo(house: House, limit: UserLimit, { stored: { key, record }, before }: StoredLogin): Promise<void> {
  const { userId } = record
  if (userId === undefined) return
  for (let pass = 0; pass < MOST_PASSES; pass++) {
    const others = await sessionsOf(house, userId)
    // The list knows when each was used; of what was just written that is not always known otherwise.
    const own: Other = others.get(record.handle) ?? { handle: record.handle, lastActivity: record.lastActivity, keys: [key] }
    others.delete(record.handle)
    const tooMany = others.size + 1 - limit.sessions
    if (tooMany <= 0) return
    if (limit.whenReached === 'refuse') throw reached(house, limit, userId)
    if (pass === 0) house.events.emit('limit', { key, userId, sessions: others.size + 1 })
    if (limit.whenReached === 'allow') return
    // Those from before go first. Of logins at the same moment each sees the same order, and so ends the same ones: itself, where the others came later.
    const isOlder = ({ handle }: Other): number => Number(before.has(handle))
    const inOrder = (one: Other, other: Other): number =>
      isOlder(other) - isOlder(one) || one.lastActivity - other.lastActivity || (one.handle < other.handle ? -1 : 1)
    const oldest = [...others.values(), own].toSorted(inOrder).slice(0, tooMany)
    let removed = 0
    for (const session of oldest) for (const each of session.keys) if ((await destroyOnce(house, each)).kind === 'record') removed++
    if (removed > 0) house.events.emit('revoked', { key: undefined, reason: 'limit', userId, removed })
    if (oldest.includes(own)) return
  }
  throw SessionError.driverFailed(
    'maxPerUser',
    `Sessions of this user were still too many after ${MOST_PASSES} passes. Nobody was logged in.`,
  )
}

interface Other {
  readonly handle: string
  readonly lastActivity: number
  readonly keys: StoreKey[]
}

/** A user's sessions by their handles. A crash in the midst of a change of id leaves one under two keys. */
async function sessionsOf(house: House, userId: string): Promise<Map<string, Other>> {
  const sessions = new Map<string, Other>()
  for (const { handle, lastActivity, key } of await allOf(listingOf(house), { userId })) {
    const known = sessions.get(handle)
    sessions.set(handle, { handle, lastActivity: Math.max(lastActivity, known?.lastActivity ?? 0), keys: [...(known?.keys ?? []), key] })
  }
  return sessions
}

function reached(house: House, { sessions }: UserLimit, userId: string): SessionError {
  house.events.emit('limit', { key: undefined, userId, sessions })
  return SessionError.limit(sessions)
}
