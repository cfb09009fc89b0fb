/** A named part of a session's data. Own bags implement this and are handed to the manager as `bags: () => [...]`. */
export interface SessionBag {
  /** What `session.bag(name)` asks for. */
  readonly name: string
  /** Where the bag's data lives among the attributes. It is reserved: no attribute can have this name. */
  readonly storageKey: string
  /** Takes over what was stored, an empty object for a new session. What the bag keeps must stay in this object. */
  initialize(data: Record<string, unknown>): void
  /** Empties the bag and returns what it held. */
  clear(): Record<string, unknown>
}

/** Called by a bag before each change: it throws when the session takes none. */
export type WriteGuard = () => void
