import { SessionError } from '../session/errors.ts'
import { shown } from '../session/option-check.ts'

interface Made<Value> {
  readonly value: Value
}

/**
 * Makes something once in the life of the process, and gives the same from then on: a manager, and the client of its store.
 *
 * In development Next and Vite load changed files again, and Next bundles an application several times, for pages, for route handlers and for the proxy: what a
 * module makes for itself is made again each time. A change to what `make` says takes effect when the server is started again.
 * @param name Tells apart what is made here. Whoever asks by the same name gets the same thing.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for a name that is none; and what `make` throws: then nothing is kept, and the next call makes it.
 */
export function oncePerProcess<Value>(name: string, make: () => Value): Value {
  if (typeof name !== 'string' || name === '') throw SessionError.config('oncePerProcess', `needs a name, not ${shown(name)}.`)
  const place = Symbol.for(`holdfast: once per process: ${name}`)
  const there: unknown = Reflect.get(globalThis, place)
  if (isMade<Value>(there)) return there.value
  const made: Made<Value> = { value: make() }
  Object.defineProperty(globalThis, place, { value: made })
  return made.value
}

// The place has a name of ours; what lies there was made for it.
function isMade<Value>(there: unknown): there is Made<Value> {
  return there !== undefined
}
