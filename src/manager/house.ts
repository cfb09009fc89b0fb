import type { SessionDriver, LockingDriver } from '../contracts/driver.ts'
import type { RefusalReason } from '../contracts/events.ts'
import type { Serializer } from '../contracts/serializer.ts'
import type { CookiePolicy } from '../http/cookie.ts'
import type { SessionId, StoreKey } from '../session/id.ts'
import type { SessionBag } from '../session/session-bag.ts'
import type { Concurrency } from '../session/session-state.ts'
import type { DataCheck } from './data-schema.ts'
import type { EventHub } from './event-hub.ts'
import type { LockQueue } from './lock-queue.ts'
import type { MergeQueue } from './merge-queue.ts'
import type { Registry } from './registry.ts'
import type { Renewal } from './renewal.ts'
import type { Settings } from './settings.ts'
import type { Watches } from './watch.ts'

/** What one manager's sessions share. None of it belongs to a request. */
export interface House {
  /** The manager itself, to be compared. */
  readonly manager: object
  readonly name: string
  readonly driver: SessionDriver
  /** The driver again, where it keeps leases. */
  readonly locking: LockingDriver | undefined
  readonly renewal: Renewal
  readonly serializer: Serializer
  readonly settings: Settings
  readonly cookie: CookiePolicy
  readonly queue: LockQueue
  readonly merges: MergeQueue
  readonly events: EventHub
  readonly registry: Registry
  readonly watches: Watches
  readonly checkData: DataCheck | undefined
  readonly clock: () => number
  keyOf(id: SessionId): StoreKey | Promise<StoreKey>
  newBags(): readonly SessionBag[]
  /** How a request that asks for this meets others. @throws {SessionError} `ERR_SESSION_CONFIG`. */
  modeOf(wanted: Concurrency | undefined): Concurrency
  /** Opens the store; `undefined` when it is open. */
  ready(): Promise<void> | undefined
}

/** A driver of somebody else's may throw where it should reject. */
export function asked<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return ask()
  } catch (error) {
    return Promise.reject(error)
  }
}

/** Tells listeners that a request was refused something. */
export function refuse(house: House, reason: RefusalReason, key: StoreKey | undefined, cause: unknown): void {
  house.events.emit('refused', { reason, key, cause })
}

/**
 * Does something in the background that no response waits for. A failure is an event: it loses nothing, since a lease that was not
 * given back ends by itself. The manager's `close` waits for it.
 */
export function inBackground(house: House, operation: string, key: StoreKey, work: Promise<unknown>): void {
  house.registry.follow(work, (cause) => house.events.emit('trouble', { operation, key, cause }))
}

/** Waits for work, but not longer than this. */
export async function atMost(ms: number, work: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, Math.min(ms, 2 ** 31 - 1)) // Past that it would go off at once.
  })
  await Promise.race([work, patience])
  clearTimeout(timer)
}
