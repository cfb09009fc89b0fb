// What a run of the proof records: every request of every client, what it was answered, and what the store had left in the end.

/** A session id by its hash, so that a printed history opens nothing. */
export type IdName = string

/** What a handler found in the session it was given, before it changed anything. */
export interface Seen {
  /** The name of the session, as its `create` wrote it. */
  readonly mark: string
  /** What was last written by a `write`; `undefined` before the first. */
  readonly value: number | undefined
  /** How many increments there were. */
  readonly counter: number
  /** A second counter, which every increment raises in the same request as the first: half a record has two that differ. */
  readonly twin: number
}

/** The time that a handler had the session. Milliseconds of the history's clock. */
export interface Span {
  readonly enteredAt: number
  /** When the handler was done, which is before the commit. */
  readonly leftAt: number
}

/** What came back. */
export interface Answer {
  /** `new`: the handler was given a session without anything in it, and did nothing, or what a `create` does. */
  readonly saw: Seen | 'new'
  /** Under which id the session was when the handler was done. `undefined`: it has none, or nobody told. */
  readonly servedUnder?: IdName | undefined
  /** What the answer made of the client's cookie. `undefined`: it left it as it was. */
  readonly cookie?: { readonly given: IdName } | 'removed' | undefined
  readonly held?: Span | undefined
}

/** A request as it was sent. */
export interface Request {
  /** Different from that of every other request of the history. */
  readonly name: string
  /** Who sent it. */
  readonly process: string
  /** The session that it is about, by the name that its `create` gives it: the same through all its ids. */
  readonly session: string
  /** The id that it came by. `undefined`: it brought no cookie. */
  readonly cameBy?: IdName | undefined
  /** That id was never given out by a server. */
  readonly isInvented?: boolean
  readonly concurrency: 'exclusive' | 'merge' | 'readonly'
  /** Milliseconds of one clock that never goes back, the same for all processes of the history. */
  readonly invokedAt: number
}

/** What a request is to do. All but `create` do nothing to a session that has no `mark`. */
export type Deed =
  /** Writes the session's name to it, counters of 0 and no value. */
  | { readonly kind: 'create' }
  | { readonly kind: 'read' }
  | { readonly kind: 'write'; readonly argument: number }
  /** Raises both counters by 1. */
  | { readonly kind: 'increment' }
  /** Gives it a new id. `endsOld`: the old one leads nowhere from then on (a login); else it leads to the session for a while. */
  | { readonly kind: 'regenerate'; readonly endsOld: boolean }
  | { readonly kind: 'destroy' }

/** How a request ended. */
export type Ending =
  /** Done, and said to be done. */
  | { readonly outcome: 'ok'; readonly endedAt: number; readonly answer: Answer }
  /** Certainly not done. */
  | { readonly outcome: 'fail'; readonly endedAt: number; readonly answer?: Answer | undefined }
  /** Done at any time after it was sent, or never. */
  | { readonly outcome: 'unknown'; readonly endedAt?: number | undefined; readonly answer?: Answer | undefined }

export type Operation = Request & Deed & Ending

/** A record as it lies in the store. */
export interface StoredSession {
  /** What the store calls it. */
  readonly key: string
  /** `marker`: it only leads from an old id to a new one. `unreadable`: it cannot be read as any record. */
  readonly content: Seen | 'marker' | 'unreadable'
}

/** The cookie that a client had in the end, and what a request with it found. */
export interface LastCookie {
  readonly process: string
  readonly session: string
  readonly id: IdName
  /** `unanswered`: the last request failed though all faults were over. */
  readonly found: Seen | 'new' | 'unanswered'
}

/** What is there when all faults are over, nobody has asked for anything for longer than a lease lasts, and `gc` has run. */
export interface Leftovers {
  readonly records: readonly StoredSession[]
  /** Leases that live, and locks that are held: what the store calls them. */
  readonly locks: readonly string[]
  /** Parts without their whole: an index entry without its record, a record that never expires, a temporary file. In words. */
  readonly pieces: readonly string[]
  readonly cookies: readonly LastCookie[]
}

export const NOTHING_LEFT: Leftovers = { records: [], locks: [], pieces: [], cookies: [] }
