import type { LockingDriver } from '../contracts/driver.ts'
import { SessionManager } from '../manager/session-manager.ts'
import type { Serializer } from '../contracts/serializer.ts'
import { EncryptedSerializer } from '../serializers/encrypted.ts'
import { SessionError } from '../session/errors.ts'
import { knownFields, shown } from '../session/option-check.ts'
import { isObject } from '../session/plain.ts'
import type { DefaultData } from '../session/path-types.ts'
import { assembled } from './assemble.ts'
import { DriverFactory, checkConnections } from './driver-factory.ts'
import { lifetimeOf } from './driver-lifetime.ts'
import { entriesOf } from './entries.ts'
import type { LoadedConfig } from './load.ts'
import type { Connections, SessionConfig } from './session-config.ts'
import type { SessionConfigInput } from './spellings.ts'

/** What a configuration needs of the application. */
export interface CreateOptions {
  /** The connections of `redis` and `database` by their names. Default: those of the configuration. */
  readonly connections?: Connections | undefined
  /** A factory that knows more drivers. It has its own connections. Default: one that knows those of this package. */
  readonly factory?: DriverFactory | undefined
}

/** A driver with what was connected for it. */
export interface CreatedDriver {
  readonly driver: LockingDriver
  /** Closes the driver, and what was connected for it. What was handed in stays open. A second call does nothing. */
  readonly close: () => Promise<void>
}

/**
 * Makes the manager that a configuration describes. The store is opened by `ready()` or the first request. The manager's `close()` also closes what was connected for it; what was handed in
 * stays open.
 *
 * @param config What `loadSessionConfig` gave, or a configuration in any of the spellings that a file may have; then the environment is asked for the URLs of connections only.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for what cannot work, and for a client that is not installed: with the command that installs it.
 */
export async function createSessionManager<Data extends object = DefaultData>(
  config: SessionConfigInput<Data> | LoadedConfig = {},
  options: CreateOptions = {},
): Promise<SessionManager<Data>> {
  const checked = configOf<Data>(config)
  const driver = await driverOf(checked, options)
  try {
    return managerOf(checked, driver)
  } catch (error) {
    // What was handed in may serve others.
    if (driver !== checked.driver) await driver.close()
    throw error
  }
}

/**
 * Makes the driver that a configuration describes, for tools that want no manager. It is not opened yet.
 *
 * @throws {SessionError} `ERR_SESSION_CONFIG` for what cannot work, and for a client that is not installed: with the command that installs it.
 */
export async function createDriver(config: SessionConfigInput | LoadedConfig = {}, options: CreateOptions = {}): Promise<CreatedDriver> {
  const driver = await driverOf(configOf(config), options)
  return { driver, close: () => driver.close() }
}

function configOf<Data extends object>(config: SessionConfigInput<Data> | LoadedConfig): SessionConfig<Data> {
  return assembled<Data>(entriesOf(isLoaded(config) ? config.config : config))
}

function isLoaded(config: object): config is LoadedConfig {
  return isObject(config) && 'config' in config && 'file' in config && 'session' in config
}

async function driverOf<Data extends object>(config: SessionConfig<Data>, options: CreateOptions): Promise<LockingDriver> {
  knownFields('', options, ['connections', 'factory'])
  const { driver = 'file' } = config
  if (typeof driver !== 'string') return givenDriver(driver)
  const connections = options.connections ?? config.connections
  checkConnections('connections', connections)
  if (options.factory !== undefined && connections !== undefined && (driver === 'redis' || driver === 'database')) {
    throw SessionError.config('connections', 'would not be asked, since the factory has its own: new DriverFactory({ connections }).')
  }
  const factory = options.factory ?? new DriverFactory({ connections })
  if (!isObject(factory) || typeof factory.make !== 'function')
    throw SessionError.config('factory', `must be a DriverFactory, not ${shown(factory)}.`)
  return factory.make(driver, sectionOf(config, driver))
}

function givenDriver<Driver extends object>(driver: Driver): Driver {
  if (['open', 'close', 'read'].every((method) => typeof Reflect.get(driver, method) === 'function')) return driver
  throw SessionError.config('driver', 'is an object, and no driver. Give the name of one, or a driver such as new RedisDriver({ client }).')
}

function sectionOf<Data extends object>(config: SessionConfig<Data>, driver: string): Readonly<Record<string, unknown>> {
  const { file, database, redis, memory, drivers } = config
  const sections: Readonly<Record<string, object | undefined>> = {
    ...drivers,
    file: { path: 'var/sessions', ...file },
    database,
    redis,
    memory,
  }
  return { ...(Object.hasOwn(sections, driver) ? sections[driver] : {}) }
}

function managerOf<Data extends object>(config: SessionConfig<Data>, driver: LockingDriver): SessionManager<Data> {
  const { driver: _d, file: _f, database: _db, redis: _r, memory: _m, drivers: _ds, connections: _c, ...rest } = config
  const { encrypt: _e, keys: _k, encryption: _en, enabled: _on, except: _ex, trustProxy: _tp, saveOnError: _s, ...most } = rest
  const { cookie: { name, ...cookie } = {}, serializer: _se, lifetime, ...options } = most
  const ofDriver = lifetimeOf(driver)
  const idleSeconds = lifetime?.idleSeconds ?? ofDriver
  return new SessionManager<Data>({
    ...options,
    driver,
    cookie,
    lifetime: { ...lifetime, ...(idleSeconds === undefined ? {} : { idleSeconds }) },
    serializer: serializerOf(config),
    ...(name === undefined ? {} : { name }),
  })
}

/** What is given wrapped in what seals it; `undefined` for the manager's own. */
function serializerOf<Data extends object>({ encrypt, keys, encryption, serializer }: SessionConfig<Data>): Serializer | undefined {
  if (encrypt !== true || keys === undefined) return serializer
  return new EncryptedSerializer({ ...encryption, keys, ...(serializer === undefined ? {} : { serializer }) })
}
