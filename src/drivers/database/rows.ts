import type { Marker, RecordMetadata, StoredRecord, Version } from '../../contracts/driver.ts'
import { SessionError } from '../../session/errors.ts'
import type { StoreKey } from '../../session/id.ts'
import type { Row } from './bridges/bridge.ts'
import { HEAD } from './dialects/dialect.ts'
import { textOf } from './texts.ts'

const PACKED = [...HEAD.matchAll(/\w+/g)].map(([name]) => name).concat('now')

/** What is known of a row that lives: a record without its texts, or a marker. */
export type Head = Lines & (RecordHead | MarkerHead)

interface Lines {
  readonly now: number
  readonly version: Version
  readonly expiresAt: number
  readonly leaseToken: string | undefined
  /** Unix milliseconds; 0 when nobody has it. */
  readonly leaseEndsAt: number
}

interface RecordHead {
  readonly metadata: RecordMetadata
  readonly marker: undefined
}

interface MarkerHead {
  readonly metadata: undefined
  readonly marker: Marker
}

/**
 * Reads a row without its texts; `undefined` when it has expired and is not leased.
 *
 * @throws {SessionError} `ERR_SESSION_UNREADABLE` for a row that this driver did not write, or that is damaged.
 */
export function headOf(key: StoreKey, answered: Row): Head | undefined {
  const row = typeof answered['head'] === 'string' ? unpacked(key, answered['head']) : answered
  const now = wholeNumber(row['now'])
  const expiresAt = wholeNumber(row['expires_ms'])
  const leaseEndsAt = wholeNumber(row['lease_until_ms'])
  const counter = wholeNumber(row['version'])
  const writeToken = textOf(row['write_token'])
  if (now === undefined || expiresAt === undefined || leaseEndsAt === undefined || writeToken === undefined) throw damaged(key)
  if (counter === undefined || counter < 1) throw damaged(key)
  if (expiresAt <= now && leaseEndsAt <= now) return undefined
  const version = { counter, writeToken }
  const lines = { now, version, expiresAt, leaseToken: textOf(row['lease_token']), leaseEndsAt }
  if (row['marker'] === null) return { ...lines, metadata: metadataOf(key, row, expiresAt), marker: undefined }
  return { ...lines, metadata: undefined, marker: markerOf(key, row) }
}

/** The columns of a row that came as one: see `HEAD`, after which comes the clock. */
function unpacked(key: StoreKey, head: string): Row {
  const values = listIn(head)
  if (values === undefined) throw damaged(key)
  return Object.fromEntries(PACKED.map((name, place) => [name, values[place]]))
}

function listIn(json: string): readonly unknown[] | undefined {
  try {
    const values: unknown = JSON.parse(json)
    return Array.isArray(values) ? values : undefined
  } catch {
    return undefined
  }
}

/** Reads the texts of a row, as `headOf` has read the rest. */
export function recordOf(key: StoreKey, { version }: Head, metadata: RecordMetadata, row: Row): StoredRecord {
  const payload = textOf(row['payload'])
  const flash = textOf(row['flash_data'])
  if (payload === undefined || flash === undefined) throw damaged(key)
  const { handle, createdAt, authenticatedAt, regeneratedAt, lastActivity, expiresAt, userId, ipAddress, userAgent } = metadata
  return {
    payload,
    flash,
    handle,
    createdAt,
    authenticatedAt,
    regeneratedAt,
    lastActivity,
    expiresAt,
    userId,
    ipAddress,
    userAgent,
    version,
  }
}

/** A marker's column: its reason, and a salt where it has one. */
export function markerText({ reason, salt }: Pick<Marker, 'reason' | 'salt'>): string {
  return salt === undefined ? reason : `${reason}:${salt}`
}

function metadataOf(key: StoreKey, row: Row, expiresAt: number): RecordMetadata {
  const handle = textOf(row['handle'])
  const createdAt = wholeNumber(row['created_ms'])
  const lastActivity = wholeNumber(row['last_activity_ms'])
  if (handle === undefined || createdAt === undefined || lastActivity === undefined) throw damaged(key)
  return {
    handle,
    createdAt,
    authenticatedAt: orAbsent(key, row['authenticated_ms'], wholeNumber),
    regeneratedAt: orAbsent(key, row['regenerated_ms'], wholeNumber),
    lastActivity,
    expiresAt,
    userId: orAbsent(key, row['user_id'], textOf),
    ipAddress: orAbsent(key, row['ip_address'], textOf),
    userAgent: orAbsent(key, row['user_agent'], textOf),
  }
}

function markerOf(key: StoreKey, row: Row): Marker {
  const replacedAt = wholeNumber(row['regenerated_ms'])
  const [reason, salt] = splitMarker(row['marker'])
  if (replacedAt === undefined || (reason !== 'login' && reason !== 'rotation')) throw damaged(key)
  return { replacedAt, reason, salt }
}

function splitMarker(stored: unknown): [string | undefined, string | undefined] {
  const text = textOf(stored)
  const at = text?.indexOf(':') ?? -1
  return text === undefined || at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}

function orAbsent<Value>(key: StoreKey, stored: unknown, read: (stored: unknown) => Value | undefined): Value | undefined {
  if (stored === null || stored === undefined) return undefined
  const value = read(stored)
  if (value === undefined) throw damaged(key)
  return value
}

/** Clients give whole numbers as numbers, texts or bigints. */
export function wholeNumber(stored: unknown): number | undefined {
  if (typeof stored === 'number') return Number.isSafeInteger(stored) ? stored : undefined
  if (typeof stored !== 'bigint' && (typeof stored !== 'string' || !/^-?\d+$/.test(stored))) return undefined
  const number = Number(stored)
  return Number.isSafeInteger(number) ? number : undefined
}

function damaged(key: StoreKey): SessionError {
  return SessionError.unreadable(key, 'the row was not written by this driver, or is damaged')
}
