import type { CommitPlan } from '../session/commit-plan.ts'
import { SessionError, SessionLockError } from '../session/errors.ts'
import { newSessionId } from '../session/id.ts'
import type { SessionId, StoreKey } from '../session/id.ts'
import { randomHex } from '../session/random.ts'
import type { RegenerateOptions } from '../session/session-lifecycle.ts'
import type { SessionState } from '../session/session-state.ts'
import { loadContents, loadedFrom, prepareContents } from './contents.ts'
import type { Loaded, Texts } from './contents.ts'
import { successorId } from './digest.ts'
import { isAhead, planFor } from './due.ts'
import { destroySession } from './ending.ts'
import { find } from './finder.ts'
import type { Finding } from './finder.ts'
import type { Hold } from './hold.ts'
import { asked } from './house.ts'
import type { House } from './house.ts'
import { commitSession, insertSession, readRecord, recordOf, refusalError, replaceSession, touchSession } from './store-steps.ts'
import type { Outcome, Replacement, Stored } from './store-steps.ts'
import { admitLogin, settleLogin } from './user-limit.ts'

const SALT_BYTES = 16

/** One session's record in the store, and the lock on it, while a request has it: what was read, and what becomes of it. */
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

  /** The key whose lock is held now. */
  get heldKey(): StoreKey | undefined {
    return this.#hold?.isHeld === true ? this.#hold.key : undefined
  }

  /**
   * Takes a session over from the finder.
   * @throws {SessionError} `ERR_SESSION_UNREADABLE`; then the lock is given back.
   */
  take({ id, key, record, now, hold }: Finding & { readonly kind: 'found' }): void | Promise<void> {
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

  /** Reads the record again and drops what was set since. */
  async reload(): Promise<void> {
    this.#replacement = undefined
    if (this.#stored === undefined || this.#storedId === undefined) {
      this.#state.load({}, {})
      return
    }
    const { key } = this.#stored
    const found = await readRecord(this.#house, key)
    if (found?.kind !== 'record') throw SessionError.gone()
    this.#state.setId(this.#storedId)
    await this.#load({ key, record: found.record, now: found.now, readAt: performance.now() })
    // What this request has stored as flash is for the next one, and stays so.
    if (this.#hasWritten) this.#state.flashes.reflash()
  }

  /** Gives the session a new id, which the next settling carries out. */
  async regenerate(options: RegenerateOptions): Promise<void> {
    const state = this.#state
    const storedId = this.#storedId
    if (storedId === undefined) state.setId(undefined)
    else if (options.destroy === true || this.#replacement?.reason === 'login') {
      state.setId(newSessionId())
      this.#replacement = { reason: 'login', salt: undefined }
    } else {
      const salt = randomHex(SALT_BYTES)
      state.setId(await successorId(storedId, salt))
      this.#replacement = { reason: 'rotation', salt }
    }
    if (options.keepToken !== true && state.token !== undefined) state.makeToken()
  }

  /** Ends the stored session at once, whoever holds it. What is in memory stays for the caller to drop. */
  async destroy(): Promise<void> {
    if (this.#stored !== undefined && this.#storedId !== undefined) {
      await destroySession(this.#house, this.#storedId, this.#stored.key)
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

  /** Knows no record any more: the session is a new one. */
  forget(): void {
    this.#hold = undefined
    this.#stored = undefined
    this.#storedId = undefined
    this.#loaded = undefined
    this.#replacement = undefined
    this.#hasWritten = false
    this.#state.isNew = true
  }

  /**
   * Stores what must be stored, and gives the lock back unless `keepOpen`. Answers whether that is a reason to send the cookie, without
   * a promise when there is nothing to wait for.
   * @throws {SessionError} when it was not stored; the lock is the caller's to give back then.
   */
  settle(isWritable: boolean, keepOpen: boolean): boolean | Promise<boolean> {
    const { maxPerUser } = this.#house.settings
    const { userId } = this.#state.metadata
    const isLogin = isWritable && userId !== undefined && userId !== this.#stored?.record.userId
    return isLogin && maxPerUser !== undefined ? this.#settleLogin(maxPerUser, userId, keepOpen) : this.#settle(isWritable, keepOpen)
  }

  async #settleLogin(limit: NonNullable<House['settings']['maxPerUser']>, userId: string, keepOpen: boolean): Promise<boolean> {
    const replaced = this.#stored?.key
    // Under a key that others know the lock is kept until it is decided: nobody who waits for it sees a login that is refused.
    const keepsLock = replaced !== undefined && this.#replacement === undefined
    const before = await admitLogin(this.#house, limit, userId, this.handle)
    const renewsCookie = await this.#settle(true, keepOpen || keepsLock)
    const stored = this.#stored
    try {
      if (stored !== undefined) await this.#house.registry.awaited(settleLogin(this.#house, limit, { userId, stored, replaced, before }))
    } catch (error) {
      this.#hold?.giveBack()
      this.forget()
      throw error
    }
    if (!keepOpen) this.#hold?.giveBack()
    return renewsCookie
  }

  #settle(isWritable: boolean, keepOpen: boolean): boolean | Promise<boolean> {
    if (this.#stored === undefined || this.#replacement !== undefined || !isWritable) {
      return this.#carryOut(this.#plan(isWritable, false), undefined, keepOpen)
    }
    const isMetadataChanged = this.#state.metadata.isChanged || isAhead(this.#stored)
    const texts = prepareContents(this.#house, this.#state, this.#stored.key, this.#loaded)
    const settleWith = (ready: Texts): boolean | Promise<boolean> => {
      const isChanged = isMetadataChanged || ready.payload !== undefined || ready.flash !== undefined
      return this.#carryOut(this.#plan(true, isChanged), ready, keepOpen)
    }
    return texts instanceof Promise ? texts.then(settleWith) : settleWith(texts)
  }

  #plan(isWritable: boolean, isChanged: boolean): CommitPlan {
    return planFor(this.#house, this.#state, this.#stored, { isWritable, isChanged, isReplacing: this.#replacement !== undefined })
  }

  #carryOut(plan: CommitPlan, texts: Texts | undefined, keepOpen: boolean): boolean | Promise<boolean> {
    const hold = this.#hold
    const stored = this.#stored
    if (plan.step === 'insert') return this.#insert(keepOpen)
    if (stored === undefined || plan.step === 'nothing') return false
    if (hold === undefined) throw SessionLockError.lost(stored.key)
    if (plan.step === 'replace' || plan.step === 'write') return this.#write(plan, hold, stored, texts, keepOpen)
    if (keepOpen) {
      // What is stored is what was to be stored, as if it had been written.
      this.#hasWritten = true
      return false
    }
    if (plan.step === 'release') {
      hold.giveBack()
      return false
    }
    if (hold.lost !== undefined) return false
    const touched = touchSession(this.#house, hold, stored)
    hold.endAfter('touch', () => touched)
    return plan.renewsCookie ? touched.catch(() => false) : false
  }

  async #insert(keepOpen: boolean): Promise<boolean> {
    const state = this.#state
    const stored = await insertSession(this.#house, state)
    this.#house.events.emit('created', { key: stored.key })
    this.#haveStored(stored)
    state.isNew = false
    if (keepOpen) await this.#holdNew(stored)
    return true
  }

  #write(plan: CommitPlan, hold: Hold, stored: Stored, texts: Texts | undefined, keepOpen: boolean): Promise<boolean> {
    hold.isWriting = true
    return asked(() => this.#send(hold, stored, texts, keepOpen)).then(
      (outcome) => {
        hold.isWriting = false
        if (outcome.kind !== 'written') throw refusalError(stored.key, outcome, hold)
        this.#haveWritten(stored, outcome.stored)
        return keepOpen ? this.#loadAgain(outcome.stored, plan.renewsCookie) : plan.renewsCookie
      },
      (error: unknown) => {
        hold.isWriting = false
        throw error
      },
    )
  }

  #haveWritten(before: Stored, stored: Stored): void {
    const { events } = this.#house
    const { key } = stored
    if (this.#replacement === undefined) events.emit('committed', { key })
    else events.emit('regenerated', { key, oldKey: before.key, reason: this.#replacement.reason })
    this.#replacement = undefined
    this.#haveStored(stored)
  }

  #haveStored(stored: Stored): void {
    this.#stored = stored
    this.#storedId = this.#state.id
    this.#state.noteWriting(stored.now, stored.record.authenticatedAt)
    this.#hasWritten = true
  }

  async #loadAgain(stored: Stored, renewsCookie: boolean): Promise<boolean> {
    this.#loaded = await loadedFrom(this.#house, stored)
    return renewsCookie
  }

  #send(hold: Hold, stored: Stored, texts: Texts | undefined, keepOpen: boolean): Promise<Outcome> {
    if (hold.lost !== undefined) return Promise.resolve({ kind: 'lost' })
    if (this.#replacement !== undefined) return replaceSession(this.#house, hold, stored, this.#state, this.#replacement, keepOpen)
    const { payload = stored.record.payload, flash = stored.record.flash } = texts ?? {}
    const record = recordOf(this.#house, this.#state, { payload, flash }, stored.record.handle, stored.record)
    return commitSession(this.#house, hold, stored, record, keepOpen)
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
    this.#state.noteReading(stored.now, stored.record.authenticatedAt)
    this.#state.isNew = false
    this.#stored = stored
  }

  // A new session that was saved goes on under the lock of its new key, which nobody else knows yet.
  async #holdNew(stored: Stored): Promise<void> {
    const { waitSeconds } = this.#house.settings
    const wait = { signal: undefined, isAborted: false, waitSeconds, deadline: performance.now() + waitSeconds * 1000 }
    const finding = await find(this.#house, this.#state.id, wait)
    if (finding.kind !== 'found' || finding.hold === undefined) throw SessionError.gone()
    this.#keep(finding.hold)
    this.#stored = { key: stored.key, record: finding.record, now: finding.now, readAt: performance.now() }
    this.#loaded = await loadedFrom(this.#house, this.#stored)
  }
}
