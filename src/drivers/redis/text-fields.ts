// Texts as bytes that say where they end. Each begins with a number, seven bits a byte, the lowest first and the eighth bit set on all but
// the last byte: 0 for no text, 1 for 32 hex digits in 16 bytes (handles and tokens), else 2 + 2 * length, and 1 more in UTF-16.
// UTF-8 has no place for half a surrogate pair: a text that has one is kept in UTF-16.

const ABSENT = 0
const HEX = 1
const FIRST_LENGTH = 2
const HEX_BYTES = 16
const HEX_FORM = /^[0-9a-f]{32}$/

/** How many bytes a text takes. */
export function textBytes(text: string | undefined): number {
  if (text === undefined) return 1
  if (isHex(text)) return 1 + HEX_BYTES
  const encoding = encodingOf(text)
  const bytes = Buffer.byteLength(text, encoding)
  return numberBytes(lengthNumber(bytes, encoding)) + bytes
}

/** Writes a text, and says where the next one begins. */
export function writeText(into: Buffer, at: number, text: string | undefined): number {
  if (text === undefined) return writeNumber(into, at, ABSENT)
  if (isHex(text)) return into.write(text, writeNumber(into, at, HEX), 'hex') + at + 1
  const encoding = encodingOf(text)
  const start = writeNumber(into, at, lengthNumber(Buffer.byteLength(text, encoding), encoding))
  return start + into.write(text, start, encoding)
}

/** The bytes of one text. */
export function textField(text: string | undefined): Buffer {
  const field = Buffer.allocUnsafe(textBytes(text))
  writeText(field, 0, text)
  return field
}

/** A text that was read, and where the next one begins. */
export interface ReadText {
  readonly text: string | undefined
  readonly end: number
}

/** Reads the text that begins at a place; `undefined` when the bytes end before it does. */
export function readText(from: Buffer, at: number): ReadText | undefined {
  let number = 0
  let start = at
  for (let scale = 1; ; scale *= 128) {
    const byte = from[start]
    if (byte === undefined || scale > Number.MAX_SAFE_INTEGER) return undefined
    start += 1
    number += (byte & 127) * scale
    if (byte < 128) break
  }
  if (number === ABSENT) return { text: undefined, end: start }
  const length = number === HEX ? HEX_BYTES : Math.floor((number - FIRST_LENGTH) / 2)
  const end = start + length
  if (end > from.length) return undefined
  const encoding = number % 2 === 0 ? 'utf8' : 'utf16le'
  return { text: from.toString(number === HEX ? 'hex' : encoding, start, end), end }
}

function isHex(text: string): boolean {
  return text.length === 2 * HEX_BYTES && HEX_FORM.test(text)
}

function encodingOf(text: string): 'utf8' | 'utf16le' {
  return text.isWellFormed() ? 'utf8' : 'utf16le'
}

function lengthNumber(bytes: number, encoding: 'utf8' | 'utf16le'): number {
  return FIRST_LENGTH + 2 * bytes + (encoding === 'utf8' ? 0 : 1)
}

function numberBytes(number: number): number {
  let bytes = 1
  for (let rest = number; rest >= 128; rest = Math.floor(rest / 128)) bytes += 1
  return bytes
}

function writeNumber(into: Buffer, at: number, number: number): number {
  let next = at
  let rest = number
  for (; rest >= 128; rest = Math.floor(rest / 128)) next = into.writeUInt8(128 + (rest % 128), next)
  return into.writeUInt8(rest, next)
}
