import { existsSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { CreatedDriver, LoadedConfig } from '../config/index.ts'
import type { LockingDriver } from '../contracts/driver.ts'
import type { SessionManager } from '../manager/session-manager.ts'
import { EXIT } from './exit-codes.ts'
import { CommandError } from './failure.ts'

/** What every command takes that reads the configuration. */
export interface CommonOptions {
  readonly config?: string | undefined
  readonly json?: boolean | undefined
}

/** The store that the configuration names. */
export interface Store {
  readonly loaded: LoadedConfig
  readonly driver: LockingDriver
  /** True where the keys of the store are hashes, which may be shown; else they are the ids themselves. */
  readonly showsKeys: boolean
  /** A manager over the same driver. It collects nothing by itself. */
  readonly manager: () => Promise<SessionManager>
  readonly close: () => Promise<void>
}

const CLOSE_MS = 2000

/** Any of these says where sessions are, without a file. */
const PLACES = ['SESSION_DRIVER', 'SESSION_PATH', 'SESSION_FILE_PATH']

/**
 * Reads the configuration.
 * @throws {SessionError} `ERR_SESSION_CONFIG`.
 * @throws {CommandError} where there is none: an application may do without, a command that was started in another folder should not make one there.
 */
export async function configured({ config }: CommonOptions): Promise<LoadedConfig> {
  const { loadSessionConfig } = await import('../config/index.ts')
  const loaded = await loadSessionConfig(config === undefined ? {} : { file: config })
  if (loaded.file !== undefined || PLACES.some((name) => process.env[name])) return loaded
  throw new CommandError(
    EXIT.usage,
    'There is no session configuration in this folder. Name the file with --config, set SESSION_DRIVER, or make one with: holdfast publish',
  )
}

/**
 * Connects to the store, opened or not yet.
 * @throws {CommandError} where the configuration is of another folder, and the sessions' would first be made below this one: nothing would be found in it.
 */
export async function connect(loaded: LoadedConfig): Promise<Store> {
  if (isElsewhere(loaded))
    throw new CommandError(
      EXIT.usage,
      `There is no folder ${loaded.config.file?.path ?? ''}. Relative paths begin in the working folder: start the command in the application's, or make the folder.`,
    )
  const { createDriver, createSessionManager } = await import('../config/index.ts')
  const created = await createDriver(loaded)
  const { driver } = created
  const manager = (): Promise<SessionManager> => createSessionManager({ ...loaded.config, driver, collectEverySeconds: 0 })
  return { loaded, driver, showsKeys: loaded.config.hashIds !== false, manager, close: () => closed(created) }
}

/**
 * Closes what was connected, and is silent where that fails or takes long, as the client of a server that never answers may: it would be told in place of what
 * the command has to say. The process ends right after.
 */
async function closed({ close }: CreatedDriver): Promise<void> {
  await Promise.race([close().catch(() => undefined), setTimeout(CLOSE_MS)])
}

function isElsewhere({ file, config }: LoadedConfig): boolean {
  const path = config.file?.path
  if (file === undefined || path === undefined || config.driver !== 'file') return false
  const here = process.cwd()
  const isOfHere = [here, join(here, 'config')].includes(dirname(file))
  return !isOfHere && path.startsWith(join(here, sep)) && !existsSync(path)
}

/** Does work on the opened store, and closes it whatever comes. */
export async function withStore<Result>(options: CommonOptions, work: (store: Store) => Promise<Result>): Promise<Result> {
  const store = await connect(await configured(options))
  try {
    await store.driver.open()
    return await work(store)
  } finally {
    await store.close()
  }
}
