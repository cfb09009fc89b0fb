import { SessionError } from './errors.ts'
import { isIpv4, shortIpv6, withoutZone } from './ip-address.ts'

const MAX_USER_ID = 255
const MAX_IP_ADDRESS = 45 // an IPv6 address that ends in an IPv4 one
const MAX_USER_AGENT = 512
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/gu

/** Brings a user id to the form in which it is kept; `undefined` for nobody. Only `setUserId` is told that there may be nobody. */
export function userIdOf(userId: unknown, method = 'setUserId'): string | undefined {
  if (userId === null || userId === undefined) return undefined
  const text = typeof userId === 'number' && Number.isSafeInteger(userId) ? String(userId) : userId
  if (typeof text === 'string' && text !== '' && text.length <= MAX_USER_ID && text.search(UNPRINTABLE) === -1) return text
  throw SessionError.invalidArgument(
    method,
    `a user id must be a text of 1 to ${MAX_USER_ID} printable characters, ${method === 'setUserId' ? 'a safe integer, or null' : 'or a safe integer'}.`,
  )
}

/** Brings an IP address to the form in which it is kept: without its zone. */
export function ipAddressOf(ipAddress: unknown): string | undefined {
  if (ipAddress === null || ipAddress === undefined) return undefined
  const address = typeof ipAddress === 'string' ? withoutZone(ipAddress) : ''
  if (address.length <= MAX_IP_ADDRESS && (isIpv4(address) || shortIpv6(address) !== undefined)) return address
  throw SessionError.invalidArgument(
    'setIpAddress',
    'that is neither an IPv4 nor an IPv6 address. Give the bare address, without a port, or null.',
  )
}

/** Brings a user agent to the form in which it is kept: short, and safe in a log line. */
export function userAgentOf(userAgent: unknown): string | undefined {
  if (userAgent === null || userAgent === undefined) return undefined
  if (typeof userAgent === 'string') return userAgent.slice(0, MAX_USER_AGENT).replace(UNPRINTABLE, '\ufffd')
  throw SessionError.invalidArgument('setUserAgent', 'a user agent must be a text, or null.')
}
