import type { SurveyOptions, SurveyPage, SurveyedRecord } from '../../contracts/surveying-driver.ts'
import { isSessionError } from '../../session/errors.ts'
import { type StoreKey, asStoreKey } from '../../session/id.ts'
import { holderName } from '../holder.ts'
import { LEASE_AT, decodeHead } from './layout.ts'
import { EMPTY_STEPS, type Walk, cursorAt, placeIn } from './listing.ts'
import type { RedisStore } from './redis-store.ts'
import { scanStep } from './scan.ts'

const PAGE = 100
const INSTANT_BYTES = 6
const TOKEN_BYTES = 16

/** Shows a page of what lies under the prefix, by walking over the keys. */
export async function surveyPage({ line, store, prefix }: Walk, { cursor, limit = PAGE }: SurveyOptions): Promise<SurveyPage> {
  let place = cursor === undefined ? undefined : placeIn('survey', cursor)
  for (let step = 1; ; step++) {
    const { names, next } = await scanStep(line, 'survey', prefix, place, Math.max(1, Math.floor(limit)))
    const keys = names.flatMap((name) => asStoreKey(name.slice(prefix.length)) ?? [])
    const seen = await Promise.all(keys.map((key) => surveyed(store, key)))
    const records = seen.flatMap((one) => one?.record ?? [])
    const now = seen.findLast((one) => one?.now !== undefined)?.now
    if (next === undefined) return { records, cursor: undefined, now }
    if (records.length > 0 || step === EMPTY_STEPS) return { records, cursor: cursorAt(next), now }
    place = next
  }
}

async function surveyed(
  store: RedisStore,
  key: StoreKey,
): Promise<{ readonly record: SurveyedRecord; readonly now: number | undefined } | undefined> {
  const unreadable: SurveyedRecord = { key, kind: 'unreadable', metadata: undefined, bytes: 0, holder: undefined }
  try {
    const found = await store.survey(key)
    if (found === undefined) return undefined
    const { value, bytes, now } = found
    const head = decodeHead(value)
    if (head === undefined) return { record: { ...unreadable, bytes }, now }
    const isLeased = value.readUIntBE(LEASE_AT, INSTANT_BYTES) > now
    const token = value.subarray(LEASE_AT + INSTANT_BYTES, LEASE_AT + INSTANT_BYTES + TOKEN_BYTES).toString('hex')
    const holder = isLeased ? await holderName(token) : undefined
    if (head.expiresAt <= now && !isLeased) return { record: { key, kind: 'expired', metadata: undefined, bytes, holder }, now }
    if (head.kind === 'marker') return { record: { key, kind: 'marker', metadata: undefined, bytes, holder }, now }
    return { record: { key, kind: 'session', metadata: head.metadata, bytes, holder }, now }
  } catch (error) {
    if (isSessionError(error) && error.code === 'ERR_SESSION_UNREADABLE') return { record: unreadable, now: undefined }
    throw error
  }
}
