// The text of a slot: lengths of head and flash, the head as JSON, then flash and payload as they are.
import type { Marker, StoredRecord } from '../../contracts/driver.ts'
import { DESCRIPTOR_BYTES } from './slots.ts'

/** What a slot holds. */
export type Content =
  | { readonly kind: 'record'; readonly record: StoredRecord; readonly expiresAt: number }
  | { readonly kind: 'marker'; readonly marker: Marker; readonly expiresAt: number }

const LENGTHS_BYTES = 8
const MARKER = 0
const RECORD = 1
// UTF-8 has no place for half a surrogate pair: a text that has one is kept in UTF-16.
const UTF16_FLASH = 2
const UTF16_PAYLOAD = 4

/** Makes the bytes of a record, with room before them for a slot's descriptor. */
export function encodeRecord(record: StoredRecord): Buffer {
  const { payload, flash } = record
  const flashEncoding = encodingOf(flash)
  const payloadEncoding = encodingOf(payload)
  const kind = RECORD | (flashEncoding === 'utf8' ? 0 : UTF16_FLASH) | (payloadEncoding === 'utf8' ? 0 : UTF16_PAYLOAD)
  const head = JSON.stringify([
    kind,
    record.handle,
    record.createdAt,
    record.authenticatedAt,
    record.regeneratedAt,
    record.lastActivity,
    record.expiresAt,
    record.userId,
    record.ipAddress,
    record.userAgent,
    record.version.counter,
    record.version.writeToken,
  ])
  const headBytes = Buffer.byteLength(head)
  const flashBytes = Buffer.byteLength(flash, flashEncoding)
  const image = Buffer.allocUnsafe(DESCRIPTOR_BYTES + LENGTHS_BYTES + headBytes + flashBytes + Buffer.byteLength(payload, payloadEncoding))
  image.writeUInt32LE(headBytes, DESCRIPTOR_BYTES)
  image.writeUInt32LE(flashBytes, DESCRIPTOR_BYTES + 4)
  const start = DESCRIPTOR_BYTES + LENGTHS_BYTES
  image.write(head, start)
  image.write(flash, start + headBytes, flashEncoding)
  image.write(payload, start + headBytes + flashBytes, payloadEncoding)
  return image
}

/** Makes the bytes of a marker, with room before them for a slot's descriptor. */
export function encodeMarker(marker: Marker, expiresAt: number): Buffer {
  const head = JSON.stringify([MARKER, marker.replacedAt, marker.reason, marker.salt, expiresAt])
  const headBytes = Buffer.byteLength(head)
  const image = Buffer.allocUnsafe(DESCRIPTOR_BYTES + LENGTHS_BYTES + headBytes)
  image.writeUInt32LE(headBytes, DESCRIPTOR_BYTES)
  image.writeUInt32LE(0, DESCRIPTOR_BYTES + 4)
  image.write(head, DESCRIPTOR_BYTES + LENGTHS_BYTES)
  return image
}

/** Understands the text of a whole slot; `undefined` when another program wrote it. */
export function decodeContent(text: Buffer): Content | undefined {
  if (text.length < LENGTHS_BYTES) return undefined
  const headEnd = LENGTHS_BYTES + text.readUInt32LE(0)
  const flashEnd = headEnd + text.readUInt32LE(4)
  if (flashEnd > text.length) return undefined
  const head = parseArray(text.toString('utf8', LENGTHS_BYTES, headEnd))
  if (head === undefined) return undefined
  return head[0] === MARKER ? markerFrom(head) : recordFrom(head, text, headEnd, flashEnd)
}

function recordFrom(head: readonly unknown[], text: Buffer, headEnd: number, flashEnd: number): Content | undefined {
  const [
    kind,
    handle,
    createdAt,
    authenticatedAt,
    regeneratedAt,
    lastActivity,
    expiresAt,
    userId,
    ipAddress,
    userAgent,
    counter,
    writeToken,
  ] = head
  if (
    typeof kind !== 'number' ||
    typeof handle !== 'string' ||
    typeof createdAt !== 'number' ||
    typeof lastActivity !== 'number' ||
    typeof expiresAt !== 'number' ||
    typeof counter !== 'number' ||
    typeof writeToken !== 'string'
  ) {
    return undefined
  }
  const record: StoredRecord = {
    payload: text.toString(kind & UTF16_PAYLOAD ? 'utf16le' : 'utf8', flashEnd),
    flash: text.toString(kind & UTF16_FLASH ? 'utf16le' : 'utf8', headEnd, flashEnd),
    handle,
    createdAt,
    authenticatedAt: numberOrNothing(authenticatedAt),
    regeneratedAt: numberOrNothing(regeneratedAt),
    lastActivity,
    expiresAt,
    userId: textOrNothing(userId),
    ipAddress: textOrNothing(ipAddress),
    userAgent: textOrNothing(userAgent),
    version: { counter, writeToken },
  }
  return { kind: 'record', record, expiresAt }
}

function markerFrom([, replacedAt, reason, salt, expiresAt]: readonly unknown[]): Content | undefined {
  if (typeof replacedAt !== 'number' || (reason !== 'login' && reason !== 'rotation') || typeof expiresAt !== 'number') return undefined
  return { kind: 'marker', marker: { replacedAt, reason, salt: textOrNothing(salt) }, expiresAt }
}

function encodingOf(text: string): 'utf8' | 'utf16le' {
  return text.isWellFormed() ? 'utf8' : 'utf16le'
}

function parseArray(text: string): readonly unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

const numberOrNothing = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined)
const textOrNothing = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
