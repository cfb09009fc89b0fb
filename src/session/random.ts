// One call of the generator costs more than the bytes it gives: ids, tokens and masks are cut from a pool.
const POOL_BYTES = 4096
let pool: Uint8Array<ArrayBuffer> | undefined // made on first use: Workers refuse random values at module scope
let used = POOL_BYTES

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

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
  let text = ''
  for (const byte of bytes) text += HEX[byte]
  return text
}

/** Random bytes in lowercase hex: twice as many characters as bytes. */
export function randomHex(byteLength: number): string {
  return toHex(randomBytes(byteLength))
}
