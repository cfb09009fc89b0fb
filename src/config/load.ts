import { SessionError, isSessionError } from '../session/errors.ts'
import { knownFields } from '../session/option-check.ts'
import type { DefaultData } from '../session/path-types.ts'
import { assembled } from './assemble.ts'
import { type Entries, entriesOf } from './entries.ts'
import { type Environment, applyEnvironment } from './environment.ts'
import { inFolder, readConfigFile } from './files.ts'
import { adapterPart } from './parts.ts'
import type { AdapterConfig, SessionConfig } from './session-config.ts'

/** Where a configuration is looked for. */
export interface LoadOptions {
  /** The application's folder: configuration files are looked for here, and relative paths begin here. Default: the working folder. */
  readonly cwd?: string
  /** The environment. Default: `process.env`. */
  readonly env?: Environment
  /** The configuration file, relative to `cwd`. Default: the one that is found. */
  readonly file?: string
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
  const [, scheme = '', place = ''] = SQLITE.exec(String(url?.value)) ?? []
  if (url !== undefined && place !== '' && place !== ':memory:')
    entries.set('database.url', { ...url, value: scheme + inFolder(cwd, place) })
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
