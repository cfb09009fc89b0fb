import { SessionError } from '../session/errors.ts'

/** A container as the provider sees it. */
export interface Binder {
  /** Binds a name to what makes its value. Nothing is made yet; a later binding of the name wins. */
  bind(name: string, make: () => unknown): void
  /** What the name gives now. */
  find(name: string): unknown
}

type Call = (...given: unknown[]) => unknown

/**
 * Recognises a container by the methods that it has; none is imported.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for what is no container.
 */
export function binderFor(container: object): Binder {
  const call = (method: string): Call | undefined => methodOf(container, method)
  const has = (...methods: readonly string[]): boolean => methods.every((method) => call(method) !== undefined)
  const [set, bind, register, get, resolve] = [call('set'), call('bind'), call('register'), call('get'), call('resolve')]
  if (register !== undefined && resolve !== undefined) {
    if (has('createScope', 'hasRegistration')) return awilix(register, resolve)
    if (has('createChildContainer', 'registerInstance')) return tsyringe(register, resolve)
  }
  const isBound = call('isBound')
  if (bind !== undefined && get !== undefined && isBound !== undefined && has('unbind')) return inversify(bind, get, isBound)
  const [put, give] = [set ?? bind ?? register, get ?? resolve]
  if (put !== undefined && give !== undefined) return plain(put, give)
  throw SessionError.config('container', 'must have a method set, bind or register, and get or resolve.')
}

function awilix(register: Call, resolve: Call): Binder {
  return { bind: (name, make) => void register(name, { resolve: () => make(), lifetime: 'SINGLETON' }), find: (name) => resolve(name) }
}

function tsyringe(register: Call, resolve: Call): Binder {
  return { bind: (name, make) => void register(name, { useFactory: () => make() }), find: (name) => resolve(name) }
}

// Two plain bindings of one name are ambiguous there. Ours counts as long as there is no other.
function inversify(bind: Call, get: Call, isBound: Call): Binder {
  return {
    bind: (name, make) => {
      let isAsked = false
      const isAlone = (): boolean => {
        if (isAsked) return false
        isAsked = true
        try {
          return isBound(name) === false
        } finally {
          isAsked = false
        }
      }
      const bound = step(bind(name), 'toDynamicValue', () => make())
      step(step(bound, 'inSingletonScope'), 'when', isAlone)
    },
    find: (name) => get(name),
  }
}

// Some call the function that they were given, others, such as a `Map`, give it back.
function plain(put: Call, give: Call): Binder {
  return {
    bind: (name, make) => void put(name, () => make()),
    find: (name) => {
      const found = give(name)
      return typeof found === 'function' ? Reflect.apply(found, undefined, []) : found
    },
  }
}

function step(fluent: unknown, method: string, ...given: readonly unknown[]): unknown {
  const call = methodOf(fluent, method)
  if (call === undefined)
    throw SessionError.config('container', `its bind() gives nothing with a method ${method}, as that of Inversify does.`)
  return call(...given)
}

function methodOf(owner: unknown, method: string): Call | undefined {
  if ((typeof owner !== 'object' && typeof owner !== 'function') || owner === null) return undefined
  const found: unknown = Reflect.get(owner, method)
  // A class has a bind of its own, as every function.
  if (found === Reflect.get(Function.prototype, method)) return undefined
  return typeof found === 'function' ? (...given) => Reflect.apply(found, owner, given) : undefined
}
