import type { SurveyOptions, SurveyPage, SurveyedRecord } from '../../contracts/surveying-driver.ts'
import { asStoreKey } from '../../session/id.ts'
import { holderName } from '../holder.ts'
import { keyBehind } from '../key-cursor.ts'
import type { Row } from './bridges/bridge.ts'
import type { DatabaseStore } from './database-store.ts'
import { type Head, headOf, wholeNumber } from './rows.ts'

const PAGE = 100

/** Shows a page of the table's rows, in the order of their keys. */
export async function surveyPage(store: DatabaseStore, { cursor, limit = PAGE }: SurveyOptions): Promise<SurveyPage> {
  const after = keyBehind('survey', cursor)
  const most = Math.max(1, Math.floor(limit))
  const rows = await store.surveyAfter(after, most)
  const last = rows.length === most ? rows.at(-1)?.['session_id'] : undefined
  const records = await Promise.all(rows.map(surveyed))
  return {
    records: records.flatMap((record) => record ?? []),
    cursor: typeof last === 'string' ? last : undefined,
    now: wholeNumber(rows[0]?.['now']),
  }
}

async function surveyed(row: Row): Promise<SurveyedRecord | undefined> {
  const key = asStoreKey(row['session_id'])
  if (key === undefined) return undefined
  const common = { key, bytes: wholeNumber(row['bytes']) ?? 0, metadata: undefined, holder: undefined }
  let head: Head | undefined
  try {
    head = headOf(key, row)
  } catch {
    return { ...common, kind: 'unreadable' }
  }
  if (head === undefined) return { ...common, kind: 'expired' }
  const { leaseToken, leaseEndsAt, now, metadata } = head
  const holder = leaseToken !== undefined && leaseEndsAt > now ? await holderName(leaseToken) : undefined
  return { ...common, kind: metadata === undefined ? 'marker' : 'session', metadata, holder }
}
