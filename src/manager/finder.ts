import type { Acquired, Found, LockingDriver, Marker, StoredRecord } from '../contracts/driver.ts'
import { SessionError, SessionLockError } from '../session/errors.ts'
import type { SessionId, StoreKey } from '../session/id.ts'
import { hasEnded } from '../session/lifetime.ts'
import { randomHex } from '../session/random.ts'
import { MAX_MARKERS, successorBy } from './digest.ts'
import { Hold } from './hold.ts'
import { asked, inBackground } from './house.ts'
import type { House } from './house.ts'
import type { Seat, Wait } from './lock-queue.ts'
import { assertNotHeldHere } from './self-wait.ts'

const LEASE_TOKEN_BYTES = 16
// Fixed pauses starve: a short first one catches a short hold, and chance keeps two processes from asking in step.
const FIRST_PAUSE_MS = 1
const LONGEST_PAUSE_MS = 10
const YIELD_EVERY_MS = 20

/** What was found under an id, perhaps through the markers of a change of id. */
export type Finding =
  | {
      readonly kind: 'found'
      readonly id: SessionId
      readonly key: StoreKey
      readonly record: StoredRecord
      /** The store's clock. */
      readonly now: number
      readonly hold: Hold | undefined
    }
  /** The store does not know the id: never made, ended, or expired and dropped. */
  | { readonly kind: 'unknown'; readonly key: StoreKey }
  /** The store still has a session that its limits have ended. */
  | { readonly kind: 'expired'; readonly key: StoreKey }
  /** A login replaced the id moments ago. */
  | { readonly kind: 'replaced'; readonly key: StoreKey }
  /** The id was replaced long ago, by itself where there is a successor. */
  | { readonly kind: 'reused'; readonly key: StoreKey; readonly successor: SessionId | undefined }

/** Takes over what the store has under a key, and the lock on it. */
type Take = (found: Acquired | Found | undefined, hold: Hold | undefined) => Finding | Promise<Finding>

/**
 * Finds a session and takes its lock, or, without a `wait`, only reads it. Every request comes through here: it goes on from the
 * store's promise with one function a step, since `async` functions in between cost a busy server more than the lookup.
 * @throws {SessionLockError} when the lock cannot be had; `SessionError` when the store failed, the record is unreadable or the wait was aborted.
 */
export function find(house: House, id: SessionId, wait: Wait | undefined, markers = 0): Promise<Finding> {
  const key = house.keyOf(id)
  return key instanceof Promise ? key.then((hash) => findUnder(house, id, hash, wait, markers)) : findUnder(house, id, key, wait, markers)
}

function findUnder(house: House, id: SessionId, key: StoreKey, wait: Wait | undefined, markers: number): Promise<Finding> {
  const take: Take = (found, hold) => {
    if (found === undefined || found.kind === 'absent' || found.kind === 'busy') return { kind: 'unknown', key }
    if (found.kind === 'marker') return follow(house, id, key, found, wait, markers)
    const { record, now } = found
    if (!hasEnded(record, house.settings.longest, now)) return { kind: 'found', id, key, record, now, hold }
    hold?.giveBack()
    return { kind: 'expired', key }
  }
  if (wait === undefined) return asked(() => house.driver.read(key)).then((found) => take(found, undefined))
  assertNotHeldHere(key)
  const seat = house.queue.enter(key, wait)
  return seat instanceof Promise ? seat.then((got) => takeFrom(house, got, wait, take)) : takeLease(house, seat, wait, take)
}

/** Goes where a marker leads, for as long as it may be followed. */
async function follow(
  house: House,
  id: SessionId,
  key: StoreKey,
  { marker, now }: { readonly marker: Marker; readonly now: number },
  wait: Wait | undefined,
  markers: number,
): Promise<Finding> {
  const successor = await successorBy(id, marker)
  const isOver = now - marker.replacedAt >= house.settings.graceMs
  if (isOver || markers >= MAX_MARKERS) return { kind: 'reused', key, successor: isOver ? successor : undefined }
  if (successor === undefined) return { kind: 'replaced', key }
  return await find(house, successor, wait, markers + 1)
}

function takeFrom(house: House, seat: Seat, wait: Wait, take: Take): Finding | Promise<Finding> {
  if (seat.handed === undefined) return takeLease(house, seat, wait, take)
  const { lease, record, now } = seat.handed
  return take({ kind: 'held', lease, record, now }, new Hold(house, seat, lease))
}

function takeLease(house: House, seat: Seat, wait: Wait, take: Take): Promise<Finding> {
  const { locking, settings } = house
  const leave = (error: unknown): never => {
    seat.leave()
    throw error
  }
  if (locking === undefined || settings.assumeSingleProcess) {
    return asked(() => house.driver.read(seat.key)).then((found) => {
      if (found?.kind === 'record') return take(found, new Hold(house, seat, undefined))
      seat.leave()
      return take(found, undefined)
    }, leave)
  }
  const token = randomHex(LEASE_TOKEN_BYTES)
  const have = (found: Acquired): Finding | Promise<Finding> => {
    if (found.kind === 'held') return take(found, new Hold(house, seat, found.lease))
    seat.leave()
    return take(found, undefined)
  }
  // Whoever asks again at once always wins against those who ask now and then: other processes get as long as their longest pause.
  if (seat.isYieldDue(YIELD_EVERY_MS) && performance.now() < wait.deadline)
    return askLater(house, locking, seat.key, token, wait, LONGEST_PAUSE_MS).then(have, leave)
  return asked(() => locking.acquire(seat.key, { token, leaseMs: settings.leaseMs })).then(
    (found) => (found.kind === 'busy' ? askLater(house, locking, seat.key, token, wait, FIRST_PAUSE_MS).then(have, leave) : have(found)),
    (error: unknown) => {
      sendBack(house, locking, seat.key, token)
      return leave(error)
    },
  )
}

/** Asks the store for a lease that another process has, again and again until it is had. */
async function askLater(
  house: House,
  locking: LockingDriver,
  key: StoreKey,
  token: string,
  wait: Wait,
  firstPauseMs: number,
): Promise<Acquired> {
  for (let longest = firstPauseMs; ; longest = Math.min(longest * 2, LONGEST_PAUSE_MS)) {
    if (house.queue.closedBy !== undefined) throw house.queue.closedBy
    await pause(key, longest * (0.5 + Math.random() / 2), wait)
    const found = await asked(() => locking.acquire(key, { token, leaseMs: house.settings.leaseMs })).catch((error: unknown) => {
      sendBack(house, locking, key, token)
      throw error
    })
    if (found.kind !== 'busy') return found
  }
}

/** A lease may have been taken although its answer was lost: it is sent back so that nobody waits for its end. */
function sendBack(house: House, locking: LockingDriver, key: StoreKey, token: string): void {
  inBackground(
    house,
    'unlock',
    key,
    asked(() => locking.unlock({ key, token })),
  )
}

function pause(key: StoreKey, ms: number, wait: Wait): Promise<void> {
  const left = wait.deadline - performance.now()
  if (left <= 0) return Promise.reject(SessionLockError.timeout(key, wait.waitSeconds))
  const { signal } = wait
  if (signal?.aborted === true) return Promise.reject(SessionError.aborted(signal.reason))
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const abort = (): void => {
    clearTimeout(timer)
    reject(SessionError.aborted(signal?.reason))
  }
  const timer = setTimeout(
    () => {
      signal?.removeEventListener('abort', abort)
      resolve()
    },
    Math.min(ms, left),
  )
  signal?.addEventListener('abort', abort)
  return promise
}
