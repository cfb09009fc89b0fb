import { copyOf, isPlainObject } from '../../session/plain.ts'

/** What is used of a session's attributes. */
export interface Attributes {
  get(key: string): unknown
  set(key: string, value: unknown): void
  forget(key: string): void
}

/** What stands under a key, where it stands, and who is told of changes. */
interface Place {
  readonly attributes: Attributes
  /** Dotted. */
  readonly key: string
  /** What stood there first: it is shown when nothing does any more. */
  readonly first: object
  readonly changed: () => void
}

const places = new WeakMap<object, Place>()

/**
 * Gives what stands under a key so that a change in place is a change of the session, also where the session hands out frozen copies: plain objects and arrays
 * pass each change on to it. What is inside of them does so where it is frozen.
 *
 * @param key A dotted key.
 * @param changed Called after each change.
 */
export function liveValue(attributes: Attributes, key: string, changed: () => void): unknown {
  const value = attributes.get(key)
  if (!isBranch(value)) return value
  const place: Place = { attributes, key, first: value, changed }
  // The target is no frozen one: a proxy may not show of such a one what it has not.
  const proxy: object = new Proxy<object>(Array.isArray(value) ? [] : {}, {
    get: (_, property) => childOf(place, property),
    set: (_, property, next: unknown) => put(place, property, plainOf(next)),
    deleteProperty: (_, property) => remove(place, property),
    has: (_, property) => Reflect.has(currentOf(place), property),
    ownKeys: () => Reflect.ownKeys(currentOf(place)),
    getOwnPropertyDescriptor: (target, property) => {
      const now = Reflect.getOwnPropertyDescriptor(currentOf(place), property)
      const isFixed = Object.hasOwn(target, property)
      return now && { ...now, value: childOf(place, property), writable: true, configurable: !isFixed }
    },
  })
  places.set(proxy, place)
  return proxy
}

/** What is to be stored of a value: of a live one a copy of what stands there. */
export function plainOf(value: unknown): unknown {
  const place = typeof value === 'object' && value !== null ? places.get(value) : undefined
  return place === undefined ? value : copyOf(currentOf(place))
}

function childOf(place: Place, property: string | symbol): unknown {
  const now = currentOf(place)
  const child: unknown = Reflect.get(now, property)
  // What is not frozen is live by itself.
  if (typeof property === 'symbol' || !isBranch(child) || !Object.isFrozen(child) || !isSegment(property)) return child
  return liveValue(place.attributes, `${place.key}.${property}`, place.changed)
}

function put(place: Place, property: string | symbol, next: unknown): true {
  const now = currentOf(place)
  if (Array.isArray(now) && property === 'length' && now.length === next) return true
  const isElement = typeof property === 'string' && /^\d+$/.test(property) && Array.isArray(now) && Number(property) <= now.length
  if (typeof property === 'string' && isSegment(property) && (isElement || !Array.isArray(now))) {
    place.attributes.set(`${place.key}.${property}`, next)
  } else {
    replace(place, (copy) => Reflect.set(copy, property, next))
  }
  place.changed()
  return true
}

function remove(place: Place, property: string | symbol): true {
  // Of an array `forget` would take the element out; this leaves a hole.
  const isNamed = typeof property === 'string' && isSegment(property) && !Array.isArray(currentOf(place))
  if (isNamed) place.attributes.forget(`${place.key}.${property}`)
  else replace(place, (copy) => Reflect.deleteProperty(copy, property))
  place.changed()
  return true
}

/** Where no dotted key says what is meant, the whole value is put anew. */
function replace(place: Place, change: (copy: object) => void): void {
  const now = currentOf(place)
  const copy: object = Array.isArray(now) ? now.slice() : { ...now }
  change(copy)
  place.attributes.set(place.key, copy)
}

function currentOf({ attributes, key, first }: Place): object {
  const now = attributes.get(key)
  return isBranch(now) ? now : first
}

function isSegment(property: string): boolean {
  return property !== '' && !property.includes('.')
}

function isBranch(value: unknown): value is object {
  return isPlainObject(value) || Array.isArray(value)
}
