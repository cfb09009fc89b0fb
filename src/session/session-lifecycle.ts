/** What becomes of the old id and the token. */
export interface RegenerateOptions {
  /** True at a login or any change of rights: from then on the old id opens nothing. Default: false. */
  readonly destroy?: boolean | undefined
  /** Keeps the CSRF token. Default: false, a token seen before a login is worth nothing after it. */
  readonly keepToken?: boolean | undefined
}

/** What becomes of the session once it is stored. */
export interface SaveOptions {
  /** Stores what was set and goes on under the lock. Default: true inside an adapter, false otherwise. */
  readonly keepOpen?: boolean | undefined
}

/** How a session is watched. */
export interface WatchOptions {
  /**
   * Seconds between two looks at the store, above 0: an end that came about in another process is told so late at most. All who watch one session share each
   * look, at the pace of the most eager. Default: 15.
   */
  readonly everySeconds?: number | undefined
  /** Ends the watching: the answer is `stopped`. */
  readonly signal?: AbortSignal | undefined
}

/**
 * How a session that was watched has ended.
 *
 * `revoked`: somebody ended it, by a logout, a revocation, or a login that replaced it. `expired`: it was not used for too long, it is too old, or the store
 * could not be asked until its last known end had passed. `stopped`: the session may live, but nobody watches it any more, since the signal was aborted or the
 * manager closed.
 */
export interface SessionEnd {
  readonly reason: 'revoked' | 'expired' | 'stopped'
}

/** What a session asks of whoever opened it: the acts that need the store. */
export interface SessionLifecycle {
  readonly name: string
  readonly signal: AbortSignal
  readonly handle: string | undefined
  start(id: string | undefined): Promise<boolean>
  save(options: SaveOptions): Promise<void>
  release(): Promise<void>
  regenerate(options: RegenerateOptions): Promise<void>
  invalidate(): Promise<void>
  destroy(): Promise<void>
  reload(): Promise<void>
  watch(options: WatchOptions): Promise<SessionEnd>
}
