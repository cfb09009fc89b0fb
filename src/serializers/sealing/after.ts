/** A value that is there, or a promise of it. */
export type Later<Value> = Value | Promise<Value>

/** Goes on with a value, at once when it is there: only a promise is awaited. */
export function after<Value, Result>(value: Later<Value>, then: (value: Value) => Later<Result>): Later<Result> {
  return value instanceof Promise ? value.then(then) : then(value)
}
