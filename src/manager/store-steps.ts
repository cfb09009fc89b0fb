import type { CommitResult, Durations, MarkerWrite, RecordWrite, StoredRecord, UpdateResult, Version } from '../contracts/driver.ts'
import { SessionError, SessionLockError, isSessionError } from '../session/errors.ts'
import { newSessionId } from '../session/id.ts'
import type { StoreKey } from '../session/id.ts'
import { randomHex } from '../session/random.ts'
import type { SessionState } from '../session/session-state.ts'
import { prepareContents } from './contents.ts'
import type { Texts } from './contents.ts'
import type { Hold } from './hold.ts'
import { asked, inBackground } from './house.ts'
import type { House } from './house.ts'
import { asSessionError } from './opening.ts'
import type { Stored } from './stored.ts'

const TOKEN_BYTES = 16
const HANDLE_BYTES = 12
const MAX_INSERTS = 3
/** A marker outlives this at most: after a day nobody comes with the old id but a thief. */
const LONGEST_MARKER_MS = 24 * 60 * 60 * 1000

/** What a session is to become when it moves to a new id. */
export interface Replacement {
  readonly reason: 'login' | 'rotation'
  readonly salt: string | undefined
}

/** How a write under the lock ended. */
export type Outcome = { readonly kind: 'written'; readonly stored: Stored } | Refusal

/** Why a write under the lock was refused. `isUnsure`: it may have been carried out all the same. */
export type Refusal = { readonly kind: 'gone' } | { readonly kind: 'lost'; readonly isUnsure?: boolean }

/** The record as it is to be written: what the session holds, and what is carried over. */
export function recordOf(
  state: SessionState,
  texts: { payload: string; flash: string },
  handle: string,
  before: StoredRecord | undefined,
): RecordWrite {
  const { metadata } = state
  return {
    payload: texts.payload,
    flash: texts.flash,
    handle,
    createdAt: before?.createdAt ?? 'now',
    authenticatedAt: state.authenticatedAt,
    regeneratedAt: before?.regeneratedAt,
    userId: metadata.userId,
    ipAddress: metadata.isSealed ? undefined : metadata.ipAddress,
    userAgent: metadata.isSealed ? undefined : metadata.userAgent,
    durations: state.limits,
    writeToken: randomHex(TOKEN_BYTES),
  }
}

/**
 * Adds a new session. An insert that failed is not sent again under its key, since it may have been carried out after all and its
 * visitor logged out meanwhile: a new id is made.
 */
export async function insertSession(house: House, state: SessionState): Promise<Stored> {
  await house.ready()
  const handle = randomHex(HANDLE_BYTES)
  for (let tries = 1; ; tries++) {
    const hashed = house.keyOf(state.id)
    const key = hashed instanceof Promise ? await hashed : hashed
    const record = recordOf(state, await wholeTexts(house, state, key), handle, undefined)
    try {
      const done = await house.driver.insert(key, record)
      if (done !== undefined) return storedAs(key, record, done, house.clock(), performance.now())
      if (tries >= MAX_INSERTS) throw SessionError.driverFailed('insert', 'Every new key was taken.')
    } catch (error) {
      state.setId(undefined)
      if (tries >= MAX_INSERTS || !mayHaveHappened(error)) throw error
    }
    state.setId(newSessionId())
  }
}

/** Writes under the lock. The lease goes on when `keepOpen`, else to the next in line, else back. */
export function commitSession(house: House, hold: Hold, stored: Stored, record: RecordWrite, keepOpen: boolean): Promise<Outcome> {
  const { locking, driver, settings } = house
  if (locking === undefined || !hold.hasLease) {
    return driver.update(stored.key, record, stored.record.version).then((result) => {
      if (!keepOpen) hold.end()
      return outcomeOf(stored, record, result)
    })
  }
  const heirs = keepOpen ? undefined : hold.heirs()
  const keepLease = keepOpen || heirs !== undefined ? randomHex(TOKEN_BYTES) : undefined
  const { key, token } = hold.lease
  const lease = { key, token, version: stored.record.version }
  const commit = (): Promise<CommitResult> => locking.commit(lease, record, { keepLease, leaseMs: settings.leaseMs })
  return givingBack(house, stored.key, keepLease, commit).then((result) => {
    const outcome = outcomeOf(stored, record, result)
    if (outcome.kind !== 'written' || result.kind !== 'written') return outcome
    if (result.lease === undefined) hold.end()
    else if (keepOpen) hold.moveTo(result.lease)
    else if (heirs !== undefined && !result.readBack) hold.handOn(heirs, result.lease, outcome.stored.record, outcome.stored.now)
    else {
      hold.moveTo(result.lease)
      hold.giveBack()
    }
    return outcome
  })
}

/** Records the use of a session that did not change, and gives the lease back, where there is one. Answers whether the record's end moved. */
export async function touchSession(house: House, hold: Hold | undefined, stored: Stored, touch: Durations): Promise<boolean> {
  const { locking, driver, settings } = house
  // Whoever has written it meanwhile has recorded the use, and may have said that it is to live for another time.
  if (locking === undefined || hold?.hasLease !== true) {
    const send = (): Promise<UpdateResult> => driver.touch(stored.key, touch, stored.record.version)
    return (await (hold === undefined ? withoutLock(house, stored.key, send) : send())).kind === 'written'
  }
  const lease = { ...hold.lease, version: stored.record.version }
  const result = await givingBack(house, stored.key, lease.token, () =>
    locking.commit(lease, undefined, { touch, leaseMs: settings.leaseMs }),
  )
  return result.kind === 'written'
}

/**
 * Writes without the lock. Where there are no leases, the place in the line is all that an exclusive request holds its session by: it is taken for the
 * write.
 */
export async function withoutLock(house: House, key: StoreKey, write: () => Promise<UpdateResult>): Promise<UpdateResult> {
  const { locking, queue, settings } = house
  if (locking !== undefined && !settings.assumeSingleProcess) return await asked(write)
  const seat = queue.takeFree(key)
  if (seat === undefined) return { kind: 'busy' }
  try {
    return await asked(write)
  } finally {
    seat.leave()
  }
}

/**
 * Does a step under a lease. When it failed, or was refused, the lease may live under this token all the same, by a copy of the step that
 * was let in: it is given back in the background.
 */
function givingBack(house: House, key: StoreKey, token: string | undefined, step: () => Promise<CommitResult>): Promise<CommitResult> {
  return token === undefined ? step() : stepOrGiveBack(house, { key, token }, step)
}

async function stepOrGiveBack(
  house: House,
  lease: { readonly key: StoreKey; readonly token: string },
  step: () => Promise<CommitResult>,
): Promise<CommitResult> {
  const giveBack = (): void => {
    if (house.locking !== undefined) inBackground(house, 'unlock', lease.key, house.locking.unlock(lease))
  }
  try {
    const result = await step()
    if (result.kind === 'lost') giveBack()
    return result
  } catch (error) {
    giveBack()
    throw error
  }
}

/** Moves a session to the id that it has now, and puts a marker under the old key. */
export async function replaceSession(
  house: House,
  hold: Hold,
  stored: Stored,
  state: SessionState,
  move: Replacement,
  keepOpen: boolean,
): Promise<Outcome> {
  const hashed = house.keyOf(state.id)
  const key = hashed instanceof Promise ? await hashed : hashed
  const { locking, driver, settings } = house
  const record: RecordWrite = {
    ...recordOf(state, await wholeTexts(house, state, key), stored.record.handle, stored.record),
    regeneratedAt: 'now',
  }
  const target: Stored = { ...stored, key }
  if (locking === undefined || !hold.hasLease) {
    const done = await driver.insert(key, record)
    if (done === undefined) return { kind: 'lost' }
    if ((await driver.destroy(stored.key)).kind !== 'record') {
      // It was ended meanwhile: the new record would bring it back.
      await driver.destroy(key)
      return { kind: 'gone' }
    }
    if (keepOpen) hold.moveSeat(key)
    else hold.end()
    return outcomeOf(target, record, { kind: 'written', ...done })
  }
  const marker: MarkerWrite = {
    ...move,
    minimumMs: Math.min(settings.graceMs + settings.maxHoldMs, LONGEST_MARKER_MS),
    maximumMs: LONGEST_MARKER_MS,
    writeToken: randomHex(TOKEN_BYTES),
  }
  const keepLease = keepOpen ? randomHex(TOKEN_BYTES) : undefined
  const lease = { ...hold.lease, version: stored.record.version }
  const options = { keepLease, leaseMs: settings.leaseMs }
  const result = await givingBack(house, key, keepLease, () => locking.replace(lease, key, record, marker, options))
  const outcome = outcomeOf(target, record, result)
  if (outcome.kind !== 'written' || result.kind !== 'written') return outcome
  if (result.lease === undefined) hold.end()
  else hold.moveTo(result.lease)
  return outcome
}

/** What lives under a key, without its lock. */
export async function readRecord(house: House, key: StoreKey): ReturnType<House['driver']['read']> {
  try {
    return await house.driver.read(key)
  } catch (cause) {
    throw asSessionError('read', cause)
  }
}

/** Says what a refusal means to the one who wrote. */
export function refusalError(key: StoreKey, refusal: Refusal, hold: Hold | undefined): SessionError {
  if (refusal.kind === 'lost' && refusal.isUnsure === true) return SessionLockError.unsure(key)
  if (hold?.lost === 'held-too-long') return SessionLockError.lost(key, 'it was held for longer than lock.maxHoldSeconds')
  return refusal.kind === 'gone' ? SessionError.gone() : SessionLockError.lost(key)
}

async function wholeTexts(house: House, state: SessionState, key: StoreKey): Promise<{ payload: string; flash: string }> {
  const prepared = prepareContents(house, state, key, undefined)
  const { payload, flash }: Texts = prepared instanceof Promise ? await prepared : prepared
  if (payload !== undefined && flash !== undefined) return { payload, flash }
  throw SessionError.serializationFailed('The serializer gave no text although nothing was loaded.')
}

function outcomeOf(before: Stored, record: RecordWrite, result: CommitResult | UpdateResult): Outcome {
  if (result.kind === 'written') return { kind: 'written', stored: writtenAs(before, record, result) }
  if (result.kind === 'gone') return { kind: 'gone' }
  return { kind: 'lost', isUnsure: result.kind === 'lost' && result.isUnsure === true }
}

/** What the store would hold after a write that is not made, but goes into the next one. */
export function draftOf(before: Stored, { payload, flash, authenticatedAt, userId, ipAddress, userAgent, ...record }: RecordWrite): Stored {
  const readAt = performance.now()
  const now = Math.floor(before.now + readAt - before.readAt)
  const at = (instant: number | 'now' | undefined): number | undefined => (instant === 'now' ? now : instant)
  const written = {
    payload,
    flash,
    userId,
    ipAddress,
    userAgent,
    authenticatedAt: at(authenticatedAt),
    regeneratedAt: at(record.regeneratedAt),
  }
  return { key: before.key, now, readAt, record: { ...before.record, ...written } }
}

/** What the store holds after a write. */
export function writtenAs(before: Stored, record: RecordWrite, written: { readonly version: Version; readonly expiresAt: number }): Stored {
  const writtenAt = performance.now()
  return storedAs(before.key, record, written, before.now + writtenAt - before.readAt, writtenAt)
}

function storedAs(
  key: StoreKey,
  record: RecordWrite,
  { version, expiresAt }: { readonly version: Version; readonly expiresAt: number },
  nowByOurs: number,
  readAt: number,
): Stored {
  const { idleMs, absoluteMs = Infinity } = record.durations
  const countedFrom = record.authenticatedAt ?? record.createdAt
  const hasRoom = countedFrom === 'now' || expiresAt < countedFrom + absoluteMs
  // The store's clock at the write: the expiry tells it, unless the absolute limit decided; then what our own steady clock makes of it.
  const now = hasRoom ? expiresAt - (countedFrom === 'now' ? Math.min(idleMs, absoluteMs) : idleMs) : Math.floor(nowByOurs)
  const { payload, flash, handle, createdAt, authenticatedAt, regeneratedAt, userId, ipAddress, userAgent } = record
  const stored: StoredRecord = {
    payload,
    flash,
    version,
    handle,
    createdAt: createdAt === 'now' ? now : createdAt,
    authenticatedAt: authenticatedAt === 'now' ? now : authenticatedAt,
    regeneratedAt: regeneratedAt === 'now' ? now : regeneratedAt,
    lastActivity: now,
    expiresAt,
    userId,
    ipAddress,
    userAgent,
  }
  return { key, now, readAt, record: stored }
}

// Not where the store gave no answer at all: its visitor has waited long enough.
function mayHaveHappened(error: unknown): boolean {
  return isSessionError(error) && error.code === 'ERR_SESSION_DRIVER_FAILED' && !(error.cause instanceof DOMException)
}
