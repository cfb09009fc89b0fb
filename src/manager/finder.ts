import type { Acquired, Found, Marker, StoredRecord } from '../contracts/driver.ts'
import { SessionError, SessionLockError } from '../session/errors.ts'
import type { SessionId, StoreKey } from '../session/id.ts'
import { hasEnded } from '../session/lifetime.ts'
import { randomHex } from '../session/random.ts'
import { successorId } from './digest.ts'
import { Hold } from './hold.ts'
import { inBackground } from './house.ts'
import type { House } from './house.ts'
import type { Seat, Wait } from './lock-queue.ts'
import { assertNotHeldHere } from './self-wait.ts'

/** A chain of markers longer than this leads nowhere. */
export const MAX_MARKERS = 5
const LEASE_TOKEN_BYTES = 16
// Fixed pauses starve: a short first one catches a short hold, and chance keeps two processes from asking in step.
const FIRST_PAUSE_MS = 1
const LONGEST_PAUSE_MS = 5
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
  /** The store does not know the id: never made, ended, or expired. */
  | { readonly kind: 'unknown'; readonly key: StoreKey }
  /** A login replaced the id moments ago. */
  | { readonly kind: 'replaced'; readonly key: StoreKey }
  /** The id was replaced long ago. */
  | { readonly kind: 'reused'; readonly key: StoreKey }

interface Step {
  readonly found: Acquired | Found | undefined
  readonly hold: Hold | undefined
}

/**
 * Finds a session and takes its lock, or, without a `wait`, only reads it.
 * @throws {SessionLockError} when the lock cannot be had; `SessionError` when the store failed, the record is unreadable or the wait was aborted.
 */
export async function find(house: House, id: SessionId, wait: Wait | undefined): Promise<Finding> {
  let current = id
  for (let markers = 0; ; markers++) {
    const hashed = house.keyOf(current)
    const key = hashed instanceof Promise ? await hashed : hashed
    const { found, hold } = wait === undefined ? { found: await house.driver.read(key), hold: undefined } : await take(house, key, wait)
    if (found === undefined || found.kind === 'absent' || found.kind === 'busy') return { kind: 'unknown', key }
    if (found.kind !== 'marker') {
      const { record, now } = found
      if (!hasEnded(record, house.settings.durations, now)) return { kind: 'found', id: current, key, record, now, hold }
      hold?.giveBack()
      return { kind: 'unknown', key }
    }
    const { marker, now } = found
    if (now - marker.replacedAt >= house.settings.graceMs || markers >= MAX_MARKERS) return { kind: 'reused', key }
    const successor = successorBy(current, marker)
    if (successor === undefined) return { kind: 'replaced', key }
    current = await successor
  }
}

// Without a promise of its own where nobody is in line: that is nearly every request.
function take(house: House, key: StoreKey, wait: Wait): Promise<Step> {
  assertNotHeldHere(key)
  const entered = house.queue.enter(key, wait)
  return entered instanceof Promise ? entered.then((seat) => takeFrom(house, seat, wait)) : takeLease(house, entered, wait)
}

function takeFrom(house: House, seat: Seat, wait: Wait): Step | Promise<Step> {
  if (seat.handed === undefined) return takeLease(house, seat, wait)
  const { lease, record, now } = seat.handed
  return { found: { kind: 'held', lease, record, now }, hold: new Hold(house, seat, lease) }
}

/** The id that a marker leads to, for one who has the id that it replaced. A login's leads nowhere. */
export function successorBy(id: SessionId, marker: Marker): SessionId | Promise<SessionId> | undefined {
  return marker.reason === 'rotation' && marker.salt !== undefined ? successorId(id, marker.salt) : undefined
}

async function takeLease(house: House, seat: Seat, wait: Wait): Promise<Step> {
  const { locking, settings } = house
  try {
    if (locking === undefined || settings.assumeSingleProcess) {
      const found = await house.driver.read(seat.key)
      if (found?.kind === 'record') return { found, hold: new Hold(house, seat, undefined) }
      seat.leave()
      return { found, hold: undefined }
    }
    // Whoever asks again at once always wins against those who ask now and then: other processes get as long as their longest pause.
    if (seat.isYieldDue(YIELD_EVERY_MS)) await pause(seat.key, LONGEST_PAUSE_MS, wait)
    const token = randomHex(LEASE_TOKEN_BYTES)
    for (let longest = FIRST_PAUSE_MS; ; longest = Math.min(longest * 2, LONGEST_PAUSE_MS)) {
      let found: Acquired
      try {
        found = await locking.acquire(seat.key, { token, leaseMs: settings.leaseMs })
      } catch (error) {
        // The lease may have been taken although its answer was lost: it is sent back so that nobody waits for its end.
        inBackground(house, 'unlock', seat.key, locking.unlock({ key: seat.key, token }))
        throw error
      }
      if (found.kind === 'held') return { found, hold: new Hold(house, seat, found.lease) }
      if (found.kind !== 'busy') {
        seat.leave()
        return { found, hold: undefined }
      }
      if (house.queue.closedBy !== undefined) throw house.queue.closedBy
      await pause(seat.key, longest * (0.5 + Math.random() / 2), wait)
    }
  } catch (error) {
    seat.leave()
    throw error
  }
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
