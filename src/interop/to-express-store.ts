import type { SessionDriver } from '../contracts/driver.ts'
import { isObject } from '../session/plain.ts'
import { ExpressSessionMaker } from './express-session-classes.ts'
import type { ExpressRequest, Generate } from './express-session-classes.ts'
import type { Base } from './session-records.ts'
import { storeHouse } from './store-house.ts'
import type { ToExpressStoreOptions } from './store-house.ts'
import { withEvents } from './store-events.ts'
import type { StoreEvents } from './store-events.ts'

/** What `JSON.parse` gives: each library has its own type for what it stores, and the store cannot know. */
export type StoredJson = ReturnType<typeof JSON.parse>

type Done = (error?: unknown) => void

/** What `koa-session` says beside a key. */
export interface KoaContextOptions {
  readonly ctx?: unknown
}

/**
 * A store for `express-session` and `@fastify/session`, which call it with a callback, and for `koa-session`, which awaits its promises.
 * Events: `error`, for what failed where nobody was told, and `gone`, for a session that was not stored because it had been ended.
 */
export interface ExpressStore extends StoreEvents {
  get(sid: string, callback: (error: unknown, session?: StoredJson) => void): void
  get(sid: string, maxAge?: unknown, options?: KoaContextOptions): Promise<StoredJson>
  set(sid: string, session: object, callback: Done): void
  set(sid: string, session: object, maxAge?: unknown, options?: KoaContextOptions): Promise<void>
  destroy(sid: string, callback: Done): void
  destroy(sid: string, options?: KoaContextOptions): Promise<void>
  touch(sid: string, session: object, callback?: Done): Promise<void>
  /** All sessions, read one by one; there where the driver can list. Their ids are stored nowhere. */
  all?(callback: (error: unknown, sessions?: StoredJson[]) => void): void
  /** How many there are; as `all`. */
  length?(callback: (error: unknown, length?: number) => void): void
  /** Ends all that the driver holds; as `all`. */
  clear?(callback?: Done): Promise<void>
  /** Set by `express-session`. */
  generate?: Generate
  createSession(request: ExpressRequest, data: object): StoredJson
  load(sid: string, callback: (error: unknown, session?: StoredJson) => void): void
  regenerate(request: ExpressRequest, callback: Done): void
  /** Stops collecting, and closes the driver. */
  close(): Promise<void>
}

/**
 * Gives a driver as the store of an application on `express-session`, `@fastify/session` or `koa-session`: `session({ store: toExpressStore(driver), ... })`.
 *
 * Those libraries have no locks: of two requests that write one session at once the last one wins, whatever driver there is. But a request that still runs when
 * its session is ended does not bring it back. The store keeps hashes of the ids, no ids. Give it a driver of its own: a folder, table or prefix that no manager uses.
 *
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 */
export function toExpressStore(driver: SessionDriver, options: ToExpressStoreOptions = {}): ExpressStore {
  const { records, listed, idleMsOf, throwsGone, close } = storeHouse(driver, options, (error) => store.emit('error', error))
  const maker = new ExpressSessionMaker()
  // By the session that a request has, or by its context: what it has read or written last.
  const bases = new WeakMap<object, Base>()

  const load = async (sid: string, context: unknown): Promise<StoredJson> => {
    const found = await records.load(sid)
    if (found === undefined) return undefined
    const { session, base } = found
    if (isObject(session)) bases.set(session, base)
    if (isObject(context)) bases.set(context, base)
    return session
  }
  const save = async (sid: string, session: object, maxAge: unknown, context: unknown): Promise<void> => {
    const token = isObject(context) ? context : session
    const idleMs = idleMsOf(session, maxAge)
    if (idleMs <= 0) return records.end(sid)
    const base = await records.save({ sid, session, idleMs, base: bases.get(token), isTracked: isObject(context) })
    if (base !== undefined) bases.set(token, base)
    else if (throwsGone !== undefined) throw throwsGone()
    else store.emit('gone')
  }
  // A cookie that is over ends its session, whether or not its data has changed.
  const use = (sid: string, idleMs: number): Promise<void> => (idleMs <= 0 ? records.end(sid) : records.touch(sid, idleMs))
  /** Answers by the callback, if there is one, else by a promise: `koa-session` awaits it, others may leave it alone. */
  const answer = <Answer>(asked: Promise<Answer>, callback: unknown, koa?: unknown): Promise<Answer> => {
    if (typeof callback === 'function') {
      const call = (...args: unknown[]): void => queueMicrotask(() => void Reflect.apply(callback, undefined, args))
      asked.then((value) => call(null, value), call)
    } else if (!isObject(koa)) asked.catch((error: unknown) => store.emit('error', error))
    return asked
  }

  const methods = {
    get: (sid: string, second?: unknown, third?: KoaContextOptions) => answer(load(sid, third?.ctx), second, third),
    set: (sid: string, session: object, third?: unknown, fourth?: KoaContextOptions) =>
      answer(save(sid, session, third, fourth?.ctx), third, fourth),
    destroy: (sid: string, second?: unknown) => answer(records.end(sid), second, second),
    touch: (sid: string, session: object, callback?: Done) => answer(use(sid, idleMsOf(session, undefined)), callback),
    ...(listed && {
      all: (callback: unknown) => answer(listed.all(), callback),
      length: (callback: unknown) => answer(listed.count(), callback),
      clear: (callback?: Done) => answer(listed.clear(), callback),
    }),
    createSession: (request: ExpressRequest, data: object): StoredJson => {
      const session = maker.revive(request, data, store.generate)
      const base = bases.get(data)
      if (base !== undefined) bases.set(session, base)
      return session
    },
    load: (sid: string, callback: unknown) =>
      void answer(
        load(sid, undefined).then(
          (data) => data && store.createSession(Object.assign({ sessionID: sid, headers: {} }, { sessionStore: store }), data),
        ),
        callback,
      ),
    regenerate: (request: ExpressRequest, callback: Done): void => {
      const renew = (error?: unknown): void => {
        store.generate?.(request)
        callback(error ?? undefined)
      }
      if (request.sessionID === undefined) renew()
      else void answer(records.end(request.sessionID), renew)
    },
    close,
  }
  const store: ExpressStore = withEvents(methods)
  return store
}
