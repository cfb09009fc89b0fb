/**
 * Finds where two values differ, `undefined` when they are the same in all that a session keeps: kinds, prototypes, key order,
 * holes, -0 and NaN, and which objects are one and the same.
 */
export function difference(one: unknown, other: unknown, path = 'value', twins: Map<object, object> = new Map()): string | undefined {
  if (!isObject(one) || !isObject(other)) return Object.is(one, other) ? undefined : path
  if (twins.has(one) || twins.has(other)) return twins.get(one) === other && twins.get(other) === one ? undefined : `${path} (identity)`
  twins.set(one, other)
  twins.set(other, one)
  if (Object.getPrototypeOf(one) !== Object.getPrototypeOf(other)) return `${path} (prototype)`
  const [parts, otherParts] = [partsOf(one), partsOf(other)]
  if (parts.length !== otherParts.length) return `${path} (size)`
  for (const [index, [name, part]] of parts.entries()) {
    const [otherName, otherPart] = otherParts[index] ?? ['', undefined]
    if (name !== otherName) return `${path} (key ${index})`
    const found = difference(part, otherPart, `${path}.${name}`, twins)
    if (found !== undefined) return found
  }
  return undefined
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function partsOf(object: object): readonly (readonly [string, unknown])[] {
  if (object instanceof Date) return [['time', object.getTime()]]
  if (object instanceof RegExp || object instanceof URL || object instanceof URLSearchParams) return [['text', String(object)]]
  if (object instanceof ArrayBuffer) return Array.from(new Uint8Array(object), (byte, index) => [String(index), byte])
  if (ArrayBuffer.isView(object)) {
    const bytes = new Uint8Array(object.buffer, object.byteOffset, object.byteLength)
    return Array.from(bytes, (byte, index) => [String(index), byte])
  }
  if (object instanceof Map)
    return [...object].flatMap(([key, value], index) => [[`key ${index}`, key] as const, [`of ${index}`, value] as const])
  if (object instanceof Set) return [...object].map((member, index) => [String(index), member])
  const length = Array.isArray(object) ? [['length', object.length] as const] : []
  return [...Object.entries(object), ...length]
}
