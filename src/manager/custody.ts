import { SessionError } from '../session/errors.ts'
import type { SessionId, StoreKey } from '../session/id.ts'
import type { RegenerateOptions } from '../session/session-lifecycle.ts'
import type { SessionState } from '../session/session-state.ts'
import { loadContents, loadedFrom } from './contents.ts'
import type { Loaded } from './contents.ts'
import { destroyFamily, destroySession } from './ending.ts'
import { find } from './finder.ts'
import type { Finding } from './finder.ts'
import type { Hold } from './hold.ts'
import type { House } from './house.ts'
import { patience } from './lock-queue.ts'
import type { Wait } from './lock-queue.ts'
import { nextId } from './next-id.ts'
import { asSessionError } from './opening.ts'
import { readRecord, refusalError } from './store-steps.ts'
import type { Replacement } from './store-steps.ts'
import type { Stored } from './stored.ts'
import type { Whereabouts } from './watch.ts'

type Found = Finding & { readonly kind: 'found' }

/** One session's record in the store, and the lock on it, while a request has it: what was read, and what it is to become. */
export class Custody {
  readonly #house: House
  readonly #state: SessionState
  readonly #whenLost: (why: SessionError) => void
  #hold: Hold | undefined
  #stored: Stored | undefined
  #storedId: SessionId | undefined
  #loaded: Loaded | undefined
  #replacement: Replacement | undefined
  #hasWritten = false
  /** A use that is being noted without the lock. */
  touching: Promise<unknown> | undefined
  /** For a session that merges and whose id is to change by itself when it is stored: whether that is so still. */
  isRotationDue: ((stored: Stored) => boolean) | undefined

  /** @param whenLost Called when the lock is lost while it is held. */
  constructor(house: House, state: SessionState, whenLost: (why: SessionError) => void) {
    this.#house = house
    this.#state = state
    this.#whenLost = whenLost
  }

  get key(): StoreKey | undefined {
    return this.#stored?.key
  }

  get handle(): string | undefined {
    return this.#stored?.record.handle
  }

  get isStored(): boolean {
    return this.#stored !== undefined
  }

  /** The record as it was read or written last. */
  get stored(): Stored | undefined {
    return this.#stored
  }

  /** The plain texts that the bags were loaded from. */
  get loaded(): Loaded | undefined {
    return this.#loaded
  }

  /** The lock, held or not any more; `undefined` for a session that none was taken for. */
  get hold(): Hold | undefined {
    return this.#hold
  }

  /** How the session is to come to its new id. */
  get replacement(): Replacement | undefined {
    return this.#replacement
  }

  /** What is stored under this id; `undefined` while it is not, or a login is to replace it. */
  get whereabouts(): Whereabouts | undefined {
    if (this.#stored === undefined || this.#storedId === undefined || this.#replacement?.reason === 'login') return undefined
    return { id: this.#storedId, limits: this.#state.limits, ...this.#stored }
  }

  /** The key whose lock is held now. */
  get heldKey(): StoreKey | undefined {
    return this.#hold?.isHeld === true ? this.#hold.key : undefined
  }

  /**
   * Takes a session over from the finder.
   * @throws {SessionError} `ERR_SESSION_UNREADABLE`; then the lock is given back.
   */
  take({ id, key, record, now, hold }: Found): void | Promise<void> {
    this.#keep(hold)
    const giveBack = (error: unknown): never => {
      hold?.giveBack()
      throw error
    }
    try {
      const loading = this.#load({ key, record, now, readAt: performance.now() })
      if (loading instanceof Promise) return loading.then(() => this.#have(id), giveBack)
    } catch (error) {
      giveBack(error)
    }
    this.#have(id)
  }

  /** Takes over the lock of a session that was just stored; its bags are as they are to be. */
  async takeNew({ key, record, now, hold }: Found): Promise<void> {
    this.#keep(hold)
    await this.loadAgain({ key, record, now, readAt: performance.now() })
  }

  /** Reads the record again and drops what was set since. */
  async reload(): Promise<void> {
    if (this.#stored === undefined || this.#storedId === undefined) {
      this.#state.load({}, {})
      return
    }
    // Without the lock its id may have changed by itself meanwhile.
    if (this.#hold === undefined) await this.take(await this.#find(this.#storedId, undefined))
    else await this.#reloadHeld(this.#stored.key, this.#storedId)
    // What this request has stored as flash is for the next one, and stays so.
    if (this.#hasWritten) this.#state.flashes.keepLoaded()
  }

  async #find(id: SessionId, wait: Wait | undefined): Promise<Found> {
    try {
      const finding = await find(this.#house, id, wait)
      if (finding.kind === 'found') return finding
    } catch (cause) {
      throw asSessionError('read', cause)
    }
    throw SessionError.gone()
  }

  async #reloadHeld(key: StoreKey, id: SessionId): Promise<void> {
    const found = await readRecord(this.#house, key)
    if (found?.kind !== 'record') throw SessionError.gone()
    await this.#load({ key, record: found.record, now: found.now, readAt: performance.now() })
    this.#replacement = undefined
    this.#state.setId(id)
  }

  /**
   * Takes the lock of a stored session that merges, and goes on from what is stored by now.
   * @throws {SessionError} `ERR_SESSION_GONE`, `ERR_SESSION_CONFLICT`, and what taking a lock throws.
   */
  async lock(): Promise<void> {
    if (this.#state.journal === undefined || this.#storedId === undefined || this.#hold !== undefined) return
    const finding = await this.#find(this.#storedId, patience(this.#house.settings.waitSeconds))
    await this.rebase(finding.id, finding, finding.hold)
  }

  /**
   * Takes over what others have stored of a session that merges, and does on it what was done before.
   * @throws {SessionError} `ERR_SESSION_CONFLICT` when that does not fit on it.
   */
  async rebase(id: SessionId, { key, record, now }: Pick<Stored, 'key' | 'record' | 'now'>, hold?: Hold): Promise<void> {
    await this.#state.journal?.rebase(() => this.take({ kind: 'found', id, key, record, now, hold }))
  }

  /** Gives the session a new id, which the next settling carries out. */
  async regenerate(options: RegenerateOptions): Promise<void> {
    const state = this.#state
    if (state.journal !== undefined && this.#stored !== undefined) {
      this.#house.modeOf('exclusive')
      await this.lock()
    }
    if (this.#storedId === undefined) state.setId(undefined)
    else {
      const isLogin = options.destroy === true || this.#replacement?.reason === 'login'
      const { id, replacement } = await nextId(this.#storedId, isLogin ? 'login' : 'rotation')
      state.setId(id)
      this.#replacement = replacement
    }
    if (options.keepToken !== true && state.token !== undefined) state.makeToken()
  }

  /** Whether the session still has the id under which it was read or written; a store that does not answer contradicts nothing. */
  async isThere(): Promise<boolean> {
    const found = this.#stored && (await readRecord(this.#house, this.#stored.key).catch(() => this.#stored))
    return found !== undefined && 'record' in found
  }

  /** Ends the stored session at once, whoever holds it. What is in memory stays for the caller to drop. */
  async destroy(): Promise<void> {
    if (this.#stored !== undefined && this.#storedId !== undefined) {
      // Under the lease its id cannot change meanwhile. Without it a marker may be there, which another logout needs as well: it is followed, and stays.
      if (this.#hold?.hasLease === true) await destroySession(this.#house, this.#storedId, this.#stored.key)
      else await destroyFamily(this.#house, this.#storedId)
      this.#house.events.emit('destroyed', { key: this.#stored.key })
    }
    this.#hold?.end()
    this.forget()
  }

  /** Gives the lock back in the background, if it is held, and stores nothing. A new id that was not stored is dropped. */
  giveBack(): void {
    this.#hold?.giveBack()
    if (this.#replacement === undefined) return
    this.#replacement = undefined
    this.#state.setId(this.#storedId)
  }

  /** Does the last of a request, and waits for what it leaves in the background. */
  async leavingNothing<Answer>(end: () => Answer | Promise<Answer>): Promise<Answer> {
    try {
      return await end()
    } finally {
      await Promise.allSettled([this.touching, this.#hold?.returning])
    }
  }

  /** Knows no record any more: the session is a new one. */
  forget(): void {
    this.#hold = undefined
    this.#stored = undefined
    this.#storedId = undefined
    this.#loaded = undefined
    this.#replacement = undefined
    this.isRotationDue = undefined
    this.#hasWritten = false
    this.#state.isNew = true
  }

  /** The session is stored like this now, under the id that it has. */
  haveStored(stored: Stored): void {
    this.#replacement = undefined
    this.#stored = stored
    this.#storedId = this.#state.id
    this.#state.noteWriting(stored.now, stored.readAt, stored.record.authenticatedAt)
    this.markWritten()
  }

  /** What is stored is what was to be stored, as if it had been written. */
  markWritten(): void {
    this.#state.markStored()
    this.#hasWritten = true
  }

  /** What was written is what later changes are compared with. */
  async loadAgain(stored: Stored): Promise<void> {
    this.#stored = stored
    this.#loaded = await loadedFrom(this.#house, stored)
  }

  #keep(hold: Hold | undefined): void {
    this.#hold = hold
    if (hold !== undefined) hold.whenLost = () => this.#whenLost(refusalError(hold.key, { kind: 'lost' }, hold))
  }

  #have(id: SessionId): void {
    this.#storedId = id
    this.#state.setId(id)
  }

  #load(stored: Stored): void | Promise<void> {
    const loading = loadContents(this.#house, this.#state, stored.key, stored.record)
    if (loading instanceof Promise) return loading.then((loaded) => this.#haveLoaded(stored, loaded))
    this.#haveLoaded(stored, loading)
  }

  #haveLoaded(stored: Stored, loaded: Loaded): void {
    this.#loaded = loaded
    this.#state.noteReading(stored.now, stored.readAt)
    this.#state.isNew = false
    this.#stored = stored
  }
}
