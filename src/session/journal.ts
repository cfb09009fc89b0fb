import { SessionError, isSessionError } from './errors.ts'

/**
 * What one request did to a session that it has no lock on, in order: each operation can be done again on what others have stored meanwhile.
 */
export class Journal {
  readonly #operations: (() => void)[] = []
  #sent = 0
  /** So many operations there are up to the last one that only whoever has the lock may store. */
  #lockedUpTo = 0
  #isRebasing = false
  #isReplaying = false

  /** Whether operations are done again just now: they were allowed when they were asked for. */
  get isReplaying(): boolean {
    return this.#isReplaying
  }

  /** Whether what is loaded now takes the place of what was loaded before, under the same operations. */
  get isRebasing(): boolean {
    return this.#isRebasing
  }

  /** Whether an operation was among them that only whoever has the lock may store. */
  get needsLock(): boolean {
    return this.#lockedUpTo > 0
  }

  record(operation: () => void): void {
    if (!this.#isReplaying) this.#operations.push(operation)
  }

  /** For the operation that is noted next. */
  requireLock(): void {
    this.#lockedUpTo = this.#operations.length + 1
  }

  /** From here on operations are not part of the write that is made ready now. */
  mark(): void {
    this.#sent = this.#operations.length
  }

  /** What was marked is stored. */
  drop(): void {
    this.#operations.splice(0, this.#sent)
    this.#lockedUpTo = Math.max(0, this.#lockedUpTo - this.#sent)
    this.#sent = 0
  }

  clear(): void {
    this.mark()
    this.drop()
  }

  /**
   * Loads what others have stored, and does on it what this request did.
   * @param load Calls `replay` once it has put what is loaded in its place.
   */
  async rebase(load: () => void | Promise<void>): Promise<void> {
    this.#isRebasing = true
    try {
      await load()
    } finally {
      this.#isRebasing = false
    }
  }

  /**
   * Does again what this request did. In the same step as the loading: what is done in between would be done twice.
   * @throws {SessionError} `ERR_SESSION_CONFLICT` when it does not fit on what was loaded.
   */
  replay(): void {
    this.#isReplaying = true
    try {
      for (const operation of this.#operations) operation()
    } catch (cause) {
      throw isSessionError(cause) && cause.code === 'ERR_SESSION_CONFLICT' ? cause : SessionError.conflict('what it builds on', { cause })
    } finally {
      this.#isReplaying = false
    }
  }
}
