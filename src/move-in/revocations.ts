import type { Revoked } from '../manager/move-in.ts'
import { SessionError } from '../session/errors.ts'
import { hashAsStoreKey } from '../session/id.ts'
import type { StoreKey } from '../session/id.ts'
import { randomHex } from '../session/random.ts'
import { userIdOf } from '../session/request-info.ts'
import { sha256 } from '../session/sha256.ts'
import { closeWay, markerFor } from './ways.ts'
import type { Ground } from './ways.ts'

// A revocation cannot end old sessions that have not moved in: their store finds none by its user. So it leaves a note, which the move reads. A note is a
// marker, whose time is on the store's clock and which no list shows. Markers stay, and a note that is there cannot be brought up to date: the next one lies
// under a key that the salt of the one before leads to. Such a row begins anew each season, since its first note would end before the later ones do.

const SEASON_MS = 30 * 24 * 3_600_000
/** For how long a way back is open at the most. What was noted while it is counts until it is over, though less and less is left of it. */
export const LONGEST_WAY_BACK_MS: number = 366 * 24 * 3_600_000
/** There was no such library before. */
const OLDEST_NOTE_AT = Date.UTC(2026, 0)
/** How far the clocks of two servers are apart at most, where a season ends. */
const SKEW_MS = 3_600_000
/** Of whom so many revocations are noted in a season, all of them count until it is over. */
const MOST_NOTES = 100
const SALT_BYTES = 16

/** Notes that what has not moved in yet of a user, or of everybody, is not to. */
export async function noteRevocation(ground: Ground, whose: Revoked): Promise<void> {
  const name = nameOf(whose)
  if (name === undefined) return
  const season = seasonAt(Date.now())
  const lasting = { ...ground, lastsMs: ground.lastsMs + SEASON_MS }
  let before = ''
  for (let notes = 0; notes < MOST_NOTES; notes++) {
    const key = await keyOf(name, season, before)
    // One that another wrote may be older than this call.
    if (await closeWay(lasting, key, markerFor(lasting, randomHex(SALT_BYTES)))) return
    before = await saltAt(ground, key)
  }
}

/** Whether sessions of this user were ended since they logged in; as far as that is not known, since ever. */
export async function isRevoked(ground: Ground, userId: string | undefined, loginAt: number | undefined): Promise<boolean> {
  const now = Date.now()
  const looks: Promise<boolean>[] = []
  for (const name of [nameOf('everybody'), nameOf({ userId })]) {
    if (name === undefined) continue
    for (let season = firstSeason(ground, now); season <= seasonAt(now + SKEW_MS); season++) {
      looks.push(isNoted(ground, name, season, loginAt))
    }
  }
  return (await Promise.all(looks)).includes(true)
}

async function isNoted({ locking }: Ground, name: string, season: number, loginAt: number | undefined): Promise<boolean> {
  let before = ''
  for (let notes = 0; notes < MOST_NOTES; notes++) {
    const found = await locking.read(await keyOf(name, season, before))
    if (found === undefined) return false
    if (found.kind === 'record') return true // It is about to be.
    const { replacedAt, salt } = found.marker
    if (salt === undefined || loginAt === undefined || loginAt <= replacedAt) return true
    before = salt
  }
  return true
}

async function saltAt({ locking }: Ground, key: StoreKey): Promise<string> {
  const found = await locking.read(key)
  if (found?.kind !== 'marker' || found.marker.salt === undefined)
    throw SessionError.driverFailed('move-in', 'The note of an earlier revocation has vanished from the store. Revoke again.')
  return found.marker.salt
}

/** Of a lifetime of many years only those count in which a note can have been left. A clock that says that it is earlier is wrong, and nothing is known. */
function firstSeason({ lastsMs }: Ground, now: number): number {
  const first = now - lastsMs - LONGEST_WAY_BACK_MS
  return seasonAt(now < OLDEST_NOTE_AT ? first : Math.max(first, OLDEST_NOTE_AT))
}

const seasonAt = (time: number): number => Math.floor(time / SEASON_MS)

// No cookie has a space in its name: no way of an old session is called like this.
function nameOf(whose: Revoked): string | undefined {
  if (whose === 'everybody') return 'all of them'
  const userId = userIdOf(whose.userId)
  return userId === undefined ? undefined : `user id\n${userId}`
}

/** @param before The salt of the note before, or nothing for the first one. */
async function keyOf(name: string, season: number, before: string): Promise<StoreKey> {
  return hashAsStoreKey(await sha256(`holdfast move-in\n${season}\n${before}\n${name}`))
}
