// Texts as bytes that say where they end. Each begins with a number, seven bits a byte, the lowest first and the eighth bit set on all but
// the last byte: 0 for no text, 1 for 32 hex digits in 16 bytes (handles and tokens), else 2 + 2 * length, and 1 more in UTF-16.
// UTF-8 has no place for half a surrogate pair: a text that has one is kept in UTF-16.

const ABSENT = 0
const HEX = 1
const FIRST_LENGTH = 2
const HEX_BYTES = 16
const HEX_FORM = /^[0-9a-f]{32}$/

/** How a text is written. */
export interface Field {
  readonly text: string
  readonly encoding: BufferEncoding
  /** What stands before it, and how many bytes it has itself. */
  readonly number: number
  readonly bytes: number
}

const NO_TEXT: Field = { text: '', encoding: 'latin1', number: ABSENT, bytes: 0 }

/** Looks at a text once, before there is a place for it. */
export function fieldOf(text: string | undefined): Field {
  if (text === undefined) return NO_TEXT
  if (isHex(text)) return { text, encoding: 'hex', number: HEX, bytes: HEX_BYTES }
  if (!text.isWellFormed()) return { text, encoding: 'utf16le', number: FIRST_LENGTH + 4 * text.length + 1, bytes: 2 * text.length }
  const bytes = Buffer.byteLength(text)
  // As many bytes as characters: it is ASCII, which is written faster so.
  return { text, encoding: bytes === text.length ? 'latin1' : 'utf8', number: FIRST_LENGTH + 2 * bytes, bytes }
}

/** How many bytes a text takes with what stands before it. */
export function fieldBytes({ number, bytes }: Field): number {
  return numberBytes(number) + bytes
}

/** Writes a text, and says where the next one begins. */
export function writeField(into: Buffer, at: number, { text, encoding, number, bytes }: Field): number {
  const start = writeNumber(into, at, number)
  into.write(text, start, encoding)
  return start + bytes
}

/** The bytes of one text. */
export function textField(text: string | undefined): Buffer {
  const field = fieldOf(text)
  const bytes = Buffer.allocUnsafe(fieldBytes(field))
  writeField(bytes, 0, field)
  return bytes
}

/** A text that was read, and where the next one begins. */
export interface ReadText {
  readonly text: string | undefined
  readonly end: number
}

/** Reads the text that begins at a place; `undefined` when the bytes end before it does, or it ends with half a character. */
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
  const encoding = number === HEX ? 'hex' : number % 2 === 0 ? 'utf8' : 'utf16le'
  // Half a character is never handed to `toString`: where it begins at an odd place, Node.js writes one byte more than it has room for.
  if (end > from.length || (encoding === 'utf16le' && length % 2 !== 0)) return undefined
  return { text: from.toString(encoding, start, end), end }
}

function isHex(text: string): boolean {
  return text.length === 2 * HEX_BYTES && HEX_FORM.test(text)
}

function numberBytes(number: number): number {
  let bytes = 1
  for (let rest = number; rest >= 128; rest = Math.floor(rest / 128)) bytes += 1
  return bytes
}

function writeNumber(into: Buffer, at: number, number: number): number {
  let next = at
  let rest = number
  for (; rest >= 128; rest = Math.floor(rest / 128)) into[next++] = 128 + (rest % 128)
  into[next++] = rest
  return next
}
