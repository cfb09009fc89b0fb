import type { SealKey } from './engine.ts'
import { IV_BYTES, SALT_BYTES } from './envelope.ts'
import type { RingKey } from './key-ring.ts'

/**
 * Random IVs of 12 bytes are safe for 2^32 texts under one key (NIST SP 800-38D, section 8.3): a key of our own is long gone by then. OWASP
 * ASVS 11.3.4.
 */
const MOST_TEXTS = 2 ** 20
/** A process that slept may be one of two that were woken: copies of a machine, each of which would go on with the same random numbers. */
const LONGEST_PAUSE_MS = 1000
const POOL_BYTES = 341 * IV_BYTES

interface Made {
  readonly ringKey: RingKey
  readonly head: string
  key: SealKey | Promise<SealKey>
}

/** What the next text is sealed with. */
export interface Writing {
  /** What stands before the box. */
  readonly head: string
  readonly key: SealKey | Promise<SealKey>
}

/**
 * The key that one process seals with: its own, derived with a salt of its own, so that no other process can ever use an IV with it. It is made on first use,
 * and anew after a million texts, after a second in which nothing was sealed, after a jump of the clock, and for another key of the ring.
 */
export class WriterKey {
  #made: Made | undefined
  #textsLeft = 0
  #wallMs = 0
  #steadyMs = 0
  #pool: Uint8Array<ArrayBuffer> | undefined // made on first use: Workers refuse random values at module scope
  #used = POOL_BYTES

  /** Gives the key for one text. */
  next(ringKey: RingKey): Writing {
    const wallMs = Date.now()
    const steadyMs = performance.now()
    const pauseMs = Math.max(Math.abs(wallMs - this.#wallMs), steadyMs - this.#steadyMs)
    this.#wallMs = wallMs
    this.#steadyMs = steadyMs
    const made = this.#made
    if (made === undefined || made.ringKey !== ringKey || this.#textsLeft === 0 || pauseMs > LONGEST_PAUSE_MS) return this.#renew(ringKey)
    this.#textsLeft--
    return made
  }

  /** Gives 12 random bytes that nothing else gets. They stand in a pool: use or copy them before anything else runs. */
  iv(): Uint8Array<ArrayBuffer> {
    this.#pool ??= new Uint8Array(POOL_BYTES)
    if (this.#used === POOL_BYTES) {
      crypto.getRandomValues(this.#pool)
      this.#used = 0
    }
    this.#used += IV_BYTES
    return this.#pool.subarray(this.#used - IV_BYTES, this.#used)
  }

  #renew(ringKey: RingKey): Writing {
    // What was drawn before the pause, a copy of this process has as well.
    this.#used = POOL_BYTES
    // Should it fail, the next text tries again.
    this.#made = undefined
    this.#textsLeft = MOST_TEXTS - 1
    const made: Made = { ringKey, ...ringKey.derived.make(crypto.getRandomValues(new Uint8Array(SALT_BYTES)), ringKey.name) }
    this.#made = made
    if (made.key instanceof Promise) {
      made.key.then(
        (key) => {
          made.key = key
        },
        () => {
          if (this.#made === made) this.#made = undefined
        },
      )
    }
    return made
  }
}
