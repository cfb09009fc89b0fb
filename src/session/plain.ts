/** What a dot path descends into. Everything else is a leaf. */
export type Branch = Record<string, unknown> | unknown[]

/** True for an object that is data only: made by a literal, by `JSON.parse`, or without a prototype, also in another realm. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (!isObject(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null
}

/** True for a plain object and for an array. */
export function isBranch(value: unknown): value is Branch {
  return Array.isArray(value) || isPlainObject(value)
}

/** True for anything that is held by reference, functions excepted. */
export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** Sets an own property, also one that is called `__proto__`, where an assignment would change the prototype. */
export function setOwn(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true })
  else object[key] = value
}

/**
 * Copies data in depth: plain objects, arrays, `Map`, `Set`, `Date`, `RegExp`, `URL`, `URLSearchParams` and bytes. Shared and
 * circular references stay what they are. A function, a class instance, also of a class that extends one of these, or an array with
 * other properties than elements is not data; it is handed back itself.
 *
 * @param frozen True freezes the copies of plain objects and arrays, so that a write to one throws.
 */
export function copyOf<T>(value: T, frozen?: boolean): T
export function copyOf(value: unknown, frozen = false): unknown {
  return isObject(value) ? copyObject(value, frozen, new Map()) : value
}

function copyObject(value: object, frozen: boolean, seen: Map<object, object>): object {
  const known = seen.get(value)
  if (known !== undefined) return known
  const inner = (part: unknown): unknown => (isObject(part) ? copyObject(part, frozen, seen) : part)

  if (Array.isArray(value)) {
    // What is frozen was data before.
    if (!frozen && Object.keys(value).length > value.length) return value
    const copy: unknown[] = value.slice() // keeps holes
    seen.set(value, copy)
    for (let index = 0; index < copy.length; index++) if (isObject(copy[index])) copy[index] = inner(copy[index])
    return frozen ? Object.freeze(copy) : copy
  }
  if (isPlainObject(value)) {
    const copy: Record<string, unknown> = isLike(value, null) ? Object.assign(Object.create(null), value) : { ...value } // an own `__proto__` stays own
    seen.set(value, copy)
    for (const key of Object.keys(copy)) if (isObject(copy[key])) copy[key] = inner(copy[key])
    return frozen ? Object.freeze(copy) : copy
  }
  if (value instanceof Map && isLike(value, Map.prototype)) {
    const copy = new Map<unknown, unknown>()
    seen.set(value, copy)
    for (const [key, part] of value) copy.set(inner(key), inner(part))
    return copy
  }
  if (value instanceof Set && isLike(value, Set.prototype)) {
    const copy = new Set<unknown>()
    seen.set(value, copy)
    for (const part of value) copy.add(inner(part))
    return copy
  }
  const copy = copyLeaf(value)
  // Of a subclass, such as Node's `Buffer`, it is one of the base.
  const kept = isLike(value, Object.getPrototypeOf(copy)) ? copy : value
  seen.set(value, kept)
  return kept
}

function isLike(value: object, prototype: unknown): boolean {
  return Object.getPrototypeOf(value) === prototype
}

function copyLeaf(value: object): object {
  // structuredClone makes an empty object of these two.
  if (value instanceof URL) return new URL(value)
  if (value instanceof URLSearchParams) return new URLSearchParams(value)
  const cloneable = value instanceof Date || value instanceof RegExp || value instanceof ArrayBuffer || ArrayBuffer.isView(value)
  try {
    return cloneable ? structuredClone(value) : value
  } catch {
    // A buffer whose bytes were handed to a worker, or a proxy. Whoever stores it says where it is.
    return value
  }
}
