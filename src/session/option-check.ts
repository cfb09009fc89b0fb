import { SessionError } from './errors.ts'
import { isObject } from './plain.ts'

/**
 * Refuses what is no options object, and any field that is not known: a misspelt option never does nothing silently.
 * @param optionName Where the object stands, such as `cookie`; empty for the outermost one.
 * @throws {SessionError} `ERR_SESSION_CONFIG`, naming the field and the nearest known one.
 */
export function knownFields(optionName: string, value: unknown, fields: readonly string[]): void {
  if (!isObject(value) || Array.isArray(value)) {
    throw SessionError.config(optionName === '' ? 'options' : optionName, `must be an object, not ${shown(value)}.`)
  }
  for (const field of Object.keys(value)) {
    if (fields.includes(field)) continue
    assertCalled(optionName, value)
    throw SessionError.config(
      `${optionName}${optionName && '.'}${short(field)}`,
      `is not known. Did you mean '${nearest(field, fields)}'? Known are: ${fields.join(', ')}.`,
    )
  }
}

/** @throws {SessionError} `ERR_SESSION_CONFIG` where a request was given: what makes a layer was mounted in its place. */
export function assertCalled(layer: string, given: unknown, options = ''): void {
  if (isObject(given) && ['headers', 'req', 'request'].some((name) => name in given))
    throw SessionError.config(layer, `was given a request. Call it where it is mounted: ${layer}(${options}).`)
}

/** @throws {SessionError} `ERR_SESSION_CONFIG` for anything but true and false; the text 'false' is no false. */
export function booleanOption(option: string, value: unknown, fallback: boolean): boolean {
  if (value === undefined) return fallback
  if (typeof value !== 'boolean') throw SessionError.config(option, `must be true or false, not ${shown(value)}.`)
  return value
}

/** @throws {SessionError} `ERR_SESSION_CONFIG` for anything but a whole number from `min` to `max`, both included. */
export function integerOption(option: string, value: unknown, fallback: number, min: number, max: number): number {
  if (value === undefined) return fallback
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
    throw SessionError.config(option, `must be a whole number from ${min} to ${max}, not ${shown(value)}.`)
  }
  return value
}

// In seconds 3,170 years: an instant that lies further ahead has no room in the six bytes that a store may have for it, or is not exact any more.
const LONGEST = 1e11

/**
 * What is more than anybody waits for counts as `LONGEST`.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for anything but a finite number that is at least `min`, or above it.
 */
export function numberOption(option: string, value: unknown, fallback: number, limit: 'at least' | 'above', min: number): number {
  if (value === undefined) return fallback
  if (typeof value === 'number' && Number.isFinite(value) && (value > min || (limit === 'at least' && value === min)))
    return Math.min(value, LONGEST)
  throw SessionError.config(option, `must be a number ${limit} ${min}, not ${shown(value)}.`)
}

// 2^31 - 1 milliseconds.
const LONGEST_TIMER_SECONDS = 2_147_483

/**
 * Seconds that a timer counts. Past 24 days a timer would go off at once.
 * @throws {SessionError} `ERR_SESSION_CONFIG`, as `numberOption`.
 */
export function timerOption(option: string, value: unknown, fallback: number, limit: 'at least' | 'above'): number {
  const seconds = numberOption(option, value, fallback, limit, 0)
  if (seconds > LONGEST_TIMER_SECONDS) throw SessionError.config(option, `must be at most ${LONGEST_TIMER_SECONDS}, not ${seconds}.`)
  return seconds
}

/** @throws {SessionError} `ERR_SESSION_CONFIG` for anything but one of the choices. */
export function choiceOption<Choice extends string | boolean>(
  option: string,
  value: unknown,
  fallback: Choice,
  choices: readonly Choice[],
): Choice {
  if (value === undefined) return fallback
  for (const choice of choices) if (choice === value) return choice
  throw SessionError.config(option, `must be one of ${choices.map(shown).join(', ')}, not ${shown(value)}.`)
}

/** @throws {SessionError} `ERR_SESSION_CONFIG` for anything but a function, or nothing. */
export function checkFunction(option: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'function') throw SessionError.config(option, `must be a function, not ${shown(value)}.`)
}

/** A wrong value as an error message shows it: short, on one line. Not for options that hold secrets. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(short(value))
  if (Array.isArray(value)) return 'an array'
  if (isObject(value)) return 'an object'
  return typeof value === 'function' ? 'a function' : String(value)
}

const LONGEST_SHOWN = 60

function short(text: string): string {
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}...` : text
}

function nearest(field: string, fields: readonly string[]): string {
  return fields.toSorted((one, other) => editDistance(field, one) - editDistance(field, other))[0] ?? ''
}

/** How many letters, small or capital, must be put in, left out or replaced to make a name of what was written. Nothing that is longer than any name is looked at to its end. */
export function editDistance(written: string, name: string): number {
  const letters = ['', ...name.toLowerCase().split('')]
  let row = letters.map((_, index) => index)
  for (const letter of written.toLowerCase().slice(0, LONGEST_SHOWN)) {
    let left = Infinity
    let diagonal = Infinity
    row = row.map((above, at) => {
      left = Math.min(above + 1, left + 1, diagonal + (letter === letters[at] ? 0 : 1))
      diagonal = above
      return left
    })
  }
  return row.at(-1) ?? 0
}
