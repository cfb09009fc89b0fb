// What a client that was handed in looks like from outside. No library is imported, not even its types: only what is called is checked.

type Method = (...args: unknown[]) => unknown

/** Whether a value has all these methods. */
export function hasMethods<Name extends string>(value: unknown, ...names: readonly Name[]): value is Readonly<Record<Name, Method>> {
  return isObjectLike(value) && names.every((name) => typeof Reflect.get(value, name) === 'function')
}

/** A property of a client, read each time: it changes. */
export function propertyOf(value: unknown, name: string): unknown {
  return isObjectLike(value) ? Reflect.get(value, name) : undefined
}

export function isObjectLike(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}
