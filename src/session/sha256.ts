import { toHex } from './random.ts'
import { builtin } from './runtime.ts'

/** What is used of `node:crypto`. */
export interface BuiltinCrypto {
  hash(algorithm: string, data: string | Uint8Array, encoding: 'hex'): string
  createHmac(algorithm: string, key: string): { update(data: string): { digest(encoding: 'hex'): string } }
}

const found = builtin('node:crypto')
/** Node, Bun and Deno hash in a microsecond without a promise; elsewhere the web's own digest does. */
export const builtinCrypto: BuiltinCrypto | undefined = hasHash(found) ? found : undefined
const encoder = new TextEncoder()

/** SHA-256 in hex, of a text's UTF-8 or of bytes. */
export function sha256(data: string | Uint8Array<ArrayBuffer>): string | Promise<string> {
  if (builtinCrypto !== undefined) return builtinCrypto.hash('sha256', data, 'hex')
  const bytes = typeof data === 'string' ? encoder.encode(data) : data
  return crypto.subtle.digest('SHA-256', bytes).then((digest) => toHex(new Uint8Array(digest)))
}

function hasHash(module: object | undefined): module is BuiltinCrypto {
  return module !== undefined && 'hash' in module
}
