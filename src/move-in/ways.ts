import type { Acquired, Lease, MarkerWrite, RecordWrite } from '../contracts/driver.ts'
import type { LockingDriver } from '../contracts/driver.ts'
import type { MoveInHouse } from '../manager/move-in.ts'
import { SessionError, SessionLockError } from '../session/errors.ts'
import { hashAsStoreKey, newSessionId } from '../session/id.ts'
import type { StoreKey } from '../session/id.ts'
import { randomHex } from '../session/random.ts'
import { sha256 } from '../session/sha256.ts'
import type { OldSession } from './old-session.ts'

// In the store each old session has a key of its own, under which a marker shows the way to the new one: the manager's own markers do that for a change of id.
// The key is no hash of an id, so that no cookie of ours leads there.

/** A claim that is not carried out, since its process died, is forgotten after so long. */
const CLAIM_MS = 60_000
const MOST_TRIES = 10
const LONGEST_PAUSE_MS = 10

/** A house whose driver has locks, and for how long ways are kept. */
export interface Ground {
  readonly house: MoveInHouse
  readonly locking: LockingDriver
  readonly lastsMs: number
}

/** Who asks, as far as waiting goes. */
export interface Asker {
  readonly signal?: AbortSignal | undefined
  readonly isAborted?: boolean | undefined
}

/** Under which key the way of an old session is kept. */
export async function keyOfOld({ source, identity }: Pick<OldSession, 'source' | 'identity'>): Promise<StoreKey> {
  return hashAsStoreKey(await sha256(`holdfast move-in\n${source.cookieName}\n${identity}`))
}

/**
 * Takes the lease of a way, and waits while another request has it.
 * @throws {SessionLockError} `ERR_SESSION_LOCK_TIMEOUT`; `SessionError` when the wait was aborted or the store failed.
 */
export async function takeWay({ house, locking }: Ground, key: StoreKey, asker: Asker = {}): Promise<Exclude<Acquired, { kind: 'busy' }>> {
  const { waitSeconds, leaseMs } = house.settings
  const deadline = performance.now() + waitSeconds * 1000
  for (;;) {
    const token = randomHex(16)
    let found: Acquired
    try {
      found = await locking.acquire(key, { token, leaseMs })
    } catch (error) {
      giveBack({ house, locking }, key, token)
      throw error
    }
    if (found.kind !== 'busy') return found
    if (asker.isAborted ?? asker.signal?.aborted === true) throw SessionError.aborted(asker.signal?.reason)
    if (performance.now() >= deadline) throw SessionLockError.timeout(key, waitSeconds)
    await new Promise((resolve) => setTimeout(resolve, LONGEST_PAUSE_MS * (0.2 + 0.8 * Math.random())))
  }
}

/** Gives a way's lease back. Should that fail, it ends by itself. */
export function giveBack({ house, locking }: Pick<Ground, 'house' | 'locking'>, key: StoreKey, token: string): void {
  locking.unlock({ key, token }).catch((cause: unknown) => house.events.emit('trouble', { operation: 'unlock', key, cause }))
}

/** Notes that a way is being made, if nobody has: whoever takes its lease then goes on. */
export async function claimWay({ house, locking }: Ground, key: StoreKey): Promise<void> {
  await locking.insert(key, await emptyRecord(house, key, CLAIM_MS))
}

/** What is left at the way: where it leads, for one who has the old cookie's secret; nowhere without a salt. */
export function markerFor({ lastsMs }: Ground, salt: string | undefined): MarkerWrite {
  return { reason: salt === undefined ? 'login' : 'rotation', salt, minimumMs: lastsMs, maximumMs: lastsMs, writeToken: randomHex(16) }
}

/**
 * Closes a way for good, unless it is marked already, and answers whether it did.
 * @param marker By default one that leads nowhere.
 */
export async function closeWay(ground: Ground, key: StoreKey, marker: MarkerWrite = markerFor(ground, undefined)): Promise<boolean> {
  for (let tries = 1; tries <= MOST_TRIES; tries++) {
    const found = await takeWay(ground, key)
    if (found.kind === 'marker') return false
    if (found.kind === 'absent') {
      await claimWay(ground, key)
      continue
    }
    if ((await markWay(ground, found.lease, marker)) === 'marked') return true
  }
  throw SessionError.driverFailed('move-in', 'The way of an old session could not be closed. Try again.')
}

/** Puts a marker at a way whose lease is held, and answers whether it did; `unsure` where the store does not say. */
export async function markWay({ house, locking }: Ground, lease: Lease, marker: MarkerWrite): Promise<'marked' | 'unmarked' | 'unsure'> {
  // A marker comes about only where something moves away: an empty record, which is removed at once.
  const away = await house.keyOf(newSessionId())
  const record = await emptyRecord(house, away, 1)
  const done = await locking.replace(lease, away, record, marker, { leaseMs: house.settings.leaseMs })
  if (done.kind !== 'written') return done.kind === 'lost' && done.isUnsure === true ? 'unsure' : 'unmarked'
  await locking.destroy(away)
  return 'marked'
}

async function emptyRecord({ serializer }: MoveInHouse, key: StoreKey, lastsMs: number): Promise<RecordWrite> {
  const payload = await serializer.prepare({}, { key, field: 'payload' })
  const flash = await serializer.prepare({}, { key, field: 'flash' })
  return {
    payload: payload ?? '',
    flash: flash ?? '',
    handle: randomHex(12),
    createdAt: 'now',
    authenticatedAt: undefined,
    regeneratedAt: undefined,
    userId: undefined,
    ipAddress: undefined,
    userAgent: undefined,
    durations: { idleMs: lastsMs, absoluteMs: undefined },
    writeToken: randomHex(16),
  }
}
