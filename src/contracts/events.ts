import type { StoreKey } from '../session/id.ts'
import type { Concurrency } from '../session/session-state.ts'

/** Why a request was not given the session, or the write, that it asked for. */
export type RefusalReason =
  | 'unknown-id'
  | 'replaced-id'
  | 'unreadable'
  | 'lock-timeout'
  | 'queue-full'
  | 'lock-self'
  | 'lock-lost'
  | 'gone'
  | 'conflict'
  | 'store-error'
  | 'limit'
  | 'not-fresh'
  | 'binding'
  | 'csrf'
  | 'cross-site'

interface SessionEvent {
  /** Hash of the session's id; `undefined` while there is none, and with `hashIds: false`. */
  readonly key: StoreKey | undefined
}

interface Failed {
  readonly cause: unknown
  /**
   * Why a sealed text did not open, which the error itself does not say: `unknown-key`, `retired-key`, `not-authentic` (changed, moved, or another
   * key under this name), `malformed`, `unknown-version`, `not-sealed`.
   */
  readonly detail?: string | undefined
}

/** How far `reseal` is. */
export interface ResealProgress {
  /** Sessions that were looked at. */
  readonly examined: number
  /** Sessions that were sealed anew. */
  readonly resealed: number
  /** Sessions left for a next time: a request held them, or had just written them, which seals them anew as well. */
  readonly skipped: number
  /** Sessions that cannot be read or opened. They were left as they are; each is a `trouble`. */
  readonly unreadable: number
  /** Whether all were looked at. */
  readonly isDone: boolean
  /** Where to go on; `undefined` at the beginning and at the end. Events have none with `hashIds: false`, where it would hold ids. */
  readonly cursor: string | undefined
}

/** What can be listened to with `sessions.on`. No event holds an id, a token or a payload. */
export interface SessionEvents {
  /** A record came to be. */
  readonly created: SessionEvent
  /**
   * A request got its stored session. `waitedMs`: milliseconds from asking to having it, the store's answer and in `exclusive` mode the wait for the lock
   * included. A request that begins a new session got none.
   */
  readonly started: SessionEvent & { readonly mode: Concurrency; readonly waitedMs: number }
  /** A changed session was stored. */
  readonly committed: SessionEvent
  /** A request failed, and nothing that it set was stored. */
  readonly discarded: SessionEvent & { readonly cause: unknown }
  /** A session moved to a new id. */
  readonly regenerated: SessionEvent & { readonly oldKey: StoreKey | undefined; readonly reason: 'login' | 'rotation' }
  /** A session was ended by `destroy` or `invalidate`. */
  readonly destroyed: SessionEvent
  /** The lock of a session was given back, handed on or lost. `heldMs`: milliseconds that it was held. `lost`: why, where its holder was not done. */
  readonly released: SessionEvent & { readonly heldMs: number; readonly lost: 'ended' | 'held-too-long' | undefined }
  /**
   * A request came with the id of a session that has ended by its limits and that the store still has: they were made shorter since, or another
   * request holds it. What the store itself has dropped cannot be told from what never was, and is `refused`, with `unknown-id`; what the collector
   * removes is counted by `collected`.
   */
  readonly expired: SessionEvent
  /**
   * A request was refused something: see `reason`. `ipAddress`: only with `unknown-id` and `replaced-id`, where a request came from whose id opens nothing, as
   * the adapter knows it. Many from one address are guesses: a limiter can count them. OWASP Session Management Cheat Sheet, "Session ID Guessing".
   */
  readonly refused: SessionEvent & Failed & { readonly reason: RefusalReason; readonly ipAddress?: string | undefined }
  /** Something failed where no request could be told: giving back a lease, renewing, collecting, fetching keys, looking at a watched session. Nothing is lost by it. */
  readonly trouble: SessionEvent & Failed & { readonly operation: string }
  /** The collector removed expired records. */
  readonly collected: SessionEvent & { readonly removed: number }
  /** Sessions were ended from outside: by their handle, by their user, because the user had too many, or because an old id was used again. */
  readonly revoked: SessionEvent & {
    readonly reason: 'handle' | 'others' | 'user' | 'all' | 'limit' | 'reuse'
    readonly userId: string | undefined
    readonly removed: number
  }
  /** A login brought a user beyond `maxPerUser`: so many sessions there were with it, or, where it was refused, may be. */
  readonly limit: SessionEvent & { readonly userId: string; readonly sessions: number }
  /** Stored sessions were sealed anew: how far `reseal` is. */
  readonly resealed: SessionEvent & ResealProgress
}

/** What can be listened to, by its name. */
export type SessionEventKind = keyof SessionEvents

/** What the diagnostics channel `holdfast:session:KIND` gets, such as `holdfast:session:refused`: the event, and which manager's. */
export type SessionMessage<Kind extends SessionEventKind = SessionEventKind> = SessionEvents[Kind] & {
  readonly kind: Kind
  /** The manager's cookie name, before any prefix. */
  readonly manager: string
}

/** What `sessions.on` calls. What it throws stops nothing. */
export type SessionListener<Kind extends SessionEventKind> = (event: SessionEvents[Kind]) => void
