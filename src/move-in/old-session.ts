import type { Cookies } from 'cookie'

/** What an old session holds, in the form that it is to have here. */
export interface OldContents {
  readonly data: Readonly<Record<string, unknown>>
  readonly userId: string | number | undefined
  /** When its user logged in, in Unix milliseconds. */
  readonly authenticatedAt: number | undefined
  /** As the old library keeps it. */
  readonly raw: Readonly<Record<string, unknown>>
  /** Which write from here it stems from, if any. */
  readonly stamp: string | undefined
}

/** An old session whose cookie a request brings. */
export interface OldSession {
  readonly source: OldSource
  /** Names it among those of its source. */
  readonly identity: string
  /** What only the cookie's owner knows: the way to the new session is made of it, so that no store alone shows it. */
  readonly secret: string
  /** Gives what it holds; `undefined` when it is no session, or none any more. */
  read(): Promise<OldContents | undefined>
}

/** Where visitors may come from: what `connectSid` and `ironSession` make. */
export interface OldSource {
  /** Name of the old cookie. */
  readonly cookieName: string
  /** How long an old session can live without its application: for that long it is remembered that it has moved. */
  readonly lifetimeMs: number
  /** The old sessions' store; `undefined` for those that live in their cookie. */
  readonly shelf: OldShelf | undefined
  /** Gives the session of the old cookie, if that has the form of one and its signature, where it has one, is true. It never throws for what a request brings. */
  find(cookies: Cookies): OldSession | undefined | Promise<OldSession | undefined>
  /** `Set-Cookie` values that make the browser forget the old cookies of a request. */
  clearing(cookies: Cookies): string[]
}

/** The store of the old sessions. Its methods throw `ERR_SESSION_DRIVER_FAILED`, and none takes longer than its bound. */
export interface OldShelf {
  read(identity: string): Promise<OldContents | undefined>
  /** Makes of data of ours what the old application keeps; `undefined` where only the way in is known, and so nothing can be written back. */
  readonly toOld: ((data: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>) | undefined
  /** Writes what `toOld` made over what was read. */
  write(identity: string, old: Readonly<Record<string, unknown>>, before: OldContents, stamp: string | undefined): Promise<void>
  /** Keeps it from ending for want of use. */
  touch(identity: string, before: OldContents): Promise<void>
  end(identity: string): Promise<void>
}

/** Where an old session's contents are found, and what is left of them: options of `connectSid` and of `ironSession`. */
export interface MappingOptions {
  /** What of an old session is kept. Default: all but `cookie`, which is the old library's own. */
  readonly data?: ((old: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>) | undefined
  /** Whose session it is; nothing for nobody's. Default: `passport.user` or its `id`, where that is a text or a number. */
  readonly userId?: ((old: Readonly<Record<string, unknown>>) => string | number | null | undefined) | undefined
  /**
   * When its user logged in, as a `Date` or in Unix milliseconds. The absolute limit counts from there, and `isFresh` asks for it. Default: not known; then
   * the limit counts from the move.
   */
  readonly authenticatedAt?: ((old: Readonly<Record<string, unknown>>) => Date | number | undefined) | undefined
}
