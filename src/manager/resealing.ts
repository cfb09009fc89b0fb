import type { Found, ListedSession, ListingDriver, RewritingDriver, SessionDriver, StoredRecord } from '../contracts/driver.ts'
import type { ResealProgress } from '../contracts/events.ts'
import type { SealingSerializer } from '../contracts/serializer.ts'
import { SessionError, isSessionError } from '../session/errors.ts'
import type { StoreKey } from '../session/id.ts'
import { knownFields, numberOption } from '../session/option-check.ts'
import { randomHex } from '../session/random.ts'
import { isRewriting } from './abilities.ts'
import type { House } from './house.ts'
import { listingOf } from './owners.ts'

/** How stored sessions are sealed anew. */
export interface ResealOptions {
  /** Sessions that are looked at in a second, at most. Default: 1000. */
  readonly rate?: number | undefined
  /** Stops it after the sessions at hand; what it did stays done. */
  readonly signal?: AbortSignal | undefined
  /** Where an earlier one stopped. Left out, it begins at the beginning: sessions that were sealed anew already are only read. */
  readonly cursor?: string | undefined
}

/** Which keys the stored sessions are sealed under. */
export interface KeyUsage {
  /** Sessions that were looked at. */
  readonly examined: number
  /** Sessions by the name of the key that they need, known or not. One that needs two is counted under both. */
  readonly byKey: ReadonlyMap<string, number>
  /** Sessions that are not sealed, or not wholly. */
  readonly unsealed: number
  /** Sessions that the driver cannot read. */
  readonly unreadable: number
}

interface Parts {
  readonly driver: ListingDriver & RewritingDriver
  readonly serializer: SealingSerializer
}

type Outcome = 'resealed' | 'skipped' | 'unreadable' | 'same'

const LONGEST_PAGE = 100
/** One session in a quarter of an hour. */
const SLOWEST = 0.001
/** So many sessions are looked at side by side: a store far away is not waited for one by one. */
const LANES = 4

/** Seals all that is stored under the key that seals now, page by page. */
export async function reseal(house: House, options: ResealOptions, closing: AbortSignal): Promise<ResealProgress> {
  knownFields('', options, ['rate', 'signal', 'cursor'])
  const rate = numberOption('rate', options.rate, 1000, 'at least', SLOWEST)
  if (options.signal !== undefined && !(options.signal instanceof AbortSignal))
    throw SessionError.config('signal', 'must be an AbortSignal.')
  if (options.cursor !== undefined && typeof options.cursor !== 'string')
    throw SessionError.config('cursor', 'must be one that reseal gave.')
  const parts = partsOf(house)
  const signal = options.signal === undefined ? closing : AbortSignal.any([options.signal, closing])
  const counts = { examined: 0, resealed: 0, skipped: 0, unreadable: 0 }
  const began = performance.now()
  let { cursor } = options
  let isDone = false
  await house.ready()
  while (!isDone && !signal.aborted) {
    const page = await parts.driver.list({ cursor, limit: Math.min(LONGEST_PAGE, Math.ceil(rate / 4)) })
    const isWhole = await eachOf(page.sessions, signal, async ({ key }) => {
      counts.examined++
      const outcome = await resealOne(house, parts, key)
      if (outcome !== 'same') counts[outcome]++
    })
    if (isWhole) ({ cursor } = page)
    isDone = isWhole && cursor === undefined
    house.events.emit('resealed', { key: undefined, ...counts, isDone, cursor })
    if (!isDone) await pause(began + (1000 * counts.examined) / rate - performance.now(), signal)
  }
  return { ...counts, isDone, cursor }
}

/** Counts stored sessions by the keys that they need. */
export async function keyUsage(house: House, closing: AbortSignal): Promise<KeyUsage> {
  const serializer = sealingOf(house)
  const driver = listingOf(house)
  const byKey = new Map<string, number>()
  const counts = { examined: 0, unsealed: 0, unreadable: 0 }
  let cursor: string | undefined
  await house.ready()
  do {
    const page = await driver.list({ cursor, limit: LONGEST_PAGE })
    await eachOf(page.sessions, closing, async ({ key }) => {
      const record = await recordUnder(house, driver, key)
      if (record === undefined) return
      counts.examined++
      if (record === 'unreadable') return void counts.unreadable++
      const names = new Set([serializer.keyNameOf(record.payload), serializer.keyNameOf(record.flash)])
      for (const name of names) {
        if (name === undefined) counts.unsealed++
        else byKey.set(name, (byKey.get(name) ?? 0) + 1)
      }
    })
    closing.throwIfAborted()
    ;({ cursor } = page)
  } while (cursor !== undefined)
  return { ...counts, byKey }
}

async function resealOne(house: House, { driver, serializer }: Parts, key: StoreKey): Promise<Outcome> {
  const record = await recordUnder(house, driver, key)
  if (record === undefined) return 'same'
  if (record === 'unreadable') return record
  let payload: string | undefined
  let flash: string | undefined
  try {
    payload = await serializer.reseal(record.payload, { key, field: 'payload' })
    flash = await serializer.reseal(record.flash, { key, field: 'flash' })
  } catch (cause) {
    if (!isSessionError(cause) || cause.code !== 'ERR_SESSION_DESERIALIZATION_FAILED') throw cause
    house.events.emit('trouble', { operation: 'reseal', key, cause })
    return 'unreadable'
  }
  if (payload === undefined && flash === undefined) return 'same'
  // Where there are no leases, the place in the line is all that a request holds its session by.
  const hasLeases = house.locking !== undefined && !house.settings.assumeSingleProcess
  const seat = hasLeases ? undefined : house.queue.takeFree(key)
  if (!hasLeases && seat === undefined) return 'skipped'
  try {
    const texts = { payload: payload ?? record.payload, flash: flash ?? record.flash, writeToken: randomHex(16) }
    const { kind } = await driver.rewrite(key, texts, record.version)
    return kind === 'written' ? 'resealed' : kind === 'gone' ? 'same' : 'skipped'
  } finally {
    seat?.leave()
  }
}

async function recordUnder(house: House, driver: SessionDriver, key: StoreKey): Promise<StoredRecord | 'unreadable' | undefined> {
  let found: Found | undefined
  try {
    found = await driver.read(key)
  } catch (cause) {
    if (!isSessionError(cause) || cause.code !== 'ERR_SESSION_UNREADABLE') throw cause
    house.events.emit('trouble', { operation: 'read', key, cause })
    return 'unreadable'
  }
  return found?.kind === 'record' ? found.record : undefined
}

/** Looks at sessions in a few lanes; `false` when it was stopped before the last. After a failure no lane goes on, and all have ended. */
async function eachOf(
  sessions: readonly ListedSession[],
  signal: AbortSignal,
  look: (session: ListedSession) => Promise<void>,
): Promise<boolean> {
  const left = sessions.values()
  let isWhole = true
  const lane = async (): Promise<void> => {
    for (const session of left) {
      if (signal.aborted || !isWhole) {
        isWhole = false
        return
      }
      try {
        await look(session)
      } catch (error) {
        isWhole = false
        throw error
      }
    }
  }
  const lanes = await Promise.allSettled(Array.from({ length: LANES }, lane))
  for (const ended of lanes) if (ended.status === 'rejected') throw ended.reason
  return isWhole
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return
  await new Promise<void>((resolve) => {
    const wake = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', wake)
      resolve()
    }
    const timer = setTimeout(wake, ms)
    signal.addEventListener('abort', wake)
  })
}

/** @throws {SessionError} `ERR_SESSION_CONFIG` where there is nothing that seals, or no way to go through what is stored. */
function partsOf(house: House): Parts {
  const serializer = sealingOf(house)
  const driver = listingOf(house)
  if (isRewriting(driver)) return { driver, serializer }
  throw SessionError.config('driver', `'${driver.name}' cannot rewrite its records. Choose another driver.`)
}

function sealingOf({ serializer }: House): SealingSerializer {
  if (isSealing(serializer)) return serializer
  throw SessionError.config('serializer', 'it seals nothing. Use new EncryptedSerializer({ keys }).')
}

function isSealing(serializer: House['serializer']): serializer is SealingSerializer {
  return 'reseal' in serializer && 'keyNameOf' in serializer
}
