/**
 * Gives the JSON text of data that JSON keeps whole, `undefined` for any other.
 *
 * It is made to be fast, since every request asks: whether more hangs on the data than JSON looks at, `mayHideMore`
 * says before a text is written.
 */
export function plainText(value: unknown, maxDepth: number): string | undefined {
  try {
    return isPlain(value, maxDepth, new Seen()) ? JSON.stringify(value) : undefined
  } catch {
    return undefined // A getter or a proxy threw: `findUnkept` meets it again and knows where.
  }
}

/** True when data that `plainText` took may have keys that JSON skips: symbols, or properties beside an array's elements. */
export function mayHideMore(value: unknown): boolean {
  try {
    return hasOtherKeys(value)
  } catch {
    return true
  }
}

/** Reads a JSON text, `__proto__` as an ordinary key. Throws for a text that is no JSON, or whose data is nested deeper than `maxDepth`. */
export function fromPlainText(text: string, maxDepth: number): unknown {
  if (text === '{}') return {} // nearly every flash
  const value: unknown = JSON.parse(text)
  if (mayNestDeeper(text, maxDepth) && nestsDeeper(value, maxDepth)) throw new RangeError('too deep')
  return value
}

function isPlain(value: unknown, depth: number, seen: Seen): boolean {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return true
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0)
  return typeof value === 'object' && isPlainObject(value, depth, seen)
}

function isPlainObject(object: object, depth: number, seen: Seen): boolean {
  // Met a second time it is shared or circular: JSON would make two of it, or fail.
  if (depth === 0 || !seen.isFirst(object)) return false
  // JSON would put what a hidden one gives in the place of the data.
  if ('toJSON' in object && typeof object.toJSON === 'function') return false
  if (hasPrototype(object, Object.prototype)) {
    // Should somebody have added keys to the prototype, they do no harm: they only lead to the slower way.
    for (const key in object) if (!isPlain(object[key], depth - 1, seen)) return false
    return true
  }
  if (!hasPrototype(object, Array.prototype) || !Array.isArray(object)) return false
  // A hole reads as undefined, which JSON does not keep: no array is walked beyond its first hole.
  for (let index = 0; index < object.length; index++) if (!isPlain(object[index], depth - 1, seen)) return false
  return true
}

function hasOtherKeys(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (Object.getOwnPropertySymbols(value).length > 0) return true
  if (Array.isArray(value)) return Object.keys(value).length > value.length || value.some(hasOtherKeys)
  if (hasPrototype(value, Object.prototype)) for (const key in value) if (hasOtherKeys(value[key])) return true
  return false
}

function hasPrototype(object: object, prototype: object): object is Readonly<Record<string, unknown>> {
  return Object.getPrototypeOf(object) === prototype
}

/** For the few objects of a usual session a list is cheaper than a set. */
const LONGEST_LIST = 128

class Seen {
  readonly #list: object[] = []
  #set: Set<object> | undefined

  isFirst(object: object): boolean {
    if (this.#set !== undefined) {
      const { size } = this.#set
      return this.#set.add(object).size > size
    }
    if (this.#list.includes(object)) return false
    if (this.#list.push(object) === LONGEST_LIST) this.#set = new Set(this.#list)
    return true
  }
}

/** False where the text has too few brackets to nest so deep: nearly always, and found without a walk. */
function mayNestDeeper(text: string, depth: number): boolean {
  if (text.length <= 2 * depth) return false
  let brackets = 0
  for (const bracket of ['{', '[']) {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) if (++brackets > depth) return true
  }
  return false
}

function nestsDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return depth === 0 || Object.values(value).some((child) => nestsDeeper(child, depth - 1))
}
