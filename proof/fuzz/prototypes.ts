type Shape = ReadonlyMap<PropertyKey, PropertyDescriptor>

const watched: readonly object[] = [
  Object,
  Array,
  Function,
  String,
  Number,
  Boolean,
  Symbol,
  BigInt,
  Map,
  Set,
  WeakMap,
  Date,
  RegExp,
  Error,
  TypeError,
  Promise,
  URL,
  URLSearchParams,
  ArrayBuffer,
  Uint8Array,
  DataView,
  Buffer,
].flatMap((made) => [made, made.prototype])
const others: readonly object[] = [Reflect, JSON, Math, Object.getPrototypeOf(Uint8Array.prototype)]

const FIELDS = ['value', 'get', 'set', 'enumerable', 'configurable', 'writable'] as const

/** Remembers what all objects inherit from, and says afterwards how many of those were changed. */
export class PrototypeWatch {
  readonly #before = new Map([...watched, ...others].map((object) => [object, shapeOf(object)]))
  readonly #parents = new Map([...watched, ...others].map((object): [object, unknown] => [object, Object.getPrototypeOf(object)]))

  /** Objects that are no longer as they were. */
  touched(): number {
    let count = 0
    for (const [object, before] of this.#before) {
      if (Object.getPrototypeOf(object) !== this.#parents.get(object) || !isSame(before, shapeOf(object))) count += 1
    }
    return count
  }
}

function shapeOf(object: object): Shape {
  return new Map(
    Reflect.ownKeys(object).map((key): [PropertyKey, PropertyDescriptor] => [key, Object.getOwnPropertyDescriptor(object, key) ?? {}]),
  )
}

function isSame(before: Shape, now: Shape): boolean {
  if (before.size !== now.size) return false
  for (const [key, property] of before) {
    const after = now.get(key) ?? {}
    if (!FIELDS.every((field) => Object.is(Reflect.get(after, field), Reflect.get(property, field)))) return false
  }
  return true
}
