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
const KINDS: ReadonlySet<number> = new Set([0, UTF16_FLASH, UTF16_PAYLOAD, UTF16_FLASH | UTF16_PAYLOAD].map((bits) => RECORD | bits))

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
    !KINDS.has(kind) ||
    typeof handle !== 'string' ||
    !isInstant(createdAt) ||
    !isInstant(lastActivity) ||
    !isInstant(expiresAt) ||
    typeof counter !== 'number' ||
    !Number.isSafeInteger(counter) ||
    typeof writeToken !== 'string' ||
    !isInstantOrNothing(authenticatedAt) ||
    !isInstantOrNothing(regeneratedAt) ||
    !isTextOrNothing(userId) ||
    !isTextOrNothing(ipAddress) ||
    !isTextOrNothing(userAgent)
  ) {
    return undefined
  }
  const payload = textIn(text, flashEnd, text.length, (kind & UTF16_PAYLOAD) !== 0)
  const flash = textIn(text, headEnd, flashEnd, (kind & UTF16_FLASH) !== 0)
  if (payload === undefined || flash === undefined) return undefined
  const record: StoredRecord = {
    payload,
    flash,
    handle,
    createdAt,
    authenticatedAt: authenticatedAt ?? undefined,
    regeneratedAt: regeneratedAt ?? undefined,
    lastActivity,
    expiresAt,
    userId: userId ?? undefined,
    ipAddress: ipAddress ?? undefined,
    userAgent: userAgent ?? undefined,
    version: { counter, writeToken },
  }
  return { kind: 'record', record, expiresAt }
}

function markerFrom([, replacedAt, reason, salt, expiresAt]: readonly unknown[]): Content | undefined {
  if (!isInstant(replacedAt) || (reason !== 'login' && reason !== 'rotation') || !isInstant(expiresAt) || !isTextOrNothing(salt))
    return undefined
  return { kind: 'marker', marker: { replacedAt, reason, salt: salt ?? undefined }, expiresAt }
}

/**
 * `undefined` where UTF-16 has half a character at its end. It is never handed to `toString`: where such bytes begin at an odd place, Node.js writes
 * one byte more than it has room for.
 */
function textIn(text: Buffer, start: number, end: number, isUtf16: boolean): string | undefined {
  if (isUtf16 && (end - start) % 2 !== 0) return undefined
  return text.toString(isUtf16 ? 'utf16le' : 'utf8', start, end)
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

// JSON knows no infinity, and reads one of a number that is too large.
const isInstant = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)
const isInstantOrNothing = (value: unknown): value is number | null => value === null || isInstant(value)
const isTextOrNothing = (value: unknown): value is string | null => value === null || typeof value === 'string'
