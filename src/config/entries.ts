import { SessionError, isSessionError } from '../session/errors.ts'
import { knownFields } from '../session/option-check.ts'
import { isObject, isPlainObject } from '../session/plain.ts'
import { DRIVER_LIFETIMES, FIELDS, type Field, VALUES } from './fields.ts'
import { checkedValue, parsedText } from './kinds.ts'
import { isSlip } from './slips.ts'
import { Written, isBlock } from './written.ts'

/** What a configuration says, under this library's names, each checked by itself. */
export type Entries = Map<string, Entry>

export interface Entry {
  readonly value: unknown
  /** As it was written. */
  readonly path: string
}

const ALL: readonly Field[] = [...FIELDS, ...VALUES, ...DRIVER_LIFETIMES]
const FIELD_AT: ReadonlyMap<string, Field> = new Map(ALL.flatMap((field) => [field.name, ...field.others].map((path) => [path, field])))
/** The keys that each section may have; the outermost one has the name ''. */
const KEYS_IN: ReadonlyMap<string, readonly string[]> = keysOfSections()
/** The drivers of this package. */
export const BUILT_IN: readonly string[] = ['file', 'database', 'redis', 'memory']

function keysOfSections(): Map<string, string[]> {
  const sections = new Map<string, string[]>()
  for (const path of FIELD_AT.keys()) {
    const keys = path.split('.')
    for (const [depth, key] of keys.entries()) {
      const section = keys.slice(0, depth).join('.')
      const known = sections.get(section) ?? []
      if (!known.includes(key)) sections.set(section, [...known, key])
    }
  }
  return sections
}

/**
 * Takes a configuration apart: what it says by this library's names, by those of the PHP library and by those of its framework, flat or below `session`.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for what is unknown, of the wrong kind, or said twice.
 */
export function entriesOf(config: unknown): Entries {
  const entries: Entries = new Map()
  const isWrapped = isPlainObject(config) && isObject(config['session'])
  if (isWrapped) knownFields('', config, ['session'])
  takeSection(entries, '', isWrapped ? config['session'] : config)
  return entries
}

function takeSection(entries: Entries, section: string, content: unknown): void {
  const known = KEYS_IN.get(section) ?? []
  const isDrivers = section === 'drivers' && isPlainObject(content)
  const custom = isDrivers ? Object.keys(content).filter((name) => isCustom(name)) : []
  knownFields(section, content, [...known, ...custom])
  if (!isPlainObject(content)) {
    const problem = content instanceof Promise ? 'is a promise: await it.' : 'must be a plain object.'
    throw SessionError.config(section === '' ? 'options' : section, problem)
  }
  for (const [key, value] of Object.entries(content)) {
    const path = section === '' ? key : `${section}.${key}`
    if (value === undefined || (value instanceof Written && value.value === undefined)) continue
    if (custom.includes(key)) put(entries, `drivers.${key}`, { value: plainOf(value), path })
    else if (KEYS_IN.has(path) && !(FIELD_AT.has(path) && !isPlainObject(value))) takeSection(entries, path, value)
    else takeValue(entries, path, value)
  }
}

/** Whether a driver's name is one that only the application knows; `flie` is a slip. */
export function isCustom(name: string): boolean {
  return name !== '__proto__' && !BUILT_IN.some((known) => isSlip(name, known))
}

function takeValue(entries: Entries, path: string, given: unknown): void {
  const field = FIELD_AT.get(path)
  if (field === undefined) return
  const { name, kind } = targetOf(field, path)
  const value = at(given, () => {
    const { value: written, variable } = given instanceof Written ? given : { value: given, variable: undefined }
    if (written === null || written === '') return nothing(name, path, written)
    const plain = plainOf(written)
    return variable === undefined ? checkedValue(path, kind, plain) : parsedText(path, kind, String(plain), variable)
  })
  if (value !== undefined) put(entries, name, { value, path })
}

/** The framework's `lifetime` is a number, where ours is a section. */
function targetOf(field: Field, path: string): Pick<Field, 'name' | 'kind'> {
  return path === 'lifetime' ? { name: 'lifetime', kind: field.kind } : field
}

/** What `null`, or an empty text, says of an option. */
function nothing(name: string, path: string, value: null | ''): unknown {
  if (name === 'cookie.domain') return undefined
  if (name === 'redis.prefix' && value === '') return ''
  if (name === 'cookie.lifetimeSeconds' && value === null) return 0
  throw SessionError.config(path, `is ${value === null ? 'null' : 'empty'}. Give it a value, or leave it out.`)
}

function put(entries: Entries, name: string, entry: Entry): void {
  const before = entries.get(name)
  if (before !== undefined) throw SessionError.config(entry.path, `says what '${before.path}' has said already. Keep one of them.`)
  entries.set(name, entry)
}

/** The values without their places. */
export function plainOf(value: unknown): unknown {
  if (value instanceof Written) return value.value
  if (!isBlock(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plainOf(part)]))
}

/** Adds where a value stands to what is said against it. */
function at<Result>(given: unknown, check: () => Result): Result {
  try {
    return check()
  } catch (error) {
    if (!(given instanceof Written) || !isSessionError(error)) throw error
    throw new SessionError('ERR_SESSION_CONFIG', `${error.message} It stands in line ${given.place.line}.`)
  }
}
