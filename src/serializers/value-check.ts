/** Why a value cannot be kept, and where it is. */
export interface Unkept {
  /** The keys that lead to it, such as `'cart.items.3.onClick'`, or to what holds the getter that threw. */
  readonly where: string
  /** What it is and what to do, to be read after `where`. */
  readonly problem: string
  /** What reading it threw: a getter, a proxy, or the stack when too little of it was left. */
  readonly cause?: unknown
}

/** How much a text may hold. */
export interface ValueLimits {
  /** How many levels objects may be nested in one another, the outermost counted. */
  readonly maxDepth: number
  /** How many UTF-16 code units a text may have, and how many elements its arrays with holes, added up. */
  readonly maxCharacters: number
}

/** Finds the first value in it that no text can hold, `undefined` when all of it can be kept. */
export function findUnkept(value: unknown, limits: ValueLimits): Unkept | undefined {
  const walk: Walk = { limits, seen: new Set(), path: [], room: limits.maxCharacters }
  try {
    const problem = inspect(value, walk)
    return problem === undefined ? undefined : { where: shownPath(walk.path), problem }
  } catch (cause) {
    return { where: shownPath(walk.path), problem: 'cannot be read: see the cause', cause }
  }
}

interface Walk {
  readonly limits: ValueLimits
  readonly seen: Set<object>
  /** Where the walk is. What goes wrong leaves it as it stands. */
  readonly path: (string | number)[]
  room: number
}

const LONGEST_PATH = 200
const LONGEST_NAME = 60

/** What is kept by its kind. A subclass is not: it would come back as something else. */
const KEPT = prototypesOf('Date', 'RegExp', 'URL', 'URLSearchParams', 'Map', 'Set', 'ArrayBuffer')
// prettier-ignore
const KEPT_VIEWS = prototypesOf(
  'Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array', 'Int32Array', 'Uint32Array',
  'Float16Array', 'Float32Array', 'Float64Array', 'BigInt64Array', 'BigUint64Array', 'DataView',
)

function inspect(value: unknown, walk: Walk): string | undefined {
  if (typeof value === 'function') return 'is a function: keep the data that it needs instead'
  if (typeof value === 'symbol') return 'is a symbol: keep a string instead'
  if (typeof value !== 'object' || value === null || walk.seen.has(value)) return undefined
  if (walk.path.length >= walk.limits.maxDepth) return `is nested deeper than ${walk.limits.maxDepth} levels: keep less, or raise maxDepth`
  walk.seen.add(value)
  const prototype: object | null = Object.getPrototypeOf(value)
  if (Array.isArray(value)) return isArrayPrototype(prototype) ? inspectList(value, walk) : foreign(prototype)
  if (isPlain(value)) return inspectPlain(value, walk)
  if (KEPT_VIEWS.has(prototype) && ArrayBuffer.isView(value)) return inspect(value.buffer, walk)
  return KEPT.has(prototype) ? inspectKept(value, walk) : foreign(prototype)
}

/** Looks at a member under its key. Only what can fail is worth a place on the path. */
function inspectMember(key: string | number, member: unknown, walk: Walk): string | undefined {
  if (typeof member === 'string' || typeof member === 'number' || typeof member === 'boolean' || member === null) return undefined
  walk.path.push(key)
  const problem = inspect(member, walk)
  if (problem === undefined) walk.path.pop()
  return problem
}

function inspectPlain(object: Readonly<Record<string, unknown>>, walk: Walk): string | undefined {
  if (hasSymbolKey(object)) return SYMBOL_KEY
  for (const key in object) {
    const problem = Object.hasOwn(object, key) ? inspectMember(key, object[key], walk) : undefined
    if (problem !== undefined) return problem
  }
  return undefined
}

function inspectList(list: readonly unknown[], walk: Walk): string | undefined {
  if (hasSymbolKey(list)) return SYMBOL_KEY
  // Elements come first among the keys, so that the last one tells whether there are others.
  const keys = Object.keys(list)
  const last = keys.at(-1)
  if (last !== undefined && !isIndex(last, list.length)) return ownProperty(last)
  if (keys.length < list.length) walk.room -= list.length
  if (walk.room < 0) return 'is an array with holes, too long for maxCharacters: use a Map'
  for (let at = 0; at < keys.length; at++) {
    const index = keys.length === list.length ? at : Number(keys[at])
    const problem = inspectMember(index, list[index], walk)
    if (problem !== undefined) return problem
  }
  return undefined
}

function inspectKept(object: object, walk: Walk): string | undefined {
  const [own] = Object.keys(object)
  if (own !== undefined) return ownProperty(own)
  // They throw for a buffer whose bytes were handed to a worker, and for what only passes for a Date or a RegExp.
  if (object instanceof ArrayBuffer) object.slice(0, 0)
  if (object instanceof Date) object.getTime()
  if (object instanceof RegExp) void object.source
  if (!(object instanceof Map) && !(object instanceof Set)) return undefined
  let position = 0
  for (const [key, member] of object.entries()) {
    const name = object instanceof Map && typeof key === 'string' ? key : position
    const problem = inspectMember(name, key, walk) ?? inspectMember(name, member, walk)
    if (problem !== undefined) return problem
    position++
  }
  return undefined
}

function isIndex(key: string, length: number): boolean {
  return String(Number(key) >>> 0) === key && Number(key) < length
}

const SYMBOL_KEY = 'has a symbol as a key: use a string'

function ownProperty(key: string): string {
  return `has a property of its own, '${shorten(key, LONGEST_NAME)}', that would be lost: keep it elsewhere`
}

/** What is hidden is no data; but a hidden tag could make an object pass for a Date. */
function hasSymbolKey(object: object): boolean {
  const symbols = Object.getOwnPropertySymbols(object)
  if (symbols.length === 0) return false
  return symbols.some((key) => key === Symbol.toStringTag || Object.prototype.propertyIsEnumerable.call(object, key))
}

/** Also of another realm, such as what `fetch` parsed under a test runner that has its own. */
function isPlain(object: object): object is Readonly<Record<string, unknown>> {
  const prototype: object | null = Object.getPrototypeOf(object)
  if (prototype === null || prototype === Object.prototype) return true
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf')
}

/** An array's prototype is an array itself, in every realm; a subclass's is not. */
function isArrayPrototype(prototype: object | null): boolean {
  return prototype === Array.prototype || Array.isArray(prototype)
}

function foreign(prototype: object | null): string {
  const maker: unknown = prototype !== null && Object.hasOwn(prototype, 'constructor') ? prototype.constructor : undefined
  const name = typeof maker === 'function' ? shorten(maker.name, LONGEST_NAME) : ''
  if (name === 'Promise') return 'is a Promise: await it first'
  if (name === 'Buffer') return 'is a Buffer, which would come back as a Uint8Array: keep new Uint8Array(buffer), or its base64'
  return name === '' ? 'has a prototype of its own: keep a plain object' : `is an instance of ${name}: keep its data as a plain object`
}

function prototypesOf(...names: readonly string[]): ReadonlySet<unknown> {
  return new Set(
    names.map((name) => {
      const kind: unknown = Reflect.get(globalThis, name)
      return typeof kind === 'function' ? kind.prototype : undefined // Float16Array is young.
    }),
  )
}

function shownPath(path: readonly (string | number)[]): string {
  return path.length === 0 ? 'The value itself' : `'${shorten(path.join('.'), LONGEST_PATH)}'`
}

function shorten(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most)}…` : text
}
