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
