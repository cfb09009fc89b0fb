import type { SessionDriver } from '../contracts/driver.ts'
import type { Serializer } from '../contracts/serializer.ts'
import { isListing } from '../manager/abilities.ts'
import { AnswerBound, boundedDriver } from '../manager/bounded-driver.ts'
import { SessionError } from '../session/errors.ts'
import { checkFunction, choiceOption, knownFields, numberOption, timerOption } from '../session/option-check.ts'
import { isObject } from '../session/plain.ts'
import { userIdOf } from '../session/request-info.ts'
import { quietInterval } from '../session/runtime.ts'
import { allRecords } from './all-records.ts'
import type { AllRecords } from './all-records.ts'
import { SessionRecords } from './session-records.ts'

/** How sessions of another library are kept. */
export interface ToExpressStoreOptions {
  /** Seconds that a session lives whose cookie says nothing of it. Default: 86,400, a day. */
  readonly idleSeconds?: number | undefined
  /** Seconds after which a session ends however much it is used; 0 for no such limit. Default: 0, as those libraries have none. */
  readonly absoluteSeconds?: number | undefined
  /**
   * Whose session it is, for `list` and `revokeUser` of the driver. Default: `passport.user` where that is a text or a number, or has such an `id`.
   */
  readonly userId?: ((session: StoredSession) => string | number | null | undefined) | undefined
  /** Makes the text that is stored, such as an `EncryptedSerializer`. Default: JSON. */
  readonly serializer?: Serializer | undefined
  /**
   * When a session was ended while a request held it, and the request stores it. `ignore`: nothing is stored, a `gone` event says so. `throw`: the request gets
   * `ERR_SESSION_GONE` as well. Default: `ignore`.
   */
  readonly onGone?: 'ignore' | 'throw' | undefined
  /** Seconds between two collections of expired records, 0 for none. A store that expires records by itself needs none. Default: 300. */
  readonly collectEverySeconds?: number | undefined
}

/** What is looked at to see whose session it is. */
export interface StoredSession {
  readonly passport?: { readonly user?: unknown }
  readonly [name: string]: unknown
}

/** What a store is made of. */
export interface StoreHouse {
  readonly records: SessionRecords
  readonly listed: AllRecords | undefined
  /** Milliseconds that a session is to live; 0 or less for one that has ended. */
  readonly idleMsOf: (session: object, maxAge: unknown) => number
  /** The error for a session that was ended, where the request is to get one. */
  readonly throwsGone: (() => SessionError) | undefined
  readonly close: () => Promise<void>
}

const FIELDS = ['idleSeconds', 'absoluteSeconds', 'userId', 'serializer', 'onGone', 'collectEverySeconds']
const DAY_SECONDS = 86_400
const ANSWER_MS = 30_000

/**
 * @param report Is told of what failed in the background.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 */
export function storeHouse(given: SessionDriver, options: ToExpressStoreOptions, report: (error: unknown) => void): StoreHouse {
  knownFields('', options, FIELDS)
  if (!isObject(given) || typeof Reflect.get(given, 'insert') !== 'function') {
    throw SessionError.config('driver', "must be a driver, such as new FileDriver({ path: 'var/sessions' }).")
  }
  const { userId = passportUser, serializer } = options
  checkFunction('userId', userId)
  const defaultMs = 1000 * numberOption('idleSeconds', options.idleSeconds, DAY_SECONDS, 'above', 0)
  const absoluteMs = 1000 * numberOption('absoluteSeconds', options.absoluteSeconds, 0, 'at least', 0) || undefined
  const collectMs = 1000 * timerOption('collectEverySeconds', options.collectEverySeconds, 300, 'at least')
  const onGone = choiceOption('onGone', options.onGone, 'ignore', ['ignore', 'throw'])

  const bound = new AnswerBound(ANSWER_MS)
  const driver = boundedDriver(given, bound)
  const closing = new AbortController()
  let opening: Promise<void> | undefined
  let timer: ReturnType<typeof setInterval> | undefined
  let collecting: Promise<void> | undefined
  const collectOnce = async (): Promise<void> => {
    try {
      await driver.gc({ signal: closing.signal })
    } catch (error) {
      report(error)
    }
  }
  // One at a time: of a large store one may take longer than the time between two.
  const collect = (): void => {
    collecting ??= collectOnce().finally(() => {
      collecting = undefined
    })
  }
  const open = async (): Promise<void> => {
    await serializer?.open?.((_operation, cause) => report(cause))
    await driver.open()
    if (collectMs > 0 && !driver.expiresByItself) timer = quietInterval(collect, collectMs)
  }
  const ready = (): Promise<void> => {
    opening ??= open().catch((error: unknown) => {
      opening = undefined
      throw error
    })
    return opening
  }
  const records = new SessionRecords({ driver, serializer, absoluteMs, userId: (session) => userId({ ...session }), ready })
  return {
    records,
    listed: isListing(driver) ? allRecords(driver, records, ready) : undefined,
    idleMsOf: (session, maxAge) => idleMsOf(session, maxAge) ?? defaultMs,
    throwsGone: onGone === 'throw' ? () => SessionError.gone() : undefined,
    close: async () => {
      await opening?.catch(() => undefined)
      clearInterval(timer)
      closing.abort()
      await bound.within('gc', async () => collecting).catch(() => undefined)
      await driver.close()
    },
  }
}

/** What the cookie says, else what `koa-session` says beside. */
function idleMsOf(session: object, maxAge: unknown): number | undefined {
  if (typeof maxAge === 'number' && Number.isFinite(maxAge)) return Math.ceil(maxAge)
  const cookie: unknown = Reflect.get(session, 'cookie')
  if (!isObject(cookie)) return undefined
  const [expires, originalMaxAge]: unknown[] = [Reflect.get(cookie, 'expires'), Reflect.get(cookie, 'originalMaxAge')]
  const isInstant = expires instanceof Date || typeof expires === 'string' || typeof expires === 'number'
  const endsAt = isInstant ? new Date(expires).getTime() : Number.NaN
  if (!Number.isNaN(endsAt)) return endsAt - Date.now()
  return typeof originalMaxAge === 'number' && Number.isFinite(originalMaxAge) ? Math.ceil(originalMaxAge) : undefined
}

function passportUser({ passport }: StoredSession): string | undefined {
  const user: unknown = isObject(passport) ? Reflect.get(passport, 'user') : undefined
  const id: unknown = isObject(user) ? Reflect.get(user, 'id') : user
  try {
    return userIdOf(id)
  } catch {
    // What Passport keeps may be anything; it is a user's id only where it can be one.
    return undefined
  }
}
