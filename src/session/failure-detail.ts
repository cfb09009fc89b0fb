// Known to every installed copy of this library. It is not enumerable: no log and no JSON shows what stands under it.
const DETAIL: symbol = Symbol.for('holdfast.detail')
const DEEPEST_CAUSE = 5

/** Notes on an error why it came about, for events only: whoever sees the error itself cannot tell it from others of its kind. */
export function withDetail<Failure extends Error>(error: Failure, detail: string): Failure {
  return Object.defineProperty(error, DETAIL, { value: detail })
}

/** What was noted on an error, or on what caused it. */
export function detailOf(error: unknown): string | undefined {
  let current = error
  for (let depth = 0; depth < DEEPEST_CAUSE && current instanceof Error; depth++) {
    const detail: unknown = Reflect.get(current, DETAIL)
    if (typeof detail === 'string') return detail
    current = current.cause
  }
  return undefined
}
