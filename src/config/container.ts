/**
 * Sessions for applications that are put together by a container: awilix, tsyringe, Inversify, or one of their kind.
 * @module
 */
import { csrf as nodeCsrf, session as nodeSession } from '../adapters/node.ts'
import type { LockingDriver } from '../contracts/driver.ts'
import type { Serializer } from '../contracts/serializer.ts'
import { FileDriver } from '../drivers/file/file-driver.ts'
import { SessionManager } from '../manager/session-manager.ts'
import { NativeSerializer } from '../serializers/native.ts'
import { SessionError } from '../session/errors.ts'
import { checkFunction, knownFields } from '../session/option-check.ts'
import type { DefaultData } from '../session/path-types.ts'
import { binderFor } from './binders.ts'

/** What makes the five bindings, each when it is first asked for. */
export interface SessionServiceOptions<Data extends object = DefaultData> {
  /**
   * Makes `sessionDriver`. Default: a `FileDriver` in the folder that the environment names by `SESSION_FILE_PATH`, or by `SESSION_PATH`, else
   * in `var/sessions` under the working folder.
   */
  readonly driver?: () => LockingDriver
  /** Makes `sessionSerializer`. Default: a `NativeSerializer`. */
  readonly serializer?: () => Serializer
  /** Makes `sessionManager` of what the container gives for the two before. Default: a manager with no other options. */
  readonly manager?: (parts: { readonly driver: LockingDriver; readonly serializer: Serializer }) => SessionManager<Data>
  /** Makes `sessionMiddleware`. Default: `session(sessions)` of `holdfast/node`, which Express takes as well. */
  readonly session?: (sessions: SessionManager<Data>) => unknown
  /** Makes `csrfMiddleware`. Default: `csrf()` of `holdfast/node`, which Express takes as well. */
  readonly csrf?: () => unknown
}

/**
 * Registers `sessionDriver`, `sessionSerializer`, `sessionManager`, `sessionMiddleware` and `csrfMiddleware` in a container. Each is made once, when it is
 * first asked for, of what the container gives for the others then: whoever binds one of the names later replaces it for all of them.
 */
export class SessionServiceProvider<Data extends object = DefaultData> {
  readonly #options: SessionServiceOptions<Data>

  /** @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or no function. */
  constructor(options: SessionServiceOptions<Data> = {}) {
    knownFields('SessionServiceProvider', options, ['driver', 'serializer', 'manager', 'session', 'csrf'])
    for (const [name, option] of Object.entries(options)) checkFunction(`SessionServiceProvider.${name}`, option)
    this.#options = options
  }

  /**
   * Registers the bindings. The container is one of awilix, tsyringe or Inversify, or anything with `set`, `bind` or `register`, and `get` or `resolve`: that
   * is given a function for each name, and may call it or give it back.
   * @throws {SessionError} `ERR_SESSION_CONFIG` for what is no container. The bindings throw it when what they need is bound to something else.
   */
  register(container: object): void {
    const { driver = defaultDriver, serializer = () => new NativeSerializer(), csrf = () => nodeCsrf() } = this.#options
    const { manager = (parts) => new SessionManager<Data>(parts), session = (sessions) => nodeSession(sessions) } = this.#options
    const binder = binderFor(container)
    binder.bind('sessionDriver', once(driver))
    binder.bind('sessionSerializer', once(serializer))
    binder.bind(
      'sessionManager',
      once(() =>
        manager({
          driver: expected('sessionDriver', binder.find('sessionDriver'), isLockingDriver),
          serializer: expected('sessionSerializer', binder.find('sessionSerializer'), isSerializer),
        }),
      ),
    )
    binder.bind(
      'sessionMiddleware',
      once(() => session(expected('sessionManager', binder.find('sessionManager'), isManager<Data>))),
    )
    binder.bind('csrfMiddleware', once(csrf))
  }
}

function defaultDriver(): LockingDriver {
  const named = [process.env['SESSION_FILE_PATH'], process.env['SESSION_PATH']].find((path) => path !== undefined && path !== '')
  return new FileDriver({ path: named ?? 'var/sessions' })
}

/** Makes a value when it is first asked for. What throws is tried again. */
function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined
  return () => (made ??= { value: make() }).value
}

function expected<Value>(name: string, found: unknown, isIt: (found: unknown) => found is Value): Value {
  if (isIt(found)) return found
  throw SessionError.config(
    name,
    'the container gives something else under this name. Bind what the manager can use, or bind sessionManager itself.',
  )
}

const isLockingDriver = (found: unknown): found is LockingDriver => hasMethods(found, 'read', 'acquire', 'commit')
const isSerializer = (found: unknown): found is Serializer => hasMethods(found, 'prepare', 'restore')
const isManager = <Data extends object>(found: unknown): found is SessionManager<Data> => hasMethods(found, 'open', 'start', 'close')

function hasMethods(found: unknown, ...methods: readonly string[]): boolean {
  return typeof found === 'object' && found !== null && methods.every((method) => typeof Reflect.get(found, method) === 'function')
}
