import type { DefaultData } from '../session/path-types.ts'
import type { Connections, CookieConfig, DatabaseConfig, FileConfig, MemoryConfig, RedisConfig, SessionConfig } from './session-config.ts'
import type { LifetimeOptions } from '../manager/options.ts'

/** Seconds without use after which a session ends, as the PHP library has them: of each driver, the chosen one's counts. */
interface DriverLifetime {
  readonly lifetime?: number | undefined
}

/** The keys of the PHP library's `config/session.php` and `config/session.mlc`. */
export interface SeedSpelling {
  /** The same as `driver`. */
  readonly default?: string | undefined
  /** The same as the sections of the same names; others are handed to the makers of a `DriverFactory`. */
  readonly drivers?:
    | {
        readonly file?: (FileConfig & DriverLifetime) | undefined
        readonly database?: (DatabaseConfig & DriverLifetime) | undefined
        readonly redis?: (RedisConfig & DriverLifetime) | undefined
        readonly memory?: (MemoryConfig & DriverLifetime) | undefined
        readonly [name: string]: object | undefined
      }
    | undefined
  /** The same as `cookie.name`. */
  readonly cookie_name?: string | undefined
  /** The same as `cookie.lifetimeSeconds`; `null` is 0, until the browser is closed. */
  readonly cookie_lifetime?: number | null | undefined
  /** The same as `cookie.path`. */
  readonly cookie_path?: string | undefined
  /** The same as `cookie.domain`; an empty text is none. */
  readonly cookie_domain?: string | null | undefined
  /** The same as `cookie.secure`. */
  readonly cookie_secure?: boolean | 'auto' | undefined
  /** The same as `cookie.httpOnly`. */
  readonly cookie_httponly?: boolean | undefined
  /** The same as `cookie.sameSite`, in upper or lower case. */
  readonly cookie_samesite?: string | undefined
}

/** The keys of the cookie in the configuration of the PHP library's framework. */
export interface FrameworkCookie {
  /** The same as `lifetimeSeconds`; `null` is 0, until the browser is closed. */
  readonly lifetime?: number | null | undefined
  /** The same as `httpOnly`. */
  readonly httponly?: boolean | undefined
  /** The same as `sameSite`, in upper or lower case. */
  readonly same_site?: string | undefined
  /** The same as `sameSite`, in upper or lower case. */
  readonly samesite?: string | undefined
}

type Flat<Data extends object> = Omit<
  SessionConfig<Data>,
  'lifetime' | 'cookie' | 'file' | 'database' | 'redis' | 'memory' | 'drivers' | 'connections'
> &
  SeedSpelling & {
    readonly file?: (FileConfig & DriverLifetime) | undefined
    readonly database?: (DatabaseConfig & DriverLifetime) | undefined
    readonly redis?: (RedisConfig & DriverLifetime) | undefined
    readonly memory?: (MemoryConfig & DriverLifetime) | undefined
    readonly connections?: Connections | undefined
    /** How long sessions live; a number is `idleSeconds`, and `cookie.lifetimeSeconds` where that is not given. */
    readonly lifetime?: LifetimeOptions | number | undefined
    readonly cookie?: (CookieConfig & FrameworkCookie) | undefined
  }

/** A configuration as it may be written: with the names of this library, of the PHP library or of its framework, flat or below `session`. */
export type SessionConfigInput<Data extends object = DefaultData> = Flat<Data> | { readonly session: Flat<Data> }

/**
 * Lets the editor check and complete a configuration, and gives it back as it is: `export default defineSessionConfig({ ... })` in `session.config.ts`. It is checked when it is loaded.
 */
export function defineSessionConfig<Data extends object = DefaultData>(config: SessionConfigInput<Data>): SessionConfigInput<Data> {
  return config
}
