import type { LockingDriver, SessionDriver } from '../contracts/driver.ts'
import type { Serializer } from '../contracts/serializer.ts'
import type { CookiePolicy } from '../http/cookie.ts'
import type { SessionId, StoreKey } from '../session/id.ts'
import type { LifetimeBounds } from '../session/own-lifetime.ts'
import type { SessionBag } from '../session/session-bag.ts'
import type { DataCheck } from './data-schema.ts'
import type { EventHub } from './event-hub.ts'
import type { OpenRequest, OpenSession } from './open-session.ts'

/** What stands before a manager's own sessions while visitors move in from another library: `moveInFrom` of `holdfast/move-in` makes it. */
export interface MoveIn {
  /** Opens the session of a request in the manager's place. It rejects with what `SessionManager.open` rejects with. */
  open<Data extends object>(house: MoveInHouse, request: OpenRequest, own: OwnWay<Data>): OpenSession<Data> | Promise<OpenSession<Data>>
  /** Sessions are about to be ended: what has not moved in yet, and is theirs, will not any more. */
  revoke(house: MoveInHouse, whose: Revoked): Promise<void>
}

/** Whose sessions are ended. */
export type Revoked = 'everybody' | { readonly userId: string | number | undefined }

/** How the manager itself would open a request's session. */
export interface OwnWay<Data extends object> {
  /** The ids that the request brings. */
  readonly ids: readonly SessionId[]
  /** Opens the first of some ids that the store knows, else a new session. */
  open(ids: readonly SessionId[]): Promise<OpenSession<Data>>
  openNew(): OpenSession<Data>
}

/** What it is given of the manager's house. */
export interface MoveInHouse {
  readonly driver: SessionDriver
  readonly locking: LockingDriver | undefined
  readonly serializer: Serializer
  readonly settings: LifetimeBounds & { readonly waitSeconds: number; readonly leaseMs: number }
  readonly cookie: CookiePolicy
  readonly events: EventHub
  readonly checkData: DataCheck | undefined
  readonly clock: () => number
  keyOf(id: SessionId): StoreKey | Promise<StoreKey>
  newBags(): readonly SessionBag[]
  /** Opens the store; `undefined` when it is open. */
  ready(): Promise<void> | undefined
}
