import type { StoreKey } from '../session/id.ts'

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
  | 'store-error'
  | 'csrf'

interface SessionEvent {
  /** Hash of the session's id; `undefined` while there is none, and with `hashIds: false`. */
  readonly key: StoreKey | undefined
}

/** What can be listened to with `sessions.on`. No event holds an id, a token or a payload. */
export interface SessionEvents {
  /** A record came to be. */
  readonly created: SessionEvent
  /** A changed session was stored. */
  readonly committed: SessionEvent
  /** A request failed, and nothing that it set was stored. */
  readonly discarded: SessionEvent & { readonly cause: unknown }
  /** A session moved to a new id. */
  readonly regenerated: SessionEvent & { readonly oldKey: StoreKey | undefined; readonly reason: 'login' | 'rotation' }
  /** A session was ended by `destroy` or `invalidate`. */
  readonly destroyed: SessionEvent
  /** A request was refused something: see `reason`. */
  readonly refused: SessionEvent & { readonly reason: RefusalReason; readonly cause: unknown }
  /** Something failed where no request could be told: giving back a lease, renewing, collecting. Nothing is lost by it. */
  readonly trouble: SessionEvent & { readonly operation: string; readonly cause: unknown }
  /** The collector removed expired records. */
  readonly collected: SessionEvent & { readonly removed: number }
}

/** What can be listened to, by its name. */
export type SessionEventKind = keyof SessionEvents

/** What `sessions.on` calls. What it throws stops nothing. */
export type SessionListener<Kind extends SessionEventKind> = (event: SessionEvents[Kind]) => void
