import { isIpv4, shortIpv6, withoutZone } from '../session/ip-address.ts'

const MAPPED_DOTTED = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i
const MAPPED_HEX = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/

/**
 * Gives the address of a client in one spelling: an IPv4 address in dots, also where the socket wraps it in IPv6 (`::ffff:192.0.2.1`);
 * an IPv6 address in its shortest form without a zone (`%eth0`). Anything else, such as the path of a Unix socket, is `undefined`.
 * @param socketAddress The address of the socket's other end. No header is looked at: a client can write into it what it likes.
 * @see RFC 5952 for the form.
 */
export function clientAddress(socketAddress: string | undefined): string | undefined {
  if (socketAddress === undefined) return undefined
  if (isIpv4(socketAddress)) return socketAddress
  const dotted = MAPPED_DOTTED.exec(socketAddress)?.[1]
  if (dotted !== undefined) return isIpv4(dotted) ? dotted : undefined
  const shortest = shortIpv6(withoutZone(socketAddress))
  if (shortest === undefined) return undefined
  const mapped = MAPPED_HEX.exec(shortest)
  return mapped === null ? shortest : [...bytes(mapped[1]), ...bytes(mapped[2])].join('.')
}

function bytes(group = '0'): [number, number] {
  const value = Number.parseInt(group, 16)
  return [value >> 8, value & 255]
}
