import { SessionError, isSessionError } from '../session/errors.ts'
import { knownFields, shown } from '../session/option-check.ts'
import type { DefaultData } from '../session/path-types.ts'
import { isPlainObject } from '../session/plain.ts'
import { assembled } from './assemble.ts'
import { type Entries, entriesOf } from './entries.ts'
import { type Environment, applyEnvironment, checkEnvironment } from './environment.ts'
import { inFolder, readConfigFile } from './files.ts'
import { adapterPart } from './parts.ts'
import type { AdapterConfig, SessionConfig } from './session-config.ts'

/** Where a configuration is looked for. */
export interface LoadOptions {
  /** The application's folder: configuration files are looked for here, and relative paths begin here. Default: the working folder. */
  readonly cwd?: string | undefined
  /** The environment. Default: `process.env`. */
  readonly env?: Environment | undefined
  /** The configuration file, relative to `cwd`. Default: the one that is found. */
  readonly file?: string | undefined
}

/** A configuration that was read. */
export interface LoadedConfig {
  /** The file that was read, as an absolute path; `undefined` where there is none. */
  readonly file: string | undefined
  /** What it says, under this library's own names, merged with the environment, and checked. Only `driver` and `file.path` have their defaults in it. */
  readonly config: SessionConfig
  /** What the adapters' `session()` takes of it. */
  readonly session: AdapterConfig
}

const SQLITE = /^((?:sqlite|file):(?:\/\/)?)(.*)$/

/**
 * Reads the session configuration of an application: its file, and the environment, which wins.
 *
 * @throws {SessionError} `ERR_SESSION_CONFIG`, naming the option or the variable, what came, and what is allowed.
 */
export async function loadSessionConfig(options: LoadOptions = {}): Promise<LoadedConfig> {
  knownFields('', options, ['cwd', 'env', 'file'])
  const { env = process.env, file: wanted } = options
  checkEnvironment('env', env)
  for (const [name, path] of Object.entries({ cwd: options.cwd, file: wanted }))
    if (path !== undefined && (typeof path !== 'string' || path === ''))
      throw SessionError.config(name, `must be a path as a text, and not empty; not ${shown(path)}.`)
  const cwd = inFolder(process.cwd(), options.cwd ?? '')
  const read = await readConfigFile(cwd, wanted, env)
  const entries = within(read?.name, () => entriesOf(read?.content ?? {}))
  applyEnvironment(entries, env)
  settlePlaces(entries, cwd)
  const config = within(read?.name, () => assembled<DefaultData>(entries))
  return { file: read?.file, config, session: adapterPart(config) }
}

/** What is relative begins in the application's folder, whatever folder the process works in later. */
function settlePlaces(entries: Entries, cwd: string): void {
  const path = entries.get('file.path') ?? { value: 'var/sessions', path: 'file.path' }
  if (typeof path.value === 'string') entries.set('file.path', { ...path, value: inFolder(cwd, path.value) })
  if (!entries.has('driver')) entries.set('driver', { value: 'file', path: 'driver' })
  const url = entries.get('database.url')
  if (url !== undefined) entries.set('database.url', { ...url, value: settledUrl(url.value, cwd) })
  const connections = entries.get('connections')
  if (connections === undefined || !isPlainObject(connections.value)) return
  const settled = Object.entries(connections.value).map(([name, given]) => [name, settledUrl(given, cwd)] as const)
  entries.set('connections', { ...connections, value: Object.fromEntries(settled) })
}

/** The URL of a file of SQLite with its whole path; anything else as it is. */
function settledUrl(given: unknown, cwd: string): unknown {
  const [, scheme = '', place = ''] = (typeof given === 'string' ? SQLITE.exec(given) : undefined) ?? []
  return place === '' || place === ':memory:' ? given : scheme + inFolder(cwd, place)
}

/** Says of a file what is said of what it says. */
function within<Result>(name: string | undefined, read: () => Result): Result {
  try {
    return read()
  } catch (error) {
    if (name === undefined || !isSessionError(error)) throw error
    throw new SessionError('ERR_SESSION_CONFIG', `${name}: ${error.message}`)
  }
}
