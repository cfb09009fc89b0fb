import type { LockingDriver, RecordWrite } from '../contracts/driver.ts'
import { successorBy, successorId } from '../manager/digest.ts'
import type { MoveInHouse } from '../manager/move-in.ts'
import type { OpenRequest } from '../manager/open-session.ts'
import { recordOf } from '../manager/store-steps.ts'
import { isSessionError, SessionError } from '../session/errors.ts'
import { asSessionId } from '../session/id.ts'
import type { SessionId, StoreKey } from '../session/id.ts'
import { copyOf } from '../session/plain.ts'
import { randomHex } from '../session/random.ts'
import { userIdOf } from '../session/request-info.ts'
import { SessionOwner } from '../session/session-owner.ts'
import { SessionState } from '../session/session-state.ts'
import { sha256 } from '../session/sha256.ts'
import { withoutReserved } from './contents.ts'
import { NOTE_KEY, plainNote } from './note.ts'
import type { Note } from './note.ts'
import type { OldContents, OldSession } from './old-session.ts'
import { isRevoked } from './revocations.ts'
import { claimWay, closeWay, giveBack, keyOfOld, markerFor, markWay, takeWay } from './ways.ts'
import type { Ground } from './ways.ts'

/** What became of an old session. */
export type Settled =
  /** It is none, or none any more. */
  | { readonly kind: 'nothing' }
  /** It lives here under this id, if it has not ended. */
  | { readonly kind: 'moved'; readonly id: SessionId; readonly key: StoreKey }
  /** It has ended here. */
  | { readonly kind: 'ended' }

const MOST_TRIES = 10
const HANDLE_BYTES = 12
const SALT_BYTES = 16

/**
 * Finds where an old session has moved to, or moves it: once, however many requests come with its cookie at the same time, and by whoever comes next when a
 * process dies half-way. The new id is random to all who have not both the old cookie and the store.
 * @throws {SessionError} when a store failed, or what the old session holds cannot be kept.
 */
export async function settle(
  ground: Ground,
  old: OldSession,
  request: OpenRequest,
  noteOf: (contents: OldContents, key: StoreKey) => Note,
): Promise<Settled> {
  const { house, locking } = ground
  const key = await keyOfOld(old)
  let contents: OldContents | undefined
  for (let tries = 1; tries <= MOST_TRIES; tries++) {
    const found = await takeWay(ground, key, request)
    if (found.kind === 'marker') return await follow(old, key, found.marker)
    if (found.kind === 'absent') {
      contents = await old.read()
      if (contents === undefined || isNobody(contents)) return { kind: 'nothing' }
      await claimWay(ground, key)
      continue
    }
    const { lease } = found
    let isDone = false
    try {
      contents ??= await old.read()
      if (contents === undefined) return { kind: 'nothing' }
      const userId = userIdOf(contents.userId)
      const loginAt = contents.authenticatedAt
      const salt = randomHex(SALT_BYTES)
      const id = await successorId(await secretOf(old), salt)
      const newKey = await house.keyOf(id)
      const record = await recordFor(house, newKey, contents, request, noteOf(contents, key))
      // It is there before the notes are read, and before anything leads to it: whoever ends all of a user's sessions either finds it, or has said so before.
      if (!(await isStored(locking, newKey, record))) continue
      if (await isRevoked(ground, userId, loginAt)) {
        await locking.destroy(newKey)
        giveBack(ground, key, lease.token)
        await closeWay(ground, key)
        return { kind: 'ended' }
      }
      const marked = await markWay(ground, lease, markerFor(ground, salt))
      // Nothing leads there: it would be listed for its user until it ends.
      if (marked === 'unmarked') await locking.destroy(newKey)
      if (marked !== 'marked') continue
      isDone = true
      house.events.emit('created', { key: newKey })
      return { kind: 'moved', id, key }
    } finally {
      if (!isDone) giveBack(ground, key, lease.token)
    }
  }
  throw SessionError.driverFailed('move-in', 'The old session could not move in. Try again.')
}

/** `false` also where its user was revoked in that moment, of which there is a note then. */
async function isStored(locking: LockingDriver, key: StoreKey, record: RecordWrite): Promise<boolean> {
  try {
    return (await locking.insert(key, record)) !== undefined
  } catch (error) {
    if (isSessionError(error) && error.code === 'ERR_SESSION_GONE') return false
    throw error
  }
}

/** Some applications store a session for every visitor. For nobody nothing is stored here. */
function isNobody({ data, userId }: OldContents): boolean {
  return userId === undefined && Object.keys(data).length === 0
}

async function follow(old: OldSession, key: StoreKey, marker: Parameters<typeof successorBy>[1]): Promise<Settled> {
  const id = await successorBy(await secretOf(old), marker)
  return id === undefined ? { kind: 'ended' } : { kind: 'moved', id, key }
}

/** The secret in the form that the manager's own changes of id start from. */
async function secretOf({ secret }: OldSession): Promise<SessionId> {
  const id = asSessionId((await sha256(`holdfast move-in secret\n${secret}`)).slice(0, 40))
  if (id === undefined) throw new TypeError('the platform gave a digest that is not hex')
  return id
}

/** The first record of a session that moves in, as if a request here had made it. */
async function recordFor(
  house: MoveInHouse,
  key: StoreKey,
  { data, userId, authenticatedAt }: OldContents,
  request: OpenRequest,
  note: Note,
): Promise<RecordWrite> {
  const { serializer, settings, clock, checkData } = house
  const bags = house.newBags()
  const kept = withoutReserved(data, bags)
  // A schema may want the data in another form: it is brought to it whenever it is read. What does not fit at all is told of now.
  await checkData?.(copyOf(kept))
  const state = new SessionState('exclusive', bags, clock, settings, serializer.takesMetadata)
  state.observe(request.ipAddress, request.userAgent)
  state.load(kept, {})
  state.status = 'open'
  state.metadata.setUserId(userId)
  state.metadata.set(NOTE_KEY, plainNote(note))
  if (authenticatedAt !== undefined) new SessionOwner(state).markAuthenticated({ at: authenticatedAt })
  state.makeToken()
  const payload = await serializer.prepare(state.payload(), { key, field: 'payload' })
  const flash = await serializer.prepare({}, { key, field: 'flash' })
  if (payload === undefined || flash === undefined)
    throw SessionError.serializationFailed('The serializer gave no text although nothing was loaded.')
  return recordOf(state, { payload, flash }, randomHex(HANDLE_BYTES), undefined)
}
