import type { ListingDriver, LockingDriver, RewritingDriver } from '../contracts/driver.ts'
import { SessionError } from '../session/errors.ts'
import { checkFunction, knownFields } from '../session/option-check.ts'
import { isObject } from '../session/plain.ts'
import { Cabinet } from './cabinet.ts'
import { readContents } from './contents.ts'
import type { Contents } from './contents.ts'
import { ForeignDriver } from './foreign-driver.ts'
import { withList } from './listing.ts'
import { OneProcess } from './one-process.ts'
import type { Shelf } from './shelf.ts'
import { assertSingleProcess } from './single-process.ts'
import type { SingleProcess } from './single-process.ts'

/** A session as such stores keep it: they look at its cookie to know when it ends. */
export interface ForeignSession {
  readonly cookie: {
    /** Milliseconds. */
    readonly originalMaxAge: number
    /** Milliseconds. */
    readonly maxAge: number
    readonly expires: Date
    readonly httpOnly: true
    readonly path: '/'
  }
  readonly holdfast: Contents
}

/** What is used of a store of `express-session`, such as `connect-redis` or `session-file-store`. */
export interface CallbackStore {
  get(sid: string, callback: (error?: unknown, session?: unknown) => void): unknown
  /** It is given a `ForeignSession`. */
  set(sid: string, session: object, callback: (error?: unknown) => void): unknown
  destroy(sid: string, callback: (error?: unknown) => void): unknown
  all?: ((callback: (error?: unknown, sessions?: unknown) => void) => unknown) | undefined
}

/** One that can say what it has, as an array or by its ids. */
export interface ListedCallbackStore extends CallbackStore {
  all(callback: (error?: unknown, sessions?: unknown) => void): unknown
}

/** How the store is used. */
export interface FromExpressStoreOptions extends SingleProcess {
  /** Unix milliseconds. Default: `Date.now`. */
  readonly clock?: (() => number) | undefined
}

/**
 * Gives a store that was made for `express-session` as a driver: `new SessionManager({ driver: fromExpressStore(store, { assumeSingleProcess: true }) })`.
 *
 * Such stores have no locks. Those of this driver are kept in this process: a second process on the same store loses updates and brings sessions back that were
 * ended, and the type says so. The store removes what has ended, by the expiry that stands in its cookie. Sessions can be listed and revoked where the store has
 * `all`, which each list reads whole.
 *
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work, and for what is no such store.
 */
export function fromExpressStore(
  store: ListedCallbackStore,
  options: FromExpressStoreOptions,
): LockingDriver & RewritingDriver & ListingDriver
export function fromExpressStore(store: CallbackStore, options: FromExpressStoreOptions): LockingDriver & RewritingDriver
export function fromExpressStore(store: CallbackStore, options: FromExpressStoreOptions): LockingDriver & RewritingDriver {
  knownFields('', options, ['assumeSingleProcess', 'clock'])
  assertSingleProcess(options)
  const { clock = Date.now } = options
  checkFunction('clock', clock)
  if (!isObject(store) || ['get', 'set', 'destroy'].some((method) => typeof Reflect.get(store, method) !== 'function')) {
    throw SessionError.config('store', 'must be a store of express-session: an object with get, set and destroy.')
  }
  const shelf = shelfOf(store)
  const shared = OneProcess.over(store)
  const cabinet = new Cabinet(shelf, shared)
  const driver = new ForeignDriver({ name: 'express-store', cabinet, shared, clock, collect: undefined })
  if (!isListed(store)) return driver
  const keys = async (userId: string | undefined) => {
    const found = valuesOf(await called((done) => store.all(done))).flatMap((session) => readContents(holdfastOf(session)) ?? [])
    return found.filter(({ record }) => userId === undefined || record?.userId === userId).map(({ key }) => key)
  }
  return withList(driver, { shelf: { ...shelf, keys }, cabinet, shared, clock })
}

function shelfOf(store: CallbackStore): Shelf {
  return {
    read: async (key) => {
      const session = await called((done) => store.get(key, done)).catch(missingFileAsNothing)
      // What is there and is no session of ours is not nothing.
      return session === undefined || session === null ? undefined : (holdfastOf(session) ?? null)
    },
    write: async (contents, keepMs) => {
      const expires = new Date(Date.now() + keepMs)
      const cookie = { originalMaxAge: keepMs, maxAge: keepMs, expires, httpOnly: true, path: '/' } as const
      const session: ForeignSession = { cookie, holdfast: contents }
      await called((done) => store.set(contents.key, session, done))
    },
    remove: async (key) => {
      await called((done) => store.destroy(key, done))
    },
  }
}

/** What a method with a callback answers. What it throws, or rejects with, is its error. */
function called(call: (done: (error?: unknown, answer?: unknown) => void) => unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => reject(error instanceof Error ? error : new Error('The store gave an error.', { cause: error }))
    const asked = call((error, answer) => {
      if (error === undefined || error === null) resolve(answer)
      else fail(error)
    })
    // An async method that fails before it calls back would not be heard of otherwise.
    if (asked instanceof Promise) asked.catch(fail)
  })
}

/** Stores in files say by this error that there is none, as `express-session` knows. */
function missingFileAsNothing(error: unknown): undefined {
  if (isObject(error) && Reflect.get(error, 'code') === 'ENOENT') return undefined
  throw error
}

function holdfastOf(session: unknown): unknown {
  return isObject(session) ? Reflect.get(session, 'holdfast') : undefined
}

function valuesOf(sessions: unknown): unknown[] {
  return isObject(sessions) ? Object.values(sessions) : []
}

function isListed(store: CallbackStore): store is ListedCallbackStore {
  return typeof store.all === 'function'
}
