import type { StandardSchemaV1 } from '@standard-schema/spec'
import { SessionError } from '../session/errors.ts'
import { isPlainObject } from '../session/plain.ts'

/** Brings restored data to the form of today and checks it. Gives a promise only when the schema does. */
export type DataCheck = (data: Readonly<Record<string, unknown>>) => Record<string, unknown> | Promise<Record<string, unknown>>

export interface DataCheckOptions {
  /** What restored data must meet. Its output is what the session then holds. */
  readonly schema?: StandardSchemaV1 | undefined
  /** Runs before the schema, on data that an older version of the application may have stored. */
  readonly upgradeData?: ((data: Record<string, unknown>) => Record<string, unknown>) | undefined
  /** Keys that neither of the two sees, so that a strict schema need not know them. */
  readonly reserved: ReadonlySet<string>
}

/**
 * Makes the check of restored data, `undefined` when there is nothing to check.
 *
 * The check throws `ERR_SESSION_DESERIALIZATION_FAILED`, naming the paths that do not fit and never a value.
 */
export function makeDataCheck({ schema, upgradeData, reserved }: DataCheckOptions): DataCheck | undefined {
  if (schema === undefined && upgradeData === undefined) return undefined
  return (data) => {
    const own = Object.fromEntries(Object.entries(data).filter(([key]) => !reserved.has(key)))
    const upgraded = upgradeData === undefined ? own : upgrade(own, upgradeData)
    const checked = schema === undefined ? upgraded : checkData(schema, upgraded)
    if (checked instanceof Promise) return checked.then((output) => withReserved(output, data, reserved))
    return withReserved(checked, data, reserved)
  }
}

/**
 * Runs a Standard Schema. Gives its output, and a promise only when the schema answers with one.
 * @throws {SessionError} `ERR_SESSION_DESERIALIZATION_FAILED` with the paths that do not fit.
 * @see Standard Schema 1.1.0.
 */
export function checkData(schema: StandardSchemaV1, value: unknown): unknown {
  const result = attempt('schema', () => schema['~standard'].validate(value))
  if (!(result instanceof Promise)) return outputOf(result)
  return result.then(outputOf, (cause: unknown) => {
    throw threw('schema', cause)
  })
}

function upgrade(data: Record<string, unknown>, upgradeData: (data: Record<string, unknown>) => unknown): unknown {
  const upgraded = attempt('upgradeData', () => upgradeData(data))
  if (!isPlainObject(upgraded)) throw SessionError.deserializationFailed('upgradeData must return a plain object, and no promise of one.')
  return upgraded
}

function outputOf(result: StandardSchemaV1.Result<unknown>): unknown {
  if (result.issues === undefined) return result.value
  throw SessionError.deserializationFailed(`It does not meet the schema at ${shownPaths(result.issues)}. upgradeData can mend it.`)
}

/** What was stored keeps its order, or each check of the same data would look like a change of it. */
function withReserved(output: unknown, stored: Readonly<Record<string, unknown>>, reserved: ReadonlySet<string>): Record<string, unknown> {
  if (!isPlainObject(output)) throw SessionError.deserializationFailed('The schema must give a plain object.')
  const keys = new Set([...Object.keys(stored), ...Object.keys(output)])
  const entries: [string, unknown][] = []
  for (const key of keys) {
    const source = reserved.has(key) ? stored : output
    if (Object.hasOwn(source, key)) entries.push([key, source[key]])
  }
  return Object.fromEntries(entries)
}

function attempt<Result>(what: string, run: () => Result): Result {
  try {
    return run()
  } catch (cause) {
    throw threw(what, cause)
  }
}

function threw(what: string, cause: unknown): SessionError {
  return SessionError.deserializationFailed(`${what} threw.`, { cause })
}

const MOST_PATHS = 5
const LONGEST_PATH = 100

function shownPaths(issues: readonly StandardSchemaV1.Issue[]): string {
  const paths = [...new Set(issues.map(shownPath))]
  const more = paths.length > MOST_PATHS ? ` and ${paths.length - MOST_PATHS} more` : ''
  return paths.slice(0, MOST_PATHS).join(', ') + more
}

function shownPath({ path = [] }: StandardSchemaV1.Issue): string {
  const keys = path.map((segment) => String(typeof segment === 'object' ? segment.key : segment))
  return keys.length === 0 ? 'the top' : `'${keys.join('.').slice(0, LONGEST_PATH)}'`
}
