import type { LockingDriver } from '../contracts/driver.ts'
import type { DatabaseClient, DatabaseDriverOptions } from '../drivers/database/database-driver.ts'
import type { FileDriverOptions } from '../drivers/file/file-driver.ts'
import type { MemoryDriverOptions } from '../drivers/memory.ts'
import type { RedisClient, RedisDriverOptions } from '../drivers/redis/redis-driver.ts'
import type { CookieOptions } from '../http/cookie-options.ts'
import type { TrustProxy } from '../http/trust-proxy.ts'
import type { LifetimeOptions, LockOptions, SessionManagerOptions } from '../manager/options.ts'
import type { EncryptedSerializerOptions } from '../serializers/encrypted.ts'
import type { DefaultData } from '../session/path-types.ts'
import type { Concurrency } from '../session/session-state.ts'

/** The drivers that come with the package. */
export type DriverName = 'file' | 'database' | 'redis' | 'memory'

/** A client that the application has connected, a URL to connect to, or a promise of one of them. */
export type Connection = RedisClient | DatabaseClient | string | Promise<RedisClient | DatabaseClient | string>

/**
 * Where the driver's connections come from by their names: an object of them, or a function that gives one, asked once. A client that is handed in is never
 * closed; what a URL connected is closed with the manager.
 */
export type Connections = Readonly<Record<string, Connection>> | ((name: string, driver: 'redis' | 'database') => Connection | undefined)

/** Sessions in files. */
export interface FileConfig extends Partial<Omit<FileDriverOptions, 'clock' | 'path'>> {
  /** The folder, relative to the working folder. Default: `var/sessions`. Environment: `SESSION_FILE_PATH`, or `SESSION_PATH`. */
  readonly path?: string | undefined
}

/** Sessions in a table of PostgreSQL, MySQL, MariaDB or SQLite. */
export interface DatabaseConfig extends Partial<Omit<DatabaseDriverOptions, 'client'>> {
  /** The table, such as `sessions` or `web.sessions`. Default: `sessions`. Environment: `SESSION_TABLE`. */
  readonly table?: string | undefined
  /** The name of the connection, as `connections` has it; `default` is the one of `url`, where `connections` has none. Default: `default`. */
  readonly connection?: string | undefined
  /** A client that is connected already. It is not closed. Default: what `connection` or `url` gives. */
  readonly client?: DatabaseClient | undefined
  /**
   * Where the database is: `postgres://`, `mysql://`, `mariadb://`, or `sqlite:` and the path of its file. Default: none. Environment: `DATABASE_URL`.
   * It may hold a password: leave it to the environment.
   */
  readonly url?: string | undefined
  /**
   * The npm package that `url` is connected with: `pg`, `postgres`, `mysql2`, `mariadb`, `node:sqlite`, `better-sqlite3` or `bun:sqlite`. Default: the first of those
   * that fit the URL and are installed.
   */
  readonly library?: string | undefined
}

/** Sessions in Redis or Valkey. */
export interface RedisConfig extends Partial<Omit<RedisDriverOptions, 'client'>> {
  /**
   * The name of the connection, as `connections` has it; `default` is the one of `url`, where `connections` has none. Default: `default`.
   * Environment: `REDIS_SESSION_CONNECTION`.
   */
  readonly connection?: string | undefined
  /** A client that was made already. It is connected if it is not, and not closed. Default: what `connection` or `url` gives. */
  readonly client?: RedisClient | undefined
  /** Where the server is: `redis://`, or `rediss://` for TLS. Default: none. Environment: `REDIS_URL`. It may hold a password: leave it to the environment. */
  readonly url?: string | undefined
  /** The npm package that `url` is connected with: `redis`, `ioredis` or `iovalkey`. Default: the first of them that is installed. */
  readonly library?: string | undefined
}

/** Sessions in the memory of the process: for development and tests. */
export interface MemoryConfig extends Omit<MemoryDriverOptions, 'clock'> {}

/** How the session cookie is written. */
export interface CookieConfig extends CookieOptions {
  /** The cookie's name, before any prefix. Default: `ml_session`. Environment: `SESSION_COOKIE_NAME`. */
  readonly name?: string | undefined
}

/** The options of a `SessionManager` that a configuration has under the same name. */
type ManagerPart<Data extends object> = Pick<
  SessionManagerOptions<Data>,
  | 'schema'
  | 'upgradeData'
  | 'hashIds'
  | 'onStoreError'
  | 'onUnreadable'
  | 'onGone'
  | 'onReuse'
  | 'binding'
  | 'maxPerUser'
  | 'moveIn'
  | 'bags'
  | 'collectEverySeconds'
  | 'clock'
>

/** How sessions are kept, sent and sealed, under the names that this library uses elsewhere. Everything may be left out. */
export interface SessionConfig<Data extends object = DefaultData> extends ManagerPart<Data> {
  /** Where sessions are kept: one of the drivers of this package, one that a `DriverFactory` was taught, or a driver. Default: `file`. Environment: `SESSION_DRIVER`. */
  readonly driver?: DriverName | LockingDriver | (string & {}) | undefined
  /** What counts when `driver` is `file`. */
  readonly file?: FileConfig | undefined
  /** What counts when `driver` is `database`. */
  readonly database?: DatabaseConfig | undefined
  /** What counts when `driver` is `redis`. */
  readonly redis?: RedisConfig | undefined
  /** What counts when `driver` is `memory`. */
  readonly memory?: MemoryConfig | undefined
  /** What drivers of other names are made of, by their names: handed to the maker that a `DriverFactory` has for them. */
  readonly drivers?: Readonly<Record<string, Readonly<Record<string, unknown>>>> | undefined
  /** Where the connections of `redis` and `database` come from by their names. Default: none but those of their URLs. */
  readonly connections?: Connections | undefined
  /** How long sessions live. `idleSeconds` is the seed's `lifetime`. Default: 7200 seconds unused, 30 days in all. Environment: `SESSION_LIFETIME`, for `idleSeconds`. */
  readonly lifetime?: LifetimeOptions | undefined
  /** How the session cookie is written. */
  readonly cookie?: CookieConfig | undefined
  /** How requests of one session wait for each other. */
  readonly lock?: LockOptions | undefined
  /**
   * How requests of one session meet. `exclusive`: one after the other. `merge`: side by side, the changes of each replayed on the newest state. `readonly`: nothing is
   * stored. Default: `exclusive`.
   */
  readonly concurrency?: Concurrency | undefined
  /**
   * True seals sessions with AES-256-GCM before they reach the driver. It needs a good key: 32 random bytes, as `openssl rand -base64 32` makes them.
   * Default: `false`. Environment: `SESSION_ENCRYPT`.
   */
  readonly encrypt?: boolean | undefined
  /**
   * The keys by their names, or a function that fetches them: the first seals, all open. They are looked at when `encrypt` is true. Default: none. Environment: `APP_KEY` becomes the key
   * `main_key` where the configuration has none.
   */
  readonly keys?: EncryptedSerializerOptions['keys'] | undefined
  /** What else there is to say of sealing: see `EncryptedSerializer`. */
  readonly encryption?: Omit<EncryptedSerializerOptions, 'keys' | 'serializer'> | undefined
  /** Makes text of a session's data, before anything is sealed. Default: `new NativeSerializer()`. */
  readonly serializer?: EncryptedSerializerOptions['serializer'] | undefined
  /** For the adapter's `session()`: whether there are sessions at all. Default: `true`. Environment: `SESSION_ENABLED`. */
  readonly enabled?: boolean | undefined
  /**
   * For the adapter's `session()`: paths that get no session, such as `/health`, `/assets/` for what is below it, or a regular expression between two `#`, such as `#\.json$#i`.
   * Default: none.
   */
  readonly except?: readonly string[] | undefined
  /** For the adapter's `session()`: which proxies are believed when they say where a request came from. Default: `false`, none. */
  readonly trustProxy?: TrustProxy | undefined
  /** For the adapter's `session()`: whether what a request set is stored although it is answered with a status of 500 or more. Default: `false`. */
  readonly saveOnError?: boolean | undefined
}

/** What the adapters' `session()` takes of a configuration: `session(sessions, loaded.session)`. */
export interface AdapterConfig {
  readonly enabled: boolean
  readonly except: readonly string[]
  readonly trustProxy?: TrustProxy | undefined
  readonly saveOnError?: boolean | undefined
}
