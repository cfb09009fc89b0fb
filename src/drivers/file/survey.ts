import { setImmediate as turn } from 'node:timers/promises'
import type { SurveyOptions, SurveyPage, SurveyedRecord } from '../../contracts/surveying-driver.ts'
import { isSessionError } from '../../session/errors.ts'
import type { StoreKey } from '../../session/id.ts'
import { holderName } from '../holder.ts'
import { metadataOf } from '../instants.ts'
import { keyBehind } from '../key-cursor.ts'
import { keysAfter } from './list.ts'
import { lockRecord, peekRecord } from './open-record.ts'
import type { Folder } from './open-record.ts'
import type { Content } from './record-codec.ts'

const PAGE = 100
const LOOKS_A_TURN = 50

/** Shows a page of what lies in the folder, in the order of the keys. */
export async function surveyFolder(folder: Folder, { cursor, limit = PAGE }: SurveyOptions, now: number): Promise<SurveyPage> {
  const most = Math.max(1, limit)
  const records: SurveyedRecord[] = []
  let looks = 0
  const after = keyBehind('survey', cursor)
  let last = after
  for await (const key of keysAfter(folder, undefined, after)) {
    if (looks === most) return { records, cursor: last, now }
    last = key
    looks += 1
    if (looks % LOOKS_A_TURN === 0) await turn()
    const record = await surveyed(folder, key, now)
    if (record !== undefined) records.push(record)
  }
  return { records, cursor: undefined, now }
}

async function surveyed(folder: Folder, key: StoreKey, now: number): Promise<SurveyedRecord | undefined> {
  const content = await readableOr(() => peekRecord(folder, key))
  if (content === undefined) return undefined
  if (content === 'unreadable') return { key, kind: content, metadata: undefined, bytes: 0, holder: undefined }
  const isHeld = content.kind === 'record' && (await isLocked(folder, key))
  const kind = content.expiresAt <= now && !isHeld ? 'expired' : content.kind === 'record' ? 'session' : 'marker'
  return {
    key,
    kind,
    metadata: kind === 'session' && content.kind === 'record' ? metadataOf(content.record) : undefined,
    bytes: bytesOf(content),
    // The kernel does not say whose a lock is. It is the same holder for as long as nothing was written.
    holder: isHeld && content.kind === 'record' ? await holderName(content.record.version.writeToken) : undefined,
  }
}

/** The lock is tried for, and given back at once. */
async function isLocked(folder: Folder, key: StoreKey): Promise<boolean> {
  const open = await readableOr(() => lockRecord(folder, key))
  if (open === 'busy') return true
  if (typeof open === 'object') folder.locks.close(open.fd)
  return false
}

async function readableOr<Answer>(read: () => Answer | Promise<Answer>): Promise<Answer | 'unreadable'> {
  try {
    return await read()
  } catch (error) {
    if (isSessionError(error) && error.code === 'ERR_SESSION_UNREADABLE') return 'unreadable'
    throw error
  }
}

function bytesOf(content: Content): number {
  return content.kind === 'record' ? Buffer.byteLength(content.record.payload) + Buffer.byteLength(content.record.flash) : 0
}
