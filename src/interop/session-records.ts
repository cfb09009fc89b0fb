import type { RecordWrite, SessionDriver, StoredRecord, Version } from '../contracts/driver.ts'
import type { Serializer } from '../contracts/serializer.ts'
import { SessionError, SessionLockError, isSessionError } from '../session/errors.ts'
import { hashAsStoreKey } from '../session/id.ts'
import type { StoreKey } from '../session/id.ts'
import { randomHex } from '../session/random.ts'
import { userIdOf } from '../session/request-info.ts'
import { sha256 } from '../session/sha256.ts'
import { RecentKeys } from './recent-keys.ts'

/** How sessions of others become records. */
export interface RecordSettings {
  readonly driver: SessionDriver
  readonly serializer: Serializer | undefined
  readonly absoluteMs: number | undefined
  readonly userId: (session: object) => string | number | null | undefined
  /** Opens the store. */
  readonly ready: () => Promise<void>
}

/** What is known of a stored session, so that it can be written again. It belongs to one request. */
export interface Base extends Pick<StoredRecord, 'handle' | 'createdAt' | 'authenticatedAt' | 'userId'> {
  readonly key: StoreKey
  readonly version: Version
}

/** A session to be stored. */
export interface Saving {
  readonly sid: string
  readonly session: object
  /** Milliseconds that it lives. */
  readonly idleMs: number
  /** What this request has read or written last. */
  readonly base: Base | undefined
  /** Whether it would be known if this request had read it. Otherwise what was seen lately counts as read. */
  readonly isTracked: boolean
}

type Texts = Pick<RecordWrite, 'payload' | 'flash'>

const WAIT_MS = 10_000
const PAUSE_MS = 20

/**
 * Sessions of other libraries in a driver of ours. Whoever stores one gives it whole, and the last one wins. But a session that was there and is there no more is
 * not stored again: only one that nobody has seen stored is new.
 */
export class SessionRecords {
  readonly #settings: RecordSettings
  readonly #seen: RecentKeys = new RecentKeys()

  constructor(settings: RecordSettings) {
    this.#settings = settings
  }

  /** Reads a session, made anew each time; `undefined` when there is none. */
  async load(sid: string): Promise<{ readonly session: unknown; readonly base: Base } | undefined> {
    const { driver, ready } = this.#settings
    await ready()
    const key = await keyOf(sid)
    const found = await driver.read(key)
    if (found?.kind !== 'record') return undefined
    this.#seen.add(key)
    return { session: await this.restore(key, found.record), base: baseOf(key, found.record) }
  }

  /**
   * Stores a session, and gives what is known of it then; `undefined`, and nothing was stored, when it was ended meanwhile, or its user revoked.
   * @throws {SessionLockError} `ERR_SESSION_LOCK_TIMEOUT` when somebody holds it for ten seconds.
   */
  async save({ sid, session, idleMs, base: known, isTracked }: Saving): Promise<Base | undefined> {
    const { driver, ready } = this.#settings
    await ready()
    const key = await keyOf(sid)
    const texts = await this.#prepare(key, session)
    const userId = userIdOf(this.#settings.userId(session), 'userId')
    const isNew = known?.key !== key && (isTracked || !this.#seen.has(key))
    let base = known?.key === key ? known : undefined
    for (const deadline = performance.now() + WAIT_MS; performance.now() < deadline;) {
      const write = this.#writeOf({ texts, idleMs, userId, base })
      if (base === undefined) {
        const added = isNew ? await this.#insert(key, write).catch(asRevoked) : undefined
        if (added === 'revoked') return undefined
        if (added !== undefined) return added
        const found = await driver.read(key)
        if (found?.kind !== 'record') return undefined
        base = baseOf(key, found.record)
        continue
      }
      const result = await driver.update(key, write, base.version)
      if (result.kind === 'gone') return undefined
      if (result.kind === 'conflict') base = undefined
      else if (result.kind === 'busy') await pause()
      else return this.#have({ ...base, userId, version: result.version })
    }
    throw SessionLockError.timeout(key, WAIT_MS / 1000)
  }

  /** Records the use of a session. One that is there no more stays so. */
  async touch(sid: string, idleMs: number): Promise<void> {
    const { driver, absoluteMs, ready } = this.#settings
    await ready()
    await driver.touch(await keyOf(sid), { idleMs, absoluteMs })
  }

  async end(sid: string): Promise<void> {
    const { driver, ready } = this.#settings
    await ready()
    await driver.destroy(await keyOf(sid))
  }

  /** @throws {SessionError} `ERR_SESSION_UNREADABLE` for a record that was not stored here. */
  async restore(key: StoreKey, { payload }: Pick<StoredRecord, 'payload'>): Promise<unknown> {
    const { serializer } = this.#settings
    try {
      return serializer === undefined ? JSON.parse(payload) : (await serializer.restore(payload, { key, field: 'payload' })).value
    } catch (cause) {
      if (isSessionError(cause) && cause.code === 'ERR_SESSION_DRIVER_FAILED') throw cause
      // The parser's own error would quote what is stored.
      throw SessionError.unreadable(key, 'it was not stored through this store, or is damaged')
    }
  }

  async #prepare(key: StoreKey, session: object): Promise<Texts> {
    const { serializer } = this.#settings
    const json: string | undefined = JSON.stringify(session)
    if (json === undefined) throw SessionError.serializationFailed('The session has no JSON.')
    if (serializer === undefined) return { payload: json, flash: '{}' }
    const payload = await serializer.prepare(JSON.parse(json), { key, field: 'payload' })
    // Nothing is in it. But of a record whose texts are not all sealed no key can be told that is needed no more.
    const flash = await serializer.prepare({}, { key, field: 'flash' })
    if (payload === undefined || flash === undefined) throw SessionError.serializationFailed('The serializer gave no text.')
    return { payload, flash }
  }

  #writeOf(parts: { texts: Texts; idleMs: number; userId: string | undefined; base: Base | undefined }): RecordWrite {
    const { texts, idleMs, userId, base } = parts
    const isLogin = userId !== undefined && userId !== base?.userId
    return {
      ...texts,
      handle: base?.handle ?? randomHex(12),
      createdAt: base?.createdAt ?? 'now',
      authenticatedAt: isLogin ? 'now' : base?.authenticatedAt,
      regeneratedAt: undefined,
      userId,
      ipAddress: undefined,
      userAgent: undefined,
      durations: { idleMs, absoluteMs: this.#settings.absoluteMs },
      writeToken: randomHex(16),
    }
  }

  async #insert(key: StoreKey, write: RecordWrite): Promise<Base | undefined> {
    const { handle, userId, durations } = write
    const added = await this.#settings.driver.insert(key, write)
    if (added === undefined) return undefined
    const now = added.expiresAt - Math.min(durations.idleMs, durations.absoluteMs ?? Infinity)
    return this.#have({
      key,
      version: added.version,
      handle,
      createdAt: now,
      authenticatedAt: userId === undefined ? undefined : now,
      userId,
    })
  }

  #have(base: Base): Base {
    this.#seen.add(base.key)
    return base
  }
}

async function keyOf(sid: string): Promise<StoreKey> {
  return hashAsStoreKey(await sha256(sid))
}

function baseOf(key: StoreKey, { version, handle, createdAt, authenticatedAt, userId }: StoredRecord): Base {
  return { key, version, handle, createdAt, authenticatedAt, userId }
}

function asRevoked(error: unknown): 'revoked' {
  if (isSessionError(error) && error.code === 'ERR_SESSION_GONE') return 'revoked'
  throw error
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PAUSE_MS * (0.5 + Math.random())))
}
