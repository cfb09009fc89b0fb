// What a client that was handed in looks like from outside. No library is imported, not even its types: only what is called is checked.

type Method = (...args: unknown[]) => unknown

/** Whether a value has all these methods. */
export function hasMethods<Name extends string>(value: unknown, ...names: readonly Name[]): value is Readonly<Record<Name, Method>> {
  return isObjectLike(value) && names.every((name) => typeof Reflect.get(value, name) === 'function')
}

/** A property of whatever it is; `undefined` where it has none. */
export function propertyOf(value: unknown, name: string): unknown {
  return isObjectLike(value) ? Reflect.get(value, name) : undefined
}

/** A property that is a text. */
export function textIn(value: unknown, name: string): string | undefined {
  const property = propertyOf(value, name)
  return typeof property === 'string' ? property : undefined
}

/** A property that is a number, a bigint or a text of digits, as clients may be set to give them; 0 where it is none. */
export function numberIn(value: unknown, name: string): number {
  const property = propertyOf(value, name)
  if (typeof property === 'string') return /^\d+$/.test(property) ? Number(property) : 0
  return typeof property === 'number' || typeof property === 'bigint' ? Number(property) : 0
}

/** Rows as a client gave them. */
export function rowsIn(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter(isRow) : []
}

function isRow(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isObjectLike(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}
