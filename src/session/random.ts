// One call of the generator costs more than the bytes it gives: ids, tokens and masks are cut from a pool.
const POOL_BYTES = 4096
let pool: Uint8Array<ArrayBuffer> | undefined // made on first use: Workers refuse random values at module scope
let used = POOL_BYTES

// Nearly all that is asked for has one length: its digits are put together in the same place each time.
const digits: number[] = []
const DIGITS: readonly number[] = Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0))

/** Random bytes from the platform's generator. They are the caller's alone: the pool forgets them. */
export function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  if (length > POOL_BYTES) return crypto.getRandomValues(new Uint8Array(length))
  pool ??= new Uint8Array(POOL_BYTES)
  if (used + length > POOL_BYTES) {
    crypto.getRandomValues(pool)
    used = 0
  }
  const bytes = pool.slice(used, used + length)
  pool.fill(0, used, used + length)
  used += length
  return bytes
}

/** The bytes in lowercase hex. */
export function toHex(bytes: Uint8Array): string {
  return hexOf(bytes, 0, bytes.length)
}

/** Random bytes in lowercase hex: twice as many characters as bytes. */
export function randomHex(length: number): string {
  pool ??= new Uint8Array(POOL_BYTES)
  if (used + length > POOL_BYTES) {
    crypto.getRandomValues(pool)
    used = 0
  }
  const hex = hexOf(pool, used, length)
  pool.fill(0, used, used + length)
  used += length
  return hex
}

function hexOf(bytes: Uint8Array, from: number, length: number): string {
  digits.length = 2 * length
  for (let at = 0; at < length; at++) {
    const byte = bytes[from + at] ?? 0
    digits[2 * at] = DIGITS[byte >> 4] ?? 0
    digits[2 * at + 1] = DIGITS[byte & 15] ?? 0
  }
  // In one piece: a text that grows digit by digit is kept as a tree of small ones, in every stored record.
  return String.fromCharCode(...digits)
}
