import type { ListingDriver, LockingDriver, RewritingDriver } from '../contracts/driver.ts'
import { SessionError } from '../session/errors.ts'
import { asStoreKey } from '../session/id.ts'
import { booleanOption, checkFunction, knownFields, shown } from '../session/option-check.ts'
import { isObject } from '../session/plain.ts'
import { Cabinet } from './cabinet.ts'
import { ForeignDriver } from './foreign-driver.ts'
import { collect, withList } from './listing.ts'
import type { ListingParts } from './listing.ts'
import { OneProcess } from './one-process.ts'
import type { OpenShelf } from './shelf.ts'
import { assertSingleProcess } from './single-process.ts'
import type { SingleProcess } from './single-process.ts'

/** What is used of a storage of `unstorage`. */
export interface ItemStorage {
  getItem(key: string): Promise<unknown>
  /** `ttl` in seconds: storages that know it remove the item by themselves. */
  setItem(key: string, value: { readonly holdfast: object }, options?: { readonly ttl: number }): Promise<unknown>
  removeItem(key: string): Promise<unknown>
  getKeys(base: string): Promise<readonly string[]>
}

/** How the storage is used. */
export interface FromUnstorageOptions extends SingleProcess {
  /** What stands before the keys. Default: `sessions`. */
  readonly base?: string | undefined
  /**
   * `true` for a storage that heeds `ttl`, such as those on Redis and Cloudflare KV: then nothing is collected. Default: `false`, and each collection looks at
   * every session.
   */
  readonly expiresByItself?: boolean | undefined
  /** Unix milliseconds. Default: `Date.now`. */
  readonly clock?: (() => number) | undefined
}

const BASE_FORM = /^[\w-]+(?::[\w-]+)*$/

/**
 * Gives a storage of `unstorage` as a driver: `new SessionManager({ driver: fromUnstorage(storage, { assumeSingleProcess: true }) })`.
 *
 * A storage has no locks. Those of this driver are kept in this process: a second process on the same storage loses updates and brings sessions back that were
 * ended, and the type says so. A list, and the revocation of a user, read every session.
 *
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work, and for what is no such storage.
 */
export function fromUnstorage(storage: ItemStorage, options: FromUnstorageOptions): LockingDriver & RewritingDriver & ListingDriver {
  knownFields('', options, ['assumeSingleProcess', 'base', 'expiresByItself', 'clock'])
  assertSingleProcess(options)
  const { base = 'sessions', clock = Date.now } = options
  checkFunction('clock', clock)
  if (typeof base !== 'string' || !BASE_FORM.test(base)) {
    throw SessionError.config('base', `must be a word, or several with ':' between them, such as 'app:sessions', not ${shown(base)}.`)
  }
  const methods = ['getItem', 'setItem', 'removeItem', 'getKeys']
  if (!isObject(storage) || methods.some((method) => typeof Reflect.get(storage, method) !== 'function')) {
    throw SessionError.config('storage', `must be a storage of unstorage: an object with ${methods.join(', ')}.`)
  }
  const expiresByItself = booleanOption('expiresByItself', options.expiresByItself, false)
  const shelf = shelfOf(storage, `${base}:`)
  const shared = OneProcess.over(storage, base)
  const parts: ListingParts = { shelf, shared, clock, cabinet: new Cabinet(shelf, shared) }
  const driver = new ForeignDriver({ ...parts, name: 'unstorage', collect: expiresByItself ? undefined : (asked) => collect(parts, asked) })
  return withList(driver, parts)
}

function shelfOf(storage: ItemStorage, prefix: string): OpenShelf {
  return {
    read: async (key) => {
      const item = await storage.getItem(prefix + key)
      if (item === undefined || item === null) return undefined
      // What is there and is no session of ours is not nothing.
      return isObject(item) ? (Reflect.get(item, 'holdfast') ?? null) : null
    },
    write: async (contents, keepMs) => {
      await storage.setItem(prefix + contents.key, { holdfast: contents }, { ttl: Math.ceil(keepMs / 1000) })
    },
    remove: async (key) => {
      await storage.removeItem(prefix + key)
    },
    keys: async () => {
      const keys = await storage.getKeys(prefix)
      return keys.flatMap((key) => (key.startsWith(prefix) ? (asStoreKey(key.slice(prefix.length)) ?? []) : []))
    },
  }
}
