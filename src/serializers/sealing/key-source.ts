import { SessionError, isSessionError } from '../../session/errors.ts'
import type { Engine } from './engine.ts'
import { KeyRing } from './key-ring.ts'
import type { KeyRingOptions } from './key-ring.ts'

/** Gives the keys, from a key management service or a file. */
export type FetchKeys = () => KeyRingOptions | Promise<KeyRingOptions>

const LONGEST_FETCH_MS = 10_000
/** A reload that failed is tried again sooner than the next would come. */
const RETRY_MS = 30_000
/** No name that nobody knows, however many texts have it, makes the keys be fetched more often. */
const LEAST_BETWEEN_MS = 5000

/** Where the ring comes from: it is there from the beginning, or fetched and fetched again. */
export class KeySource {
  readonly #engine: Engine
  readonly #fetch: FetchKeys | undefined
  readonly #everyMs: number
  #ring: KeyRing | undefined
  #fetching: Promise<KeyRing> | undefined
  #askedAt = -Infinity
  #dueAt = Infinity
  #failure: unknown
  /** Is told of a fetch that failed while the ring of before goes on. */
  report: ((operation: string, cause: unknown) => void) | undefined

  /** @throws {SessionError} `ERR_SESSION_CONFIG` for a ring that cannot be used, unless it is yet to be fetched. */
  constructor(keys: KeyRingOptions | FetchKeys, engine: Engine, everyMs: number) {
    this.#engine = engine
    this.#everyMs = everyMs
    if (isFetch(keys)) this.#fetch = keys
    else this.#ring = new KeyRing(keys, engine)
  }

  /** Why the keys could not be fetched when they were asked for last; `undefined` when they could. */
  get failure(): unknown {
    return this.#failure
  }

  /** The ring, and a promise only while there is none. One that has grown old is fetched again in the background. */
  get ring(): KeyRing | Promise<KeyRing> {
    const ring = this.#ring
    if (ring === undefined) return this.#fetchFirst()
    if (performance.now() >= this.#dueAt) void this.#again(ring)
    return ring
  }

  /** Fetches the ring because a text names a key that it has not; `undefined` when it cannot be fetched, or was just now. */
  newer(ring: KeyRing): Promise<KeyRing> | undefined {
    if (this.#fetch === undefined) return undefined
    if (this.#fetching === undefined && performance.now() - this.#askedAt < LEAST_BETWEEN_MS) return undefined
    return this.#again(ring)
  }

  #fetchFirst(): Promise<KeyRing> {
    const isTooSoon = this.#fetching === undefined && performance.now() - this.#askedAt < LEAST_BETWEEN_MS / 5
    return isTooSoon ? Promise.reject(this.#failure) : this.#fetchOnce()
  }

  async #again(ring: KeyRing): Promise<KeyRing> {
    try {
      return await this.#fetchOnce()
    } catch {
      return ring
    }
  }

  /** All who ask meanwhile get the same answer. */
  #fetchOnce(): Promise<KeyRing> {
    const now = performance.now()
    // Workers end what goes on behind their answer, timers and all: such a fetch never ends, and is given up.
    if (this.#fetching !== undefined && now - this.#askedAt < 1.1 * LONGEST_FETCH_MS) return this.#fetching
    this.#askedAt = now
    this.#dueAt = Infinity
    const fetching = this.#fetchNow()
      .then(
        (ring) => this.#take(ring),
        (error: unknown) => this.#fail(error),
      )
      .finally(() => {
        if (this.#fetching === fetching) this.#fetching = undefined
      })
    this.#fetching = fetching
    return fetching
  }

  #take(ring: KeyRing): KeyRing {
    this.#failure = undefined
    if (this.#everyMs > 0) this.#dueAt = performance.now() + this.#everyMs
    if (this.#ring?.isSameAs(ring) !== true) this.#ring = ring
    return this.#ring ?? ring
  }

  #fail(error: unknown): never {
    this.#failure = error
    if (this.#everyMs > 0) this.#dueAt = performance.now() + Math.min(this.#everyMs, RETRY_MS)
    if (this.#ring !== undefined) this.report?.('keys', error)
    throw error
  }

  async #fetchNow(): Promise<KeyRing> {
    let timer: ReturnType<typeof setTimeout> | undefined
    const patience = new Promise<never>((_resolve, reject) => {
      const why = `The function of option 'keys' gave no keys within ${LONGEST_FETCH_MS / 1000} seconds.`
      timer = setTimeout(() => reject(new DOMException(why, 'TimeoutError')), LONGEST_FETCH_MS)
    })
    try {
      return new KeyRing(await Promise.race([this.#fetch?.(), patience]), this.#engine)
    } catch (cause) {
      if (isSessionError(cause)) throw cause
      throw SessionError.driverFailed('keys', "The function of option 'keys' failed.", { cause })
    } finally {
      clearTimeout(timer)
    }
  }
}

function isFetch(keys: KeyRingOptions | FetchKeys): keys is FetchKeys {
  return typeof keys === 'function'
}
