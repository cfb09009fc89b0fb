import type { SurveyOptions, SurveyPage, SurveyedRecord } from '../contracts/surveying-driver.ts'
import { holderName } from './holder.ts'
import { metadataOf } from './instants.ts'
import { type Entry, type MemoryTable, isLeased, isLive } from './memory-table.ts'

const PAGE = 100

/** Shows a page of the table. It is no use of what is shown: nothing moves away from being evicted. */
export async function surveyTable(table: MemoryTable, { cursor, limit = PAGE }: SurveyOptions, now: number): Promise<SurveyPage> {
  const page = table.page('survey', undefined, cursor, Math.max(1, limit))
  return { records: await Promise.all(page.entries.map((entry) => surveyed(entry, now))), cursor: page.cursor, now }
}

async function surveyed(entry: Entry, now: number): Promise<SurveyedRecord> {
  const { key, record, leaseToken } = entry
  const holder = leaseToken !== undefined && isLeased(entry, now) ? await holderName(leaseToken) : undefined
  const kind = isLive(entry, now) ? (record === undefined ? 'marker' : 'session') : 'expired'
  const bytes = record === undefined ? 0 : record.payload.length + record.flash.length
  return { key, kind, metadata: kind === 'session' && record !== undefined ? metadataOf(record) : undefined, bytes, holder }
}
