import type { StoreKey } from '../session/id.ts'

/** Which write made a record: a counter, and the random token of that write. A condition compares both. */
export interface Version {
  readonly counter: number
  readonly writeToken: string
}

/** What a store keeps about a session beside its contents. Instants are Unix milliseconds on the store's clock. */
export interface RecordMetadata {
  /** Public random name of the session. It survives a change of id and may be shown to its user. */
  readonly handle: string
  readonly createdAt: number
  /** When the user last proved who they are; the absolute limit counts from here, else from `createdAt`. */
  readonly authenticatedAt: number | undefined
  /** When the id last changed. */
  readonly regeneratedAt: number | undefined
  readonly lastActivity: number
  /** When the record stops existing. */
  readonly expiresAt: number
  readonly userId: string | undefined
  readonly ipAddress: string | undefined
  readonly userAgent: string | undefined
}

/** One session as a driver gives it. `payload` and `flash` are texts made by a serializer; a driver never looks inside. */
export interface StoredRecord extends RecordMetadata {
  readonly payload: string
  readonly flash: string
  readonly version: Version
}

/** What stays under a replaced key. It has no payload, is listed nowhere and is no session. */
export interface Marker {
  /** Unix milliseconds on the store's clock. */
  readonly replacedAt: number
  /** `login`: the old id opens nothing. `rotation`: who has the old id and the salt can find the successor. */
  readonly reason: 'login' | 'rotation'
  readonly salt: string | undefined
}

/** How long a record lives, as durations: the driver makes instants of them on the store's clock. */
export interface Durations {
  /** Milliseconds until the record ends when nobody uses it again. */
  readonly idleMs: number
  /** Milliseconds from `authenticatedAt`, else from `createdAt`, that no use can extend. `undefined`: no such limit. */
  readonly absoluteMs: number | undefined
}

/** A record to be written. `'now'` becomes the store's now, and so does an instant in the future; `lastActivity` is always now. */
export interface RecordWrite {
  readonly payload: string
  readonly flash: string
  readonly handle: string
  /** Carried over from the record that was read; `'now'` for a new session. */
  readonly createdAt: number | 'now'
  readonly authenticatedAt: number | 'now' | undefined
  readonly regeneratedAt: number | 'now' | undefined
  readonly userId: string | undefined
  readonly ipAddress: string | undefined
  readonly userAgent: string | undefined
  readonly durations: Durations
  /** Random and new for each write: it becomes the version's token, by which a write of unknown outcome is recognised. */
  readonly writeToken: string
}

/** A marker to be written. It lives as long as what it replaces would have, within the two bounds. */
export interface MarkerWrite {
  readonly reason: 'login' | 'rotation'
  readonly salt: string | undefined
  readonly minimumMs: number
  readonly maximumMs: number
  readonly writeToken: string
}

/** What lives under a key, with the store's clock at that moment. */
export type Found =
  | { readonly kind: 'record'; readonly record: StoredRecord; readonly now: number }
  | { readonly kind: 'marker'; readonly marker: Marker; readonly now: number }

/** Result of a conditioned write. */
export type UpdateResult =
  | { readonly kind: 'written'; readonly version: Version; readonly expiresAt: number }
  /** Absent, expired, or a marker. */
  | { readonly kind: 'gone' }
  /** Another write came between. */
  | { readonly kind: 'conflict' }
  /** Another holds a live lease. */
  | { readonly kind: 'busy' }

/** What a `destroy` found. */
export type Destroyed = { readonly kind: 'nothing' } | { readonly kind: 'record' } | { readonly kind: 'marker'; readonly marker: Marker }

/** How much a collection may do before it stops. */
export interface GcOptions {
  /** Records removed in one step before others get their turn. Default: the driver's. */
  readonly batchSize?: number
  readonly signal?: AbortSignal
}

/**
 * Keeps session records, and nothing else: it knows no cookie, no serializer, no HTTP.
 *
 * A record past its `expiresAt` does not exist: every method treats it as absent.
 * A record under a live lease does not expire.
 * Absent is an answer; a record that is there and cannot be read rejects with `ERR_SESSION_UNREADABLE`.
 * A store that failed rejects with `ERR_SESSION_DRIVER_FAILED` and its `cause`.
 * Neither changes what is stored.
 */
export interface SessionDriver {
  /** Short name for events and messages, such as `file`. */
  readonly name: string
  /** True when the store removes expired records by itself, so that no collector is needed. */
  readonly expiresByItself: boolean
  /**
   * True when no answer can stay away: it is there at once, or the driver has a bound of its own, at which it rejects with
   * `ERR_SESSION_DRIVER_FAILED`. Left out: the manager watches the time that each answer takes.
   */
  readonly boundsAnswers?: boolean
  /** Checks the folder, table or server. A second call does nothing. */
  open(): Promise<void>
  /** Gives back what the driver holds, its leases included. A second call does nothing. */
  close(): Promise<void>
  /** Reads what lives under a key; `undefined` when there is nothing. A read changes nothing. */
  read(key: StoreKey): Promise<Found | undefined>
  /**
   * Adds a record: the only way one comes to be. Answers `undefined`, and changes nothing, when the key is taken.
   * A marker takes its key. The first version's counter is 1.
   */
  insert(key: StoreKey, record: RecordWrite): Promise<{ readonly version: Version; readonly expiresAt: number } | undefined>
  /** Replaces a record at the version given. It never inserts, and each write raises the version. */
  update(key: StoreKey, record: RecordWrite, version: Version): Promise<UpdateResult>
  /**
   * Renews `lastActivity` and the expiry, and leaves the version. The expiry moves later only.
   * With a version it is refused at another one.
   */
  touch(key: StoreKey, durations: Durations, version?: Version): Promise<UpdateResult>
  /**
   * Removes what lives under a key with its lease and index entries, whoever holds it, and says what was there.
   * The marker of a rotation stays: it leads to what is to end as well, and whoever ends that may have to come back.
   */
  destroy(key: StoreKey): Promise<Destroyed>
  /** Removes expired records and markers in batches that stall nobody. Answers how many. */
  gc(options?: GcOptions): Promise<number>
}

/** The right to write one record for a while. */
export interface Lease {
  readonly key: StoreKey
  /** Random 128 bits in hex, kept with the record while the lease lives. */
  readonly token: string
  /** The version that was read when the lease was taken. */
  readonly version: Version
}

/** Result of asking for a lease. */
export type Acquired =
  | { readonly kind: 'held'; readonly lease: Lease; readonly record: StoredRecord; readonly now: number }
  /** Another holds it. */
  | { readonly kind: 'busy' }
  | { readonly kind: 'absent' }
  /** No lease was taken. */
  | { readonly kind: 'marker'; readonly marker: Marker; readonly now: number }

/** Result of a write under a lease. */
export type CommitResult =
  | {
      readonly kind: 'written'
      readonly version: Version
      readonly expiresAt: number
      /** The lease that goes on, when `keepLease` asked for one. */
      readonly lease: Lease | undefined
      /** True when the reply was lost and the write was found by reading back: it is not handed on. */
      readonly readBack: boolean
    }
  /** Destroyed, expired or replaced while it was held. */
  | { readonly kind: 'gone' }
  /**
   * The lease ended, or another wrote. Nothing was written, unless `isUnsure`: then the reply was lost and another has written since, on top of
   * this write or instead of it.
   */
  | { readonly kind: 'lost'; readonly isUnsure?: boolean }

/** Which lease is asked for. */
export interface AcquireOptions {
  /** The caller makes it, so that an acquire of unknown outcome can be given back. */
  readonly token: string
  /** Milliseconds after which the lease ends unless renewed. */
  readonly leaseMs: number
}

/** What becomes of the lease, and of a record that is not written. */
export interface CommitOptions {
  /** Token of the lease that goes on under a new name. Left out, the lease is given back. */
  readonly keepLease?: string | undefined
  /** For a commit of nothing: renews `lastActivity` and the expiry while giving back. */
  readonly touch?: Durations | undefined
  /** Milliseconds of the lease that goes on. */
  readonly leaseMs: number
}

/**
 * Keeps one lease a record, beside it. Each method but `replace` is one atomic step on the record's own key.
 */
export interface LockingDriver extends SessionDriver {
  /**
   * Takes the lease and reads, in one step. It does not wait: while another's lease lives, the answer is `busy`.
   * The token that already holds it is answered as held.
   * Absent or a marker: no lease is left behind.
   */
  acquire(key: StoreKey, options: AcquireOptions): Promise<Acquired>
  /**
   * Writes under the lease and gives it back. Refused unless the lease is held and the record is at the version read.
   * Without a record it only gives the lease back. A record that was destroyed under the lease is `gone`.
   * With `keepLease` the lease goes on under the new token and the old token holds nothing.
   */
  commit(lease: Lease, record: RecordWrite | undefined, options: CommitOptions): Promise<CommitResult>
  /**
   * Moves a session to a new key: inserts the record there, then puts the marker, or nothing, under the old key.
   * When the old record is gone or another has written it, the new record is destroyed. A crash in between leaves the old record whole.
   * With `keepLease` the new key is held under that token.
   */
  replace(
    lease: Lease,
    newKey: StoreKey,
    record: RecordWrite,
    marker: MarkerWrite | undefined,
    options: CommitOptions,
  ): Promise<CommitResult>
  /** Gives the lease more time. `false` once it has ended, and then it changes nothing. */
  renew(lease: Lease, leaseMs: number): Promise<boolean>
  /** Gives the lease back. `false` when it was not held any more: another's lease is never touched. */
  unlock(lease: { readonly key: StoreKey; readonly token: string }): Promise<boolean>
}

/** One session in a list: no payload, no flash. */
export interface ListedSession extends RecordMetadata {
  readonly key: StoreKey
}

/** Which sessions a list shows. */
export interface ListOptions {
  /** Only this user's sessions. Left out: all. */
  readonly userId?: string
  /** Where the page before ended. */
  readonly cursor?: string | undefined
  /** Sessions a page. Default: 100. */
  readonly limit?: number
}

/** One page of a list. */
export interface ListPage {
  readonly sessions: readonly ListedSession[]
  /** `undefined` on the last page. */
  readonly cursor: string | undefined
}

/** Finds sessions by their user. */
export interface ListingDriver extends SessionDriver {
  /**
   * Lists live sessions page by page, without payloads and without markers. A page may be short; the cursor says whether more follow.
   * A cursor that cannot be one of a page rejects with `ERR_SESSION_INVALID_ARGUMENT`.
   */
  list(options?: ListOptions): Promise<ListPage>
  /**
   * Destroys every session of a user, those whose login is under way included, and answers how many.
   * The session with the handle `exceptHandle` stays.
   */
  revokeUser(userId: string, options?: { readonly exceptHandle?: string | undefined }): Promise<number>
}

/** Texts that take the place of those that a record has. */
export interface TextsWrite {
  readonly payload: string
  readonly flash: string
  /** Random and new for each write: it becomes the version's token. */
  readonly writeToken: string
}

/** Gives a record other texts without using the session: for whoever seals what is stored anew, under another key. */
export interface RewritingDriver extends SessionDriver {
  /**
   * Replaces the texts of a record at the version given, and raises the version.
   * All else stays: user, instants, and the expiry above all, since nobody used the session.
   * Under another's live lease it is `busy`. It never inserts.
   * Of unknown outcome it is not sent again: it rejects with `ERR_SESSION_DRIVER_FAILED`.
   * A copy that somebody else sends again is refused by the version.
   */
  rewrite(key: StoreKey, texts: TextsWrite, version: Version): Promise<UpdateResult>
}
