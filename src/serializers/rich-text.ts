import { defaultParseOperations, defaultStringifyOperations, parse, stringify } from 'devalue'
import type { ParseOperations, StringifyOperations } from 'devalue'

/** What a rich text begins with, and no JSON text does. */
export const RICH_MARK = '~'

/** `__proto__`, after any number of escapes: devalue refuses such a key, here it is data like any other. */
const PROTO_KEY = '__proto__'
const ESCAPE = '~'
const ESCAPED_OR_NOT = /^~*__proto__$/
const ESCAPED = /^~+__proto__$/

/** Makes text of what JSON does not keep. Throws for what `findUnkept` refuses. */
export function richText(value: unknown): string {
  return RICH_MARK + stringify(value, undefined, { operations: writing })
}

/**
 * Reads a rich text. Throws for any other.
 * @param maxHoles How long the arrays with holes may be, added up: a few characters can declare billions of elements.
 */
export function fromRichText(text: string, maxHoles: number): unknown {
  let room = maxHoles
  const createSparseArray = (length: number): unknown => {
    room -= length
    if (room < 0) throw new RangeError('too long')
    return defaultParseOperations.createSparseArray(length)
  }
  return parse(text.slice(RICH_MARK.length), undefined, { operations: { createSparseArray, set } })
}

const writing: Partial<StringifyOperations> = {
  shapeOf(object: object) {
    const shape = defaultStringifyOperations.shapeOf(object)
    return 'keys' in shape && shape.keys.some(endsInProto) ? { kind: shape.kind, keys: shape.keys.map(escapeKey) } : shape
  },
  get(target: Readonly<Record<string | number, unknown>>, key: string | number) {
    return target[unescapeKey(key)]
  },
  // Only the bytes in view are kept: the rest of the buffer, such as Node's pool, is none of the session's business.
  viewInfo(view: ArrayBufferView) {
    const { byteOffset, byteLength } = view
    const isWhole = byteLength === view.buffer.byteLength
    const buffer = isWhole ? view.buffer : view.buffer.slice(byteOffset, byteOffset + byteLength)
    return { buffer, byteOffset: 0, byteLength, bufferByteLength: byteLength }
  },
}

const set: ParseOperations['set'] = (target: Record<string | number, unknown>, key, value: unknown) => {
  const own = unescapeKey(key)
  if (own === key) target[key] = value
  // An assignment to `__proto__` would change the prototype.
  else Object.defineProperty(target, own, { value, writable: true, enumerable: true, configurable: true })
}

function endsInProto(key: string): boolean {
  return key.endsWith(PROTO_KEY)
}

function escapeKey(key: string): string {
  return ESCAPED_OR_NOT.test(key) ? ESCAPE + key : key
}

function unescapeKey(key: string | number): string | number {
  return typeof key === 'string' && endsInProto(key) && ESCAPED.test(key) ? key.slice(ESCAPE.length) : key
}
