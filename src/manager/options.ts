import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { LockingDriver, SessionDriver } from '../contracts/driver.ts'
import type { Serializer } from '../contracts/serializer.ts'
import type { CookieOptions } from '../http/cookie-options.ts'
import type { SessionBag } from '../session/session-bag.ts'
import type { Concurrency } from '../session/session-state.ts'
import type { MoveIn } from './move-in.ts'

/** How long sessions live. */
export interface LifetimeOptions {
  /**
   * The limits of an authenticator assurance level of NIST SP 800-63B-4, section 2, for what is not given here: `aal1` 30 days, `aal2` 24 hours and 1 hour
   * without use, `aal3` 12 hours and 15 minutes without use. Longer ones are refused beside it. Default: none.
   */
  readonly preset?: 'aal1' | 'aal2' | 'aal3' | undefined
  /** Seconds without use after which a session ends. Default: 7200, two hours. */
  readonly idleSeconds?: number | undefined
  /** Seconds after which a session ends however much it is used; 0 for no such limit. Default: 2592000, 30 days. */
  readonly absoluteSeconds?: number | undefined
  /** Seconds that `session.setLifetime` may ask for as `idleSeconds` at most. Default: as much as `idleSeconds`. */
  readonly maxIdleSeconds?: number | undefined
  /** Seconds that it may ask for as `absoluteSeconds` at most; 0 for no such limit. Default: as much as `absoluteSeconds`. */
  readonly maxAbsoluteSeconds?: number | undefined
  /**
   * A session that did not change records its use at most this often, and its cookie is renewed no more often; where the browser keeps the cookie for a
   * shorter time, after a tenth of that. At most a tenth of `idleSeconds`. Default: 60, or that tenth. With more, fewer writes, and idle time that counts
   * from the last recorded use.
   */
  readonly touchEverySeconds?: number | undefined
  /**
   * Seconds after which a session in use gets a new id by itself; what it holds, its token and its rights stay. Default: never.
   * @see OWASP Session Management Cheat Sheet, "Renewal Timeout".
   */
  readonly rotateEverySeconds?: number | undefined
  /**
   * Seconds during which requests that were under way with the old id are still understood after a change of id. Default: 30. More than a day are no more than
   * that: an old id is forgotten then.
   */
  readonly graceSeconds?: number | undefined
}

/** What to do about a session that is used from elsewhere. */
export type BindingAction = 'off' | 'report' | 'rotate' | 'reject'

/**
 * What to do when a session comes from another place than before. `off`: nothing. `report`: a `refused` event with the reason `binding`. `rotate`: that, and a new id.
 * `reject`: that, and the request gets a new session; the old one stays for whom it belongs to.
 * @see OWASP Session Management Cheat Sheet, "Binding the Session ID to Other User Properties".
 */
export interface BindingOptions {
  /** When the address is in another network, as `ipv4Bits` and `ipv6Bits` say. Default: `off`. */
  readonly ipAddress?: BindingAction | undefined
  /** When the user agent is another one. Browsers change theirs with each update. Default: `off`. */
  readonly userAgent?: BindingAction | undefined
  /** How many leading bits of an IPv4 address make the network. Default: 24. */
  readonly ipv4Bits?: number | undefined
  /** The same of IPv6. Default: 64. */
  readonly ipv6Bits?: number | undefined
}

/** How requests wait for each other. */
export interface LockOptions {
  /** Seconds that a request waits for a session before it fails. Default: 30. */
  readonly waitSeconds?: number | undefined
  /** Seconds after which the lock of a process that died is free. Renewed while a session is open. Default: 10. */
  readonly leaseSeconds?: number | undefined
  /** Seconds that one request may hold a session; then its `signal` aborts and its commit fails. Default: 60. */
  readonly maxHoldSeconds?: number | undefined
  /** Requests that may wait for one session in one process; the next fails at once. Default: 64. */
  readonly maxWaiters?: number | undefined
}

/** Options after the check: nothing is left open. */
export type Settled<Options> = { readonly [Name in keyof Options]-?: Exclude<Options[Name], undefined> }

/** How many sessions a user may have at once. */
export interface UserLimitOptions {
  /** So many. */
  readonly sessions: number
  /**
   * What a login beyond them does. `refuse`: it is not stored, and its request fails with `ERR_SESSION_LIMIT` (403). `evict-oldest`: the sessions that were used
   * longest ago end. `allow`: nothing but a `limit` event. Default: `evict-oldest`.
   */
  readonly whenReached?: 'refuse' | 'evict-oldest' | 'allow' | undefined
}

interface CommonOptions<Data> {
  /** Makes text of a session's data. Default: `new NativeSerializer()`. */
  readonly serializer?: Serializer | undefined
  /**
   * The cookie's name, before any prefix. Default: `ml_session`. It keeps no sessions apart: managers of different sessions need a folder, table or
   * prefix each, or the id of one's session opens it as the other's.
   */
  readonly name?: string | undefined
  readonly lifetime?: LifetimeOptions | undefined
  readonly lock?: LockOptions | undefined
  readonly cookie?: CookieOptions | undefined
  /**
   * A Standard Schema that what was stored must meet, such as one of zod or valibot. What does not meet it is unreadable: see
   * `onUnreadable`. Default: none.
   */
  readonly schema?: StandardSchemaV1<unknown, Data> | undefined
  /** Brings data that an older version of the application stored to the form of today, before the schema sees it. */
  readonly upgradeData?: ((data: Record<string, unknown>) => Record<string, unknown>) | undefined
  /** False gives drivers the id itself in place of its hash: only for a store that is shared with the PHP library. Default: true. */
  readonly hashIds?: boolean | undefined
  /**
   * When the store cannot be reached. `closed`: the request fails with 503. `anonymous`: it goes on with an empty session that takes no
   * writes. Default: `closed`.
   */
  readonly onStoreError?: 'closed' | 'anonymous' | undefined
  /**
   * When a record is there and cannot be read. `new`: the visitor gets a new session under a new id. `throw`: the request fails. The
   * record stays as it is either way. Default: `new`.
   */
  readonly onUnreadable?: 'new' | 'throw' | undefined
  /**
   * When a session was ended while a request held it. `anonymous`: the response goes out, nothing of it is stored. `throw`: the
   * request fails. Default: `anonymous`.
   */
  readonly onGone?: 'anonymous' | 'throw' | undefined
  /**
   * When somebody comes with an id that was replaced longer ago than `graceSeconds`: a thief, or whom the thief took it from. `report`: a `refused` event with
   * the reason `replaced-id`. `revoke`: the session that the id led to ends as well, where it was replaced by itself; a login leaves no way to it. Default: `report`.
   */
  readonly onReuse?: 'report' | 'revoke' | undefined
  /** What to do when a session comes from another place than before. Default: nothing. */
  readonly binding?: BindingOptions | undefined
  /** How many sessions a user may have at once. It needs a driver that lists. Default: any number. OWASP ASVS 7.1.2. */
  readonly maxPerUser?: UserLimitOptions | undefined
  /** Takes visitors over from the library that kept their sessions before: what `moveInFrom` of `holdfast/move-in` gives. Default: nobody. */
  readonly moveIn?: MoveIn | undefined
  /** Makes own bags, anew for each session. */
  readonly bags?: (() => readonly SessionBag[]) | undefined
  /**
   * Seconds between two collections of expired records, 0 for none. The process that opens the store collects; a store that expires
   * records by itself needs none. Default: 300.
   */
  readonly collectEverySeconds?: number | undefined
  /** Unix milliseconds, for a new session's bags. It moves no limit: those are on the store's clock. Default: `Date.now`. */
  readonly clock?: (() => number) | undefined
}

/**
 * What a `SessionManager` is made of. `exclusive` needs a driver with locks, unless `assumeSingleProcess: true` says that the
 * manager's own queue is all the locking there is to be.
 */
export type SessionManagerOptions<Data> = CommonOptions<Data> &
  (
    | { readonly driver: LockingDriver; readonly concurrency?: Concurrency | undefined; readonly assumeSingleProcess?: boolean | undefined }
    | { readonly driver: SessionDriver; readonly concurrency?: Concurrency | undefined; readonly assumeSingleProcess: true }
    | { readonly driver: SessionDriver; readonly concurrency: 'merge' | 'readonly'; readonly assumeSingleProcess?: boolean | undefined }
  )
