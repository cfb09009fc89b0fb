import { isObject, isPlainObject } from './plain.ts'

/**
 * Whether two values are the same data: numbers, texts and what else is no object by `Object.is`, plain objects, arrays, `Map` and `Set` by what they
 * hold, dates, patterns, addresses and bytes by what they say. Anything else, and what refers to itself, is the same only if it is one and the same object.
 */
export function sameValue(one: unknown, other: unknown): boolean {
  return same(one, other, [])
}

function same(one: unknown, other: unknown, above: readonly object[]): boolean {
  if (Object.is(one, other)) return true
  if (!isObject(one) || !isObject(other) || above.includes(one)) return false
  const inner = (left: unknown, right: unknown): boolean => same(left, right, [...above, one])
  if (Array.isArray(one))
    return Array.isArray(other) && one.length === other.length && one.findIndex((part, index) => !inner(part, other[index])) < 0
  if (isPlainObject(one)) {
    const keys = Object.keys(one)
    if (!isPlainObject(other) || keys.length !== Object.keys(other).length) return false
    return keys.every((key) => Object.hasOwn(other, key) && inner(one[key], other[key]))
  }
  if (one instanceof Map && other instanceof Map) return inner([...one], [...other])
  if (one instanceof Set && other instanceof Set) return inner([...one], [...other])
  const text = textOf(one)
  return text !== undefined && text === textOf(other)
}

// What the value says, behind the name of its kind.
function textOf(value: object): string | undefined {
  if (value instanceof Date) return `date ${value.getTime()}`
  if (value instanceof RegExp) return `pattern ${value.lastIndex} ${String(value)}`
  if (value instanceof URL || value instanceof URLSearchParams) return `${value.constructor.name} ${String(value)}`
  if (value instanceof ArrayBuffer) return `bytes ${String(new Uint8Array(value))}`
  return ArrayBuffer.isView(value)
    ? `${value.constructor.name} ${String(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))}`
    : undefined
}
