const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/
const IPV6_LETTERS = /^[\da-f:.]+$/i

/** Whether it is an IPv4 address in dots, without a port. */
export function isIpv4(text: string): boolean {
  return IPV4.test(text)
}

/**
 * The shortest form of an IPv6 address without a zone, or `undefined` when it is none.
 * @see RFC 5952.
 */
export function shortIpv6(text: string): string | undefined {
  // The URL parser knows every form of an IPv6 address, and is there on every runtime.
  return IPV6_LETTERS.test(text) ? URL.parse(`http://[${text}]`)?.hostname.slice(1, -1) : undefined
}

/** An address without its zone, such as `%eth0`. Only IPv6 has zones. */
export function withoutZone(address: string): string {
  const zone = address.indexOf('%')
  return zone > 0 && address.includes(':') ? address.slice(0, zone) : address
}

/** The bytes of an address: 4, also of IPv4 that is wrapped in IPv6, or 16. `undefined` for anything else. */
export function ipBytes(address: string): number[] | undefined {
  if (isIpv4(address)) return address.split('.').map(Number)
  const shortest = shortIpv6(address)
  if (shortest === undefined) return undefined
  const [before = '', after] = shortest.split('::')
  const head = groups(before)
  const tail = groups(after ?? '')
  const zeros = Array.from<number>({ length: 8 - head.length - tail.length }).fill(0)
  const bytes = [...head, ...zeros, ...tail].flatMap((group) => [group >> 8, group & 255])
  const isMapped = bytes.every((byte, at) => at >= 12 || byte === (at < 10 ? 0 : 255))
  return isMapped ? bytes.slice(12) : bytes
}

/** Whether two addresses of one kind begin with the same bits. */
export function sharesBits(one: readonly number[], other: readonly number[], bits: number): boolean {
  if (one.length !== other.length) return false
  const whole = bits >> 3
  const rest = 0xff00 >> (bits & 7)
  return one.every((byte, at) => at > whole || (at < whole ? byte === other[at] : ((byte ^ (other[at] ?? 0)) & rest & 255) === 0))
}

function groups(part: string): number[] {
  return part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16))
}
