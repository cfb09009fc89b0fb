import { SessionError } from '../session/errors.ts'
import { isObject } from '../session/plain.ts'
import { STAMP_KEY, contentsOf, ownData } from './contents.ts'
import type { MappingOptions, OldShelf } from './old-session.ts'

/** What is used of a store of express-session. */
export interface ConnectStore {
  get(sid: string, callback: (error: unknown, session?: unknown) => void): unknown
  set(sid: string, session: object, callback: (error?: unknown) => void): unknown
  destroy(sid: string, callback: (error?: unknown) => void): unknown
  touch?(sid: string, session: object, callback: (error?: unknown) => void): unknown
}

interface ShelfOptions extends MappingOptions {
  readonly store: ConnectStore
  readonly answerSeconds: number
  readonly toOld?: ((data: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>) | undefined
}

type Answered = (error?: unknown, answer?: unknown) => void

/** A store of express-session, with promises and a bound. */
export function connectShelf(options: ShelfOptions): OldShelf {
  const { store, answerSeconds, data, toOld = data === undefined ? ownData : undefined } = options
  const ask = (operation: string, call: (answered: Answered) => unknown): Promise<unknown> => within(answerSeconds, operation, call)
  const look = async (identity: string): Promise<object | undefined> => {
    const raw = await ask('get', (answered) => store.get(identity, answered))
    return isObject(raw) && !Array.isArray(raw) && !hasExpired(raw) ? raw : undefined
  }
  const write: OldShelf['write'] = async (identity, kept, { raw }, stamp) => {
    // A logout in the old application, since it was read, must not be undone: the next request ends it here too.
    if ((await look(identity)) === undefined) return
    const old = stamped({ ...kept, cookie: renewed(raw['cookie']) }, stamp)
    await ask('set', (answered) => store.set(identity, old, answered))
  }
  return {
    read: async (identity) => {
      const raw = await look(identity)
      return raw && contentsOf(raw, options)
    },
    toOld,
    write,
    touch: async (identity, before) => {
      if (store.touch === undefined) return await write(identity, ownData(before.raw), before, before.stamp)
      // Some stores write all that they are given, which must not lose the stamp.
      const old = stamped({ ...before.raw, cookie: renewed(before.raw['cookie']) }, before.stamp)
      await ask('touch', (answered) => store.touch?.(identity, old, answered))
    },
    end: async (identity) => {
      await ask('destroy', (answered) => store.destroy(identity, answered))
    },
  }
}

function stamped(old: object, stamp: string | undefined): object {
  return { ...old, ...(stamp !== undefined && { [STAMP_KEY]: stamp }) }
}

/** express-session takes a file that is not there for no session. */
function isAbsence(error: unknown): boolean {
  return isObject(error) && 'code' in error && error.code === 'ENOENT'
}

function within(seconds: number, operation: string, call: (answered: Answered) => unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const fail = (why: string, cause: unknown): void => {
      clearTimeout(timer)
      reject(SessionError.driverFailed(`move-in ${operation}`, why, { cause }))
    }
    const timer = setTimeout(
      () => fail(`The old store did not answer within ${seconds} seconds.`, new DOMException('No answer.', 'TimeoutError')),
      seconds * 1000,
    )
    const answered: Answered = (error, answer) => {
      clearTimeout(timer)
      // Where nothing can be written for want of a folder, nothing was.
      if (error === undefined || error === null || (operation !== 'set' && isAbsence(error))) resolve(error ? undefined : answer)
      else fail('The old store failed: see the cause.', error)
    }
    try {
      const asked = call(answered)
      if (asked instanceof Promise) asked.catch(answered)
    } catch (error) {
      answered(error)
    }
  })
}

function hasExpired(raw: object): boolean {
  const cookie: unknown = 'cookie' in raw ? raw.cookie : undefined
  const expires: unknown = isObject(cookie) && 'expires' in cookie ? cookie.expires : undefined
  if (typeof expires !== 'string' && typeof expires !== 'number' && !(expires instanceof Date)) return false
  return new Date(expires).getTime() <= Date.now()
}

/** The old cookie's facts, as after a use. Some stores read `maxAge`, which none keeps. */
function renewed(cookie: unknown): object {
  const facts: Record<string, unknown> = isObject(cookie)
    ? { ...cookie }
    : { originalMaxAge: null, expires: null, httpOnly: true, path: '/' }
  const { originalMaxAge } = facts
  if (typeof originalMaxAge !== 'number') return facts
  const expires = new Date(Date.now() + originalMaxAge)
  return Object.defineProperty({ ...facts, expires }, 'maxAge', { value: originalMaxAge, enumerable: false })
}
