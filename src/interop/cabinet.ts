import type { Found } from '../contracts/driver.ts'
import { UnknownOutcome } from '../drivers/settle.ts'
import type { ReadBack } from '../drivers/settle.ts'
import { SessionError } from '../session/errors.ts'
import type { StoreKey } from '../session/id.ts'
import { readContents, storedRecord } from './contents.ts'
import type { Contents } from './contents.ts'
import type { OneProcess } from './one-process.ts'
import type { Shelf } from './shelf.ts'

/** The store is asked to keep things so much longer than they live: its clock may be another, and a lease may outlast its record. */
const SLACK_MS = 60_000

/** Reads and writes contents on a shelf. Whoever uses it stands in the line of the key. */
export class Cabinet {
  readonly #shelf: Shelf
  readonly #shared: OneProcess

  constructor(shelf: Shelf, shared: OneProcess) {
    this.#shelf = shelf
    this.#shared = shared
  }

  /**
   * What lives under a key.
   * @throws {SessionError} `ERR_SESSION_UNREADABLE` for what was not written here, `ERR_SESSION_DRIVER_FAILED` when the store failed.
   */
  async find(operation: string, key: StoreKey, now: number): Promise<Contents | undefined> {
    const contents = await this.look(operation, key)
    return contents !== undefined && this.isLive(contents, now) ? contents : undefined
  }

  /** What lies under a key, also when it has ended. */
  async look(operation: string, key: StoreKey): Promise<Contents | undefined> {
    const value = await this.#read(operation, key)
    if (value === undefined) return undefined
    const contents = readContents(value)
    if (contents?.key === key) return contents
    throw SessionError.unreadable(key, 'what lies there is no session of this driver, or is damaged')
  }

  /** Whether anything at all lies there. */
  async has(operation: string, key: StoreKey): Promise<boolean> {
    return (await this.#read(operation, key)) !== undefined
  }

  isLive({ key, expiresAt }: Contents, now: number): boolean {
    return expiresAt > now || this.#shared.isLeased(key, now)
  }

  /** @throws {UnknownOutcome} when the store gave an error: it may have been written all the same. */
  async put(operation: string, contents: Contents, now: number, until: number = contents.expiresAt): Promise<void> {
    const keptUntil = Math.max(until, contents.expiresAt) + SLACK_MS
    await this.#change(operation, () => this.#shelf.write({ ...contents, keptUntil }, Math.max(keptUntil - now, 1)))
  }

  /** Has the store keep a record for as long as a lease on it may last. */
  async keepUntil(contents: Contents, endsAt: number, now: number): Promise<void> {
    if (contents.keptUntil < endsAt + SLACK_MS / 2) await this.put('acquire', contents, now, endsAt)
  }

  /** @throws {UnknownOutcome} as `put`. */
  async remove(operation: string, key: StoreKey): Promise<void> {
    await this.#change(operation, () => this.#shelf.remove(key))
  }

  async readBack(operation: string, key: StoreKey, now: number): Promise<ReadBack | undefined> {
    const contents = await this.find(operation, key, now)
    return contents && { version: contents.version, isMarker: contents.kind === 'marker', expiresAt: contents.expiresAt }
  }

  async #read(operation: string, key: StoreKey): Promise<unknown> {
    try {
      return await this.#shelf.read(key)
    } catch (cause) {
      throw SessionError.driverFailed(operation, 'The store gave an error.', { cause })
    }
  }

  async #change(operation: string, change: () => Promise<void>): Promise<void> {
    try {
      await change()
    } catch (cause) {
      throw new UnknownOutcome(operation, { cause })
    }
  }
}

/** Contents as a driver gives them. */
export function foundIn(contents: Contents, now: number): Found | undefined {
  const record = storedRecord(contents)
  if (record !== undefined) return { kind: 'record', record, now }
  const { replacedAt, reason, salt } = contents
  if (replacedAt === undefined || reason === undefined) return undefined
  return { kind: 'marker', marker: { replacedAt, reason, salt }, now }
}
