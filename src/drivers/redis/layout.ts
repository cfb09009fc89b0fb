// What lies under a key: a string of a header, the texts about the session, and its contents.
//
//   bytes   0..2   "HF" and the number of this layout, 1
//           3      "R" for a record, "M" for a marker
//           4..9   when the lease ends; 0 without one       |
//          10..25  the lease's token                        | these 34 bytes change in place:
//          26..31  when it expires                          | taking, renewing and giving back a lease
//          32..37  last activity                            | writes them and nothing else
//          38..41  the version's counter
//          42..44  how many bytes the texts about the session have
//          45..50  created (a marker: when it was put there)
//          51..56  authenticated, 0 for never
//          57..62  regenerated, 0 for never
//   texts about a record: the version's token, user id, handle, address, user agent; about a marker: the version's token, reason, salt
//   contents of a record: flash, payload
//
// Numbers are big-endian, instants Unix milliseconds on the server's clock, texts as in text-fields.ts. The scripts read and write the
// header; the rest they only carry.
import type { Marker, MarkerWrite, RecordMetadata, RecordWrite, StoredRecord, TextsWrite, Version } from '../../contracts/driver.ts'
import { SessionError } from '../../session/errors.ts'
import { type Field, fieldBytes, fieldOf, readText, writeField } from './text-fields.ts'

export const HEADER_BYTES = 63
export const MAGIC = 'HF\x01'
export const RECORD = 'R'
export const MARKER = 'M'
export const LEASE_AT = 4
/** Three bytes of the header say how many there are. */
const MOST_ABOUT_BYTES = 0xff_ff_ff
/** The header as Lua's `struct` writes it. */
export const HEADER_FORMAT = '>c3c1I6c16I6I6I4I3I6I6I6'
/** The part that changes in place. */
export const LEASE_FORMAT = '>I6c16I6I6'
export const TOKEN_BYTES = 16
export const NO_LEASE: Buffer = Buffer.alloc(TOKEN_BYTES)
export const NO_TOKENS: Buffer = Buffer.alloc(0)

/** The part of a value that JavaScript writes. */
export interface Body {
  readonly bytes: Buffer
  /** How many of them are texts about the session. */
  readonly aboutBytes: number
}

/** What is known of what lies under a key without its contents. */
export type Head = { readonly version: Version; readonly expiresAt: number } & (
  | { readonly kind: 'record'; readonly metadata: RecordMetadata }
  | { readonly kind: 'marker'; readonly marker: Marker }
)

export type Content = { readonly kind: 'record'; readonly record: StoredRecord } | { readonly kind: 'marker'; readonly marker: Marker }

/** @param before Bytes that are put before it. */
export function recordBody(write: RecordWrite, before: Buffer = NO_TOKENS): Body {
  const about = [write.writeToken, write.userId, write.handle, write.ipAddress, write.userAgent]
  return bodyOf(about, [write.flash, write.payload], before)
}

/** The contents of a record alone. */
export function contentsBytes({ flash, payload }: TextsWrite): Buffer {
  return bodyOf([], [flash, payload]).bytes
}

export function markerBody(write: MarkerWrite): Body {
  return bodyOf([write.writeToken, write.reason, write.salt], [])
}

/** Understands the header and the texts about the session; `undefined` when they are damaged. */
export function decodeHead(value: Buffer): Head | undefined {
  return headOf(value)?.head
}

/** Understands a whole value; `undefined` when it is damaged. */
export function decodeContent(value: Buffer): Content | undefined {
  const found = headOf(value)
  if (found === undefined) return undefined
  const { head, end } = found
  if (head.kind === 'marker') return end === value.length ? head : undefined
  const texts = textsFrom(value, end, 2)
  if (texts === undefined || texts.end !== value.length) return undefined
  const [flash, payload] = texts.texts
  if (flash === undefined || payload === undefined) return undefined
  return { kind: 'record', record: { ...head.metadata, payload, flash, version: head.version } }
}

function headOf(value: Buffer): { readonly head: Head; readonly end: number } | undefined {
  if (value.length < HEADER_BYTES || value.toString('latin1', 0, 3) !== MAGIC) return undefined
  const end = HEADER_BYTES + value.readUIntBE(42, 3)
  const kind = value.toString('latin1', 3, 4)
  const texts = textsFrom(value, HEADER_BYTES, kind === RECORD ? 5 : 3)
  if (texts === undefined || texts.end !== end) return undefined
  const [writeToken, second, third, fourth, fifth] = texts.texts
  if (writeToken === undefined) return undefined
  const version = { counter: value.readUInt32BE(38), writeToken }
  const expiresAt = value.readUIntBE(26, 6)
  const createdAt = value.readUIntBE(45, 6)
  if (kind === MARKER) {
    if (second !== 'login' && second !== 'rotation') return undefined
    return { head: { kind: 'marker', marker: { replacedAt: createdAt, reason: second, salt: third }, version, expiresAt }, end }
  }
  if (kind !== RECORD || third === undefined) return undefined
  const metadata = {
    handle: third,
    createdAt,
    authenticatedAt: value.readUIntBE(51, 6) || undefined,
    regeneratedAt: value.readUIntBE(57, 6) || undefined,
    lastActivity: value.readUIntBE(32, 6),
    expiresAt,
    userId: second,
    ipAddress: fourth,
    userAgent: fifth,
  }
  return { head: { kind: 'record', metadata, version, expiresAt }, end }
}

function bodyOf(about: readonly (string | undefined)[], contents: readonly string[], before: Buffer = NO_TOKENS): Body {
  const aboutFields = about.map(fieldOf)
  const contentFields = contents.map(fieldOf)
  const aboutBytes = bytesOf(aboutFields)
  if (aboutBytes > MOST_ABOUT_BYTES) throw SessionError.invalidArgument('A record', 'has more than 16 MB of texts about it.')
  const bytes = Buffer.allocUnsafe(before.length + aboutBytes + bytesOf(contentFields))
  bytes.set(before)
  let at = before.length
  for (const field of aboutFields) at = writeField(bytes, at, field)
  for (const field of contentFields) at = writeField(bytes, at, field)
  return { bytes, aboutBytes }
}

function bytesOf(fields: readonly Field[]): number {
  return fields.reduce((sum, field) => sum + fieldBytes(field), 0)
}

function textsFrom(
  value: Buffer,
  start: number,
  count: number,
): { readonly texts: (string | undefined)[]; readonly end: number } | undefined {
  const texts: (string | undefined)[] = []
  let at = start
  while (texts.length < count) {
    const read = readText(value, at)
    if (read === undefined) return undefined
    texts.push(read.text)
    at = read.end
  }
  return { texts, end: at }
}
