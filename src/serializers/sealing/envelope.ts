import type { SerializerContext } from '../../contracts/serializer.ts'

/** The format that is written. A new one gets a new number, and texts of both can be told apart. OWASP ASVS 11.2.2. */
const FORMAT = 'hf1'
const MARK = `${FORMAT}.`
const ANY_MARK = /^hf\d{1,4}\./
const LONGEST_NAME = 32
/** Letters first: objects put keys that look like numbers before all others, and the order of a ring counts. */
const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,31}$/

/** 24 characters of base64url to the last bit, so that they end where a byte does. */
export const SALT_BYTES = 18
const SALT_CHARACTERS = 24
export const IV_BYTES = 12
export const TAG_BYTES = 16
const SHORTEST_BOX = Math.ceil(((IV_BYTES + TAG_BYTES) * 4) / 3)

/**
 * A sealed text, taken apart: `hf1.NAME.SALTBOX`. NAME is that of the ring's key; SALT and BOX are base64url, BOX of the IV, the
 * ciphertext and the tag.
 */
export interface Envelope {
  readonly keyName: string
  /** All before the box: equal for all texts of one derived key. */
  readonly head: string
  readonly salt: string
  readonly box: string
}

/** Whether a text says of itself that it is sealed, in this format or another. */
export function isSealed(text: string): boolean {
  return text.startsWith(MARK) || ANY_MARK.test(text)
}

export function isKeyName(name: string): boolean {
  return NAME.test(name)
}

/** All of an envelope that stands before its box. */
export function headOf(keyName: string, salt: string): string {
  return `${MARK}${keyName}.${salt}`
}

/** Takes a sealed text apart; `undefined` for one that has not this form. Whether the box is base64 shows when it is opened. */
export function envelopeOf(text: string): Envelope | undefined {
  if (!text.startsWith(MARK)) return undefined
  const end = text.indexOf('.', MARK.length)
  const boxAt = end + 1 + SALT_CHARACTERS
  if (end === -1 || end > MARK.length + LONGEST_NAME || text.length < boxAt + SHORTEST_BOX) return undefined
  const keyName = text.slice(MARK.length, end)
  if (!isKeyName(keyName)) return undefined
  return { keyName, head: text.slice(0, boxAt), salt: text.slice(end + 1, boxAt), box: text.slice(boxAt) }
}

/** The name of the key that a text says it is sealed under, in whatever version of the format. */
export function keyNameIn(text: string): string | undefined {
  const [version, name, more] = isSealed(text) ? text.slice(0, LONGEST_NAME + 8).split('.', 3) : []
  return version !== undefined && name !== undefined && more !== undefined && isKeyName(name) ? name : undefined
}

export function isOfThisVersion(text: string): boolean {
  return text.startsWith(MARK)
}

/** What a text is bound to: sealed for one session and one field, it opens for no other. None of the parts can hold a line break. */
export function boundTo(keyName: string, { key, field }: SerializerContext): string {
  return `${FORMAT}\n${keyName}\n${field}\n${key}`
}

/** Whether a text is base64url as it is written here: only its own characters, no padding, no bits to spare. */
export function isBase64url(text: string): boolean {
  const spare = text.length % 4
  if (!/^[A-Za-z0-9_-]*$/.test(text) || spare === 1) return false
  if (spare === 2) return /[AQgw]$/.test(text)
  return spare === 0 || /[AEIMQUYcgkosw048]$/.test(text)
}
