import { SessionError } from '../session/errors.ts'
import { ipBytes, sharesBits } from '../session/ip-address.ts'
import { choiceOption, knownFields, shown } from '../session/option-check.ts'
import { isObject } from '../session/plain.ts'
import { clientAddress } from './client-address.ts'

/** The proxies in front of this server, and what they say where a request came from with. */
export interface TrustedProxies {
  /** How many there are, or where they are: their addresses, or networks such as `10.0.0.0/8` or `fd00::/8`. */
  readonly proxies: number | readonly string[]
  /** The header that they all set. A client can set the other one to what it likes, and is not believed. Default: `x-forwarded-for`. */
  readonly header?: 'x-forwarded-for' | 'forwarded' | undefined
}

/**
 * Which proxies are believed. `false`: none; the address is the socket's. A number: so many, each of which every request goes through. A list: those at these addresses
 * and in these networks. A number is only right where nobody can reach this server past the proxies.
 */
export type TrustProxy = false | number | readonly string[] | TrustedProxies

/** What of a request says where it came from. */
export interface AddressSource {
  /** The address of the socket's other end. */
  readonly socketAddress: string | undefined
  header(name: string): string | undefined
}

interface Network {
  readonly bytes: readonly number[]
  readonly bits: number
}

/** Whether the proxy at this place, counted from this server, is believed. */
type IsTrusted = (address: string, place: number) => boolean

const MOST_PROXIES = 32

/**
 * Makes what finds a client's address. It goes from the socket to the left through the header, as far as proxies are trusted; the first address that is not a
 * trusted proxy's is the client's. What is no address ends the way: then it is the address of the proxy that said it.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for anything but a `TrustProxy`.
 * @see OWASP ASVS 15.3.4; RFC 7239.
 */
export function addressFinder(option: string, trust: TrustProxy = false): (source: AddressSource) => string | undefined {
  if (trust === false) return ({ socketAddress }) => clientAddress(socketAddress)
  const { proxies, header = 'x-forwarded-for' } = isGiven(trust) ? { proxies: trust } : checked(option, trust)
  const isTrusted = trustIn(option, proxies)
  const split = header === 'forwarded' ? forwardedFor : entries
  return (source) => {
    let nearest = clientAddress(source.socketAddress)
    const said = split(source.header(header) ?? '')
    // A proxy that comes by a socket of the file system has no address.
    for (let place = 0; isTrusted(nearest ?? '', place); place++) {
      const next = clientAddress(withoutPort(said.at(-1 - place) ?? ''))
      if (next === undefined) break
      nearest = next
    }
    return nearest
  }
}

function isGiven(trust: TrustProxy): trust is number | readonly string[] {
  return typeof trust === 'number' || Array.isArray(trust)
}

function checked(option: string, trust: unknown): { readonly proxies: unknown; readonly header: TrustedProxies['header'] } {
  if (!isObject(trust) || !('proxies' in trust)) {
    throw SessionError.config(
      option,
      `must be false, a number of proxies, a list of their networks, or { proxies, header }, not ${shown(trust)}.`,
    )
  }
  knownFields(option, trust, ['proxies', 'header'])
  const header = 'header' in trust ? trust.header : undefined
  return {
    proxies: trust.proxies,
    header: choiceOption<'x-forwarded-for' | 'forwarded'>(`${option}.header`, header, 'x-forwarded-for', ['x-forwarded-for', 'forwarded']),
  }
}

function trustIn(option: string, proxies: unknown): IsTrusted {
  if (typeof proxies === 'number' && Number.isInteger(proxies) && proxies >= 1 && proxies <= MOST_PROXIES)
    return (_address, place) => place < proxies
  if (!Array.isArray(proxies) || proxies.length === 0) {
    throw SessionError.config(
      option,
      `must name 1 to ${MOST_PROXIES} proxies, or a list of their addresses and networks, not ${shown(proxies)}.`,
    )
  }
  const networks = proxies.map((network: unknown) => networkOf(option, network))
  return (address) => {
    const bytes = ipBytes(address)
    return bytes !== undefined && networks.some((network) => sharesBits(bytes, network.bytes, network.bits))
  }
}

function networkOf(option: string, network: unknown): Network {
  const [address = '', length, ...more] = typeof network === 'string' ? network.split('/') : []
  const bytes = ipBytes(address)
  const most = 8 * (bytes?.length ?? 0)
  const bits = length === undefined ? most : /^\d{1,3}$/.test(length) ? Number(length) : Infinity
  if (bytes !== undefined && more.length === 0 && bits <= most && isWhole(bytes, bits)) return { bytes, bits }
  throw SessionError.config(
    option,
    `must list addresses and networks such as '192.0.2.7', '10.0.0.0/8' or 'fd00::/8', not ${shown(network)}.`,
  )
}

/** Whether nothing is set behind the network's bits: `10.1.0.0/8` is a slip for one of two networks. */
function isWhole(bytes: readonly number[], bits: number): boolean {
  return bytes.every((byte, at) => (byte & (0xff >> Math.min(Math.max(bits - 8 * at, 0), 8))) === 0)
}

function entries(header: string): string[] {
  return header.split(',').map((entry) => entry.trim())
}

// What stands in quotes is skipped: a proxy writes there what a client says, such as its `Host`.
const FOR = /^(?:(?:[^;"]|"[^"]*")*;)*?\s*for=(?:"([^"]*)"|([^;"\s]*))/i

/** The `for` of each proxy's part. One that has none, or a name in place of an address, is kept in its place as no address. RFC 7239, section 4. */
function forwardedFor(header: string): string[] {
  return entries(header).map((part) => {
    const plain = part.replaceAll(/\\["\\]/g, '__')
    // Half of what was quoted: a comma in it has cut it.
    if (plain.split('"').length % 2 === 0) return ''
    return (
      FOR.exec(plain)
        ?.slice(1)
        .find((text) => text !== undefined) ?? ''
    )
  })
}

/** An address without brackets and port. */
function withoutPort(text: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(text)?.[1]
  return bracketed ?? /^([\d.]+):\d{1,5}$/.exec(text)?.[1] ?? text
}
