import { type SessionErrorCode, isSessionError } from '../session/errors.ts'

// Its own, so that the suite runs on whatever the driver runs on.

/** A promise of the driver contract that a driver did not keep. */
export class BrokenPromise extends Error {
  override readonly name = 'BrokenPromise'
}

export function assert(condition: boolean, why: string): asserts condition {
  if (!condition) throw new BrokenPromise(why)
}

/** Compares plain values deeply: primitives, arrays and objects. */
export function equal(actual: unknown, expected: unknown, what = 'value'): void {
  const difference = differenceOf(actual, expected, what)
  if (difference !== undefined) throw new BrokenPromise(difference)
}

/** Takes the answer for one of a kind. */
export function ofKind<Answer extends { readonly kind: string }, Kind extends Answer['kind']>(
  answer: Answer | undefined,
  kind: Kind,
): Extract<Answer, { readonly kind: Kind }> {
  if (!isOfKind(answer, kind)) throw new BrokenPromise(`expected the answer '${kind}', got '${answer?.kind ?? 'undefined'}'`)
  return answer
}

/** Waits for a rejection with a code. */
export async function rejects(promise: Promise<unknown>, code: SessionErrorCode): Promise<Error> {
  let answer: unknown
  try {
    answer = await promise
  } catch (error) {
    assert(isSessionError(error), `expected ${code}, got another error: ${String(error)}`)
    equal(error.code, code, 'code of the error')
    return error
  }
  throw new BrokenPromise(`expected a rejection with ${code}, got ${show(answer)}`)
}

function isOfKind<Answer extends { readonly kind: string }, Kind extends Answer['kind']>(
  answer: Answer | undefined,
  kind: Kind,
): answer is Extract<Answer, { readonly kind: Kind }> {
  return answer?.kind === kind
}

function differenceOf(actual: unknown, expected: unknown, path: string): string | undefined {
  if (Object.is(actual, expected)) return undefined
  if (!isObject(actual) || !isObject(expected) || Array.isArray(actual) !== Array.isArray(expected)) {
    return `${path}: expected ${show(expected)}, got ${show(actual)}`
  }
  for (const name of new Set([...Object.keys(actual), ...Object.keys(expected)])) {
    const difference = differenceOf(actual[name], expected[name], `${path}.${name}`)
    if (difference !== undefined) return difference
  }
  return undefined
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function show(value: unknown): string {
  const text = typeof value === 'string' || isObject(value) ? JSON.stringify(value) : String(value)
  return text.length > 200 ? `${text.slice(0, 200)}... (${text.length} characters)` : text
}
