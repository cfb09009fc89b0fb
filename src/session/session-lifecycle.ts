/** What becomes of the old id and the token. */
export interface RegenerateOptions {
  /** True at a login or any change of rights: from then on the old id opens nothing. Default: false. */
  readonly destroy?: boolean
  /** Keeps the CSRF token. Default: false, a token seen before a login is worth nothing after it. */
  readonly keepToken?: boolean
}

/** What becomes of the session once it is stored. */
export interface SaveOptions {
  /** Stores what was set and goes on under the lock. Default: true inside an adapter, false otherwise. */
  readonly keepOpen?: boolean
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
}
