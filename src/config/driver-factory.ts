import type { LockingDriver } from '../contracts/driver.ts'
import { SessionError } from '../session/errors.ts'
import { knownFields, shown } from '../session/option-check.ts'
import { isObject, isPlainObject } from '../session/plain.ts'
import type { DefaultData } from '../session/path-types.ts'
import { assembled, unsupported } from './assemble.ts'
import { type Found, type Sources, clientFor } from './connections.ts'
import { noteLifetime } from './driver-lifetime.ts'
import { BUILT_IN, entriesOf } from './entries.ts'
import { type Environment, checkEnvironment } from './environment.ts'
import { renamingLater } from './naming.ts'
import type { Connections, DatabaseConfig, FileConfig, MemoryConfig, RedisConfig, SessionConfig } from './session-config.ts'

/** Makes a driver of what the configuration has for it. */
export type DriverMaker = (config: Readonly<Record<string, unknown>>) => LockingDriver | Promise<LockingDriver>

/** Where a factory takes connections from. */
export interface DriverFactoryOptions {
  /** The connections of `redis` and `database` by their names. Default: none. */
  readonly connections?: Connections | undefined
  /** The environment, for `REDIS_URL` and `DATABASE_URL`. Default: `process.env`. */
  readonly env?: Environment | undefined
}

/** How long the sessions of a driver live, where it was made with a `lifetime`: a driver has no such option, a manager has. */
interface Lifetime {
  /** Seconds without use after which they end, as the seed's `lifetime`. It is for the manager: see `lifetimeOf`. */
  readonly lifetime?: number | undefined
}

/** What `make` takes for the drivers of this package. */
export interface DriverConfigs {
  readonly file: FileConfig & Lifetime & { readonly path: string }
  /** `connection` may also be the client itself. */
  readonly database: Omit<DatabaseConfig, 'connection'> & Lifetime & { readonly connection?: string | DatabaseConfig['client'] }
  /** `redis` is another word for `client`. */
  readonly redis: RedisConfig & Lifetime & { readonly redis?: RedisConfig['client'] }
  readonly memory: MemoryConfig & Lifetime
}

/**
 * Makes drivers by their names. The driver's class, and the client that a URL is connected with, are loaded when they are chosen. A client that was made here is ended with the
 * driver's `close()`; one that was handed in is not.
 */
export class DriverFactory {
  readonly #makers = new Map<string, DriverMaker>()
  readonly #connections: Connections | undefined
  readonly #env: Environment

  /** @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot be used. */
  constructor(options: DriverFactoryOptions = {}) {
    knownFields('DriverFactory', options, ['connections', 'env'])
    const { connections, env = process.env } = options
    checkConnections('DriverFactory.connections', connections)
    checkEnvironment('DriverFactory.env', env)
    this.#connections = connections
    this.#env = env
  }

  /** The names that `make` knows. */
  get names(): readonly string[] {
    return [...new Set([...BUILT_IN, ...this.#makers.keys()])]
  }

  /**
   * Teaches it another driver, or another way to make one of its own.
   * @throws {SessionError} `ERR_SESSION_CONFIG` for what is no name or no function.
   */
  extend(name: string, maker: DriverMaker): this {
    if (typeof name !== 'string' || name === '' || name === '__proto__')
      throw SessionError.config('name', `must be a name, not ${shown(name)}.`)
    if (typeof maker !== 'function') throw SessionError.config(name, `must be a function that makes a driver, not ${shown(maker)}.`)
    this.#makers.set(name, maker)
    return this
  }

  /**
   * Makes a driver. It is not opened yet.
   *
   * @throws {SessionError} `ERR_SESSION_CONFIG` for a name that is not known, what cannot work, and a client that is not installed: with the command that installs it.
   */
  make<Name extends keyof DriverConfigs>(name: Name, config: DriverConfigs[Name]): Promise<LockingDriver>
  make(name: string, config?: Readonly<Record<string, unknown>>): Promise<LockingDriver>
  async make(name: string, config: object = {}): Promise<LockingDriver> {
    if (typeof name !== 'string') throw SessionError.config('driver', `must be the name of a driver, not ${shown(name)}.`)
    if (!isObject(config)) throw SessionError.config(name, `must be an object, not ${shown(config)}.`)
    const maker = this.#makers.get(name)
    if (maker !== undefined) return driverFrom(name, await maker({ ...config }))
    if (!BUILT_IN.includes(name)) throw unsupported('driver', name, this.names)
    if (name === 'file' && !('path' in config && config.path !== null)) {
      throw SessionError.config('file.path', "File driver requires 'path' configuration: a folder, such as 'var/sessions'.")
    }
    const checked = assembled<DefaultData>(entriesOf({ driver: name, [name]: config }))
    const driver = await renamingLater(
      () => this.#builtIn(name, checked),
      (option) => (option === name || option.startsWith(`${name}.`) ? option : `${name}.${option}`),
    )
    const idleSeconds = checked.lifetime?.idleSeconds
    if (idleSeconds !== undefined) noteLifetime(driver, idleSeconds)
    return driver
  }

  async #builtIn(name: string, { file = {}, database = {}, redis = {}, memory = {} }: SessionConfig): Promise<LockingDriver> {
    if (name === 'file') {
      const { FileDriver } = await import('../drivers/file/file-driver.ts')
      return new FileDriver({ ...file, path: file.path ?? 'var/sessions' })
    }
    if (name === 'memory') {
      const { MemoryDriver } = await import('../drivers/memory.ts')
      return new MemoryDriver(memory)
    }
    return name === 'redis' ? this.#redis(redis) : this.#database(database)
  }

  async #redis(config: RedisConfig): Promise<LockingDriver> {
    const { client: _client, connection: _connection, url: _url, library: _library, ...options } = config
    const { redisClientOf, redisDriverOf } = await import('./redis-client.ts')
    const found = await clientFor('redis', config, this.#sources('REDIS_URL'), redisClientOf)
    return owning(found, () => redisDriverOf(found.client, options))
  }

  async #database(config: DatabaseConfig): Promise<LockingDriver> {
    const { client: _client, connection: _connection, url: _url, library: _library, ...options } = config
    const { databaseDriverOf, sqlClientOf } = await import('./sql-client.ts')
    const found = await clientFor('database', config, this.#sources('DATABASE_URL'), sqlClientOf)
    return owning(found, () => databaseDriverOf(found.client, options))
  }

  #sources(variable: string): Sources {
    const url = this.#env[variable]
    return { connections: this.#connections, url: url === '' ? undefined : url }
  }
}

/** @throws {SessionError} `ERR_SESSION_CONFIG` for what is neither an object nor a function. */
export function checkConnections(option: string, connections: unknown): void {
  if (connections === undefined || typeof connections === 'function' || isPlainObject(connections)) return
  // A text may be a URL with a password in it.
  const given = typeof connections === 'string' ? 'a text' : shown(connections)
  throw SessionError.config(option, `must be an object of clients by their names, or a function that gives one, not ${given}.`)
}

/** Lets a driver's `close` end what was made for it. What cannot be used is ended at once. */
async function owning({ end }: Found, make: () => LockingDriver): Promise<LockingDriver> {
  if (end === undefined) return make()
  let driver: LockingDriver
  try {
    driver = make()
  } catch (error) {
    await end()
    throw error
  }
  const close = driver.close.bind(driver)
  const closeBoth = async (): Promise<void> => {
    try {
      await close()
    } finally {
      await end()
    }
  }
  let closing: Promise<void> | undefined
  return Object.assign(driver, { close: () => (closing ??= closeBoth()) })
}

function driverFrom(name: string, driver: unknown): LockingDriver {
  if (isLocking(driver)) return driver
  throw SessionError.config(name, 'its maker gives no driver with locks: one with the methods read, acquire and commit.')
}

function isLocking(driver: unknown): driver is LockingDriver {
  return isObject(driver) && ['read', 'acquire', 'commit'].every((method) => typeof Reflect.get(driver, method) === 'function')
}
