import { randomBytes, randomHex, toHex } from './random.ts'

/** Where the CSRF token lives among the attributes. */
export const TOKEN_KEY = '_token'

const TOKEN_BYTES = 40
const HEX = /^(?:[0-9a-f]{2})+$/

/** Makes a CSRF token: 80 hex digits from 40 random bytes. */
export function newToken(): string {
  return randomHex(TOKEN_BYTES)
}

/**
 * Renders a token for a page: random bytes, then the token's bytes combined with them, in hex. Each rendering is another text, so
 * that the size of a compressed page says nothing about the token. A token that is not hex is given back as it is.
 *
 * @see BREACH, and OWASP Cross-Site Request Forgery Prevention Cheat Sheet.
 */
export function maskToken(token: string): string {
  if (!HEX.test(token)) return token
  const length = token.length / 2
  const mask = randomBytes(length)
  const masked = new Uint8Array(length)
  for (let at = 0; at < length; at++) masked[at] = byteAt(token, at) ^ (mask[at] ?? 0)
  return toHex(mask) + toHex(masked)
}

/**
 * Says whether what a request brought is the session's token, masked or plain. How long it takes depends on lengths only. A session
 * without a token matches nothing.
 */
export function tokenMatches(sessionToken: unknown, candidate: unknown): boolean {
  if (typeof sessionToken !== 'string' || typeof candidate !== 'string' || sessionToken === '') return false
  let difference = 0
  if (candidate.length === sessionToken.length) {
    for (let at = 0; at < candidate.length; at++) difference |= candidate.charCodeAt(at) ^ sessionToken.charCodeAt(at)
    return difference === 0
  }
  if (candidate.length !== sessionToken.length * 2 || !HEX.test(candidate) || !HEX.test(sessionToken)) return false
  const length = sessionToken.length / 2
  for (let at = 0; at < length; at++) difference |= byteAt(candidate, at) ^ byteAt(candidate, length + at) ^ byteAt(sessionToken, at)
  return difference === 0
}

function byteAt(hex: string, at: number): number {
  return (digitAt(hex, at * 2) << 4) | digitAt(hex, at * 2 + 1)
}

// By arithmetic, not by a table: which digit it is must not show in the time. Only for text that is known to be lowercase hex.
function digitAt(hex: string, at: number): number {
  const code = hex.charCodeAt(at)
  return (code & 15) + (code >> 6) * 9
}
