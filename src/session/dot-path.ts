import { SessionError } from './errors.ts'
import type { Branch } from './plain.ts'
import { isBranch, isPlainObject } from './plain.ts'

/** A key may have this many segments, and no more. */
export const MAX_PATH_SEGMENTS = 64

const UNSAFE: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])
const INDEX = /^(?:0|[1-9]\d*)$/
const NO_WAY: Way = { depth: 0, end: undefined }

/**
 * Reads what stands at a dotted key; `undefined` when nothing does.
 *
 * A key that stands in `data` as it is written wins over the path. Plain objects and arrays are branches, all else is a leaf.
 * Arrays are read by `0`, `1`, and so on. Only own properties are seen.
 *
 * @throws {SessionError} `ERR_SESSION_INVALID_ARGUMENT` when the key is no string, or has more than 64 segments.
 */
export function getPath(data: Record<string, unknown>, path: string): unknown {
  checkKey('get', path)
  if (Object.hasOwn(data, path)) return data[path]
  if (!path.includes('.')) return undefined
  let found: unknown = data
  for (const segment of segmentsOf('get', path)) {
    found = childOf(found, segment)
    if (found === undefined) return undefined
  }
  return found
}

/**
 * Says whether anything stands at a dotted key. `null` and `undefined` count as nothing; `false`, `0`, `''` and `[]` count.
 *
 * @throws {SessionError} `ERR_SESSION_INVALID_ARGUMENT` as `getPath`.
 */
export function hasPath(data: Record<string, unknown>, path: string): boolean {
  const found = getPath(data, path)
  return found !== undefined && found !== null
}

/**
 * Puts a value at a dotted key and makes the branches that lead there. A leaf or `null` on the way is replaced by a branch.
 *
 * A key that stands in `data` as it is written is overwritten there. An array takes an index up to its length. A branch
 * that is frozen, sealed or otherwise closed is not written to: a copy takes its place. When it throws, nothing has changed.
 *
 * @throws {SessionError} `ERR_SESSION_INVALID_ARGUMENT` when the key is no string, has more than 64 segments or one called
 * `__proto__`, `constructor` or `prototype`, or asks an array for something else than an element or its next one.
 * @see OWASP ASVS 15.3.6, prototype pollution.
 */
export function setPath(data: Record<string, unknown>, path: string, value: unknown): void {
  checkKey('set', path)
  if (!path.includes('.')) {
    refuseUnsafe(path)
    data[path] = value
    return
  }
  const segments = segmentsOf('set', path)
  segments.forEach(refuseUnsafe)
  const [first = ''] = segments
  if (Object.hasOwn(data, path)) data[path] = value
  else data[first] = placed(childOf(data, first), segments, 1, value)
}

/**
 * Removes what stands at a dotted key and says whether something did. The branch it stood in stays, even when that is empty now;
 * the later elements of an array move up.
 *
 * @throws {SessionError} `ERR_SESSION_INVALID_ARGUMENT` as `getPath`.
 */
export function forgetPath(data: Record<string, unknown>, path: string): boolean {
  checkKey('forget', path)
  if (Object.hasOwn(data, path)) return delete data[path]
  if (!path.includes('.')) return false
  const segments = segmentsOf('forget', path)
  const [first = ''] = segments
  const left = without(childOf(data, first), segments, 1)
  if (left === undefined) return false
  data[first] = left
  return true
}

/** What stands before the last segment of a dotted key. */
export interface Way {
  /** So many segments from the first on lead through plain objects. */
  readonly depth: number
  /** What comes after them and is no plain object; `undefined` when nothing does. */
  readonly end: unknown
}

/** Says what a dotted key leads through. A key that stands in `data` as it is written leads through nothing. */
export function wayTo(data: Record<string, unknown>, path: string): Way {
  if (!path.includes('.') || Object.hasOwn(data, path)) return NO_WAY
  let at: unknown = data
  let depth = 0
  for (const segment of segmentsOf('get', path).slice(0, -1)) {
    at = childOf(at, segment)
    if (!isPlainObject(at)) return { depth, end: at }
    depth++
  }
  return { depth, end: undefined }
}

/** Throws when a key is no string: JavaScript would quietly make one of it. */
export function checkKey(method: string, key: unknown): void {
  if (typeof key === 'string') return
  throw SessionError.invalidArgument(method, `the key must be a string, and a value of type ${key === null ? 'null' : typeof key} came.`)
}

function segmentsOf(method: string, path: string): string[] {
  if (path.length < MAX_PATH_SEGMENTS) return path.split('.') // too short for too many, and five times as fast as with a limit
  const segments = path.split('.', MAX_PATH_SEGMENTS + 1)
  if (segments.length <= MAX_PATH_SEGMENTS) return segments
  throw SessionError.invalidArgument(method, `the key has more than ${MAX_PATH_SEGMENTS} segments.`)
}

function refuseUnsafe(segment: string): void {
  if (!UNSAFE.has(segment)) return
  throw SessionError.invalidArgument('set', `no part of a key may be '${segment}'. Choose another name.`)
}

function hasChild(parent: Branch, segment: string): boolean {
  return Object.hasOwn(parent, segment) && (!Array.isArray(parent) || INDEX.test(segment))
}

function childOf(parent: unknown, segment: string): unknown {
  if (Array.isArray(parent)) return hasChild(parent, segment) ? parent[Number(segment)] : undefined
  return isPlainObject(parent) && Object.hasOwn(parent, segment) ? parent[segment] : undefined
}

// Both walks check on the way down and write on the way up, so that a refused key has changed nothing. They give back what
// must stand where `parent` stood.
function placed(parent: unknown, segments: readonly string[], depth: number, value: unknown): unknown {
  const segment = segments[depth]
  if (segment === undefined) return value
  if (Array.isArray(parent)) checkIndex(parent.length, segment)
  const branch = isBranch(parent) ? parent : {}
  return written(branch, segment, placed(childOf(branch, segment), segments, depth + 1, value))
}

function without(parent: unknown, segments: readonly string[], depth: number): Branch | undefined {
  const segment = segments[depth]
  if (segment === undefined || !isBranch(parent) || !hasChild(parent, segment)) return undefined
  if (depth < segments.length - 1) {
    const child = without(childOf(parent, segment), segments, depth + 1)
    return child && written(parent, segment, child)
  }
  const branch = writable(parent)
  if (Array.isArray(branch)) branch.splice(Number(segment), 1)
  else delete branch[segment]
  return branch
}

function written(parent: Branch, segment: string, child: unknown): Branch {
  const branch = writable(parent)
  if (Array.isArray(branch)) branch[Number(segment)] = child
  else branch[segment] = child
  return branch
}

function writable(branch: Branch): Branch {
  if (Object.isExtensible(branch)) return branch
  return Array.isArray(branch) ? branch.slice() : { ...branch }
}

function checkIndex(length: number, segment: string): void {
  if (!INDEX.test(segment)) {
    throw SessionError.invalidArgument('set', `an array stands before '${segment}', and that is no index: use 0, 1, 2 and so on.`)
  }
  if (Number(segment) > length) {
    throw SessionError.invalidArgument('set', `the index ${segment} is past the end of an array of ${length}. Append at ${length}.`)
  }
}
