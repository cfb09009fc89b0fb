import type { RecordWrite } from '../contracts/driver.ts'
import type { CommitPlan } from '../session/commit-plan.ts'
import { SessionError, SessionLockError } from '../session/errors.ts'
import type { SessionState } from '../session/session-state.ts'
import { prepareContents } from './contents.ts'
import type { Texts } from './contents.ts'
import type { Custody } from './custody.ts'
import { isAhead, planFor } from './due.ts'
import { find } from './finder.ts'
import type { Hold } from './hold.ts'
import { asked, inBackground } from './house.ts'
import type { House } from './house.ts'
import { patience } from './lock-queue.ts'
import type { Base } from './merge-queue.ts'
import { storeMerged } from './merges.ts'
import { commitSession, insertSession, recordOf, refusalError, replaceSession, touchSession } from './store-steps.ts'
import type { Outcome } from './store-steps.ts'
import type { Stored } from './stored.ts'
import { admitLogin, settleLogin } from './user-limit.ts'

/** What a stored session is to become. */
interface Prepared {
  readonly plan: CommitPlan
  readonly texts: Texts | undefined
}

/** How what a request did to its session is stored. */
export class Settlement {
  readonly #house: House
  readonly #state: SessionState
  readonly #custody: Custody

  constructor(house: House, state: SessionState, custody: Custody) {
    this.#house = house
    this.#state = state
    this.#custody = custody
  }

  /**
   * Stores what must be stored, and gives the lock back unless `keepOpen`. Answers whether that is a reason to send the cookie, without
   * a promise when there is nothing to wait for.
   * @throws {SessionError} when it was not stored; the lock is the caller's to give back then.
   */
  settle(isWritable: boolean, keepOpen: boolean): boolean | Promise<boolean> {
    if (isWritable && this.#state.isProofOver) throw SessionError.notFresh()
    const { stored, hold } = this.#custody
    if (this.#state.journal !== undefined && stored !== undefined && hold === undefined) return this.#merge(stored, keepOpen)
    const { maxPerUser } = this.#house.settings
    // Only where the session goes on can somebody be named while it is being stored.
    const mayBeLogin = isWritable && (keepOpen || this.#state.metadata.userId !== stored?.record.userId)
    return mayBeLogin && maxPerUser !== undefined ? this.#settleLimited(maxPerUser, keepOpen) : this.#settle(isWritable, keepOpen)
  }

  async #settleLimited(limit: NonNullable<House['settings']['maxPerUser']>, keepOpen: boolean): Promise<boolean> {
    const custody = this.#custody
    const { userId } = this.#state.metadata
    const replaced = custody.key
    const owner = custody.stored?.record.userId
    const isLogin = userId !== undefined && userId !== owner
    // Under a key that others know the lock is kept until it is decided: nobody who waits for it sees a login that is refused.
    const keepsLock = isLogin && replaced !== undefined && custody.replacement === undefined
    const before = isLogin ? await admitLogin(this.#house, limit, userId, custody.handle) : new Set<string>()
    const renewsCookie = await this.#settle(true, keepOpen || keepsLock)
    const { stored, hold } = custody
    try {
      // Who has logged in is who was stored: an application that does not wait may name somebody meanwhile.
      if (stored !== undefined && stored.record.userId !== owner)
        await this.#house.registry.awaited(settleLogin(this.#house, limit, { stored, replaced, before }))
    } catch (error) {
      hold?.giveBack()
      custody.forget()
      throw error
    }
    if (!keepOpen) hold?.giveBack()
    return renewsCookie
  }

  /** Without the lock, unless it is needed. */
  async #merge(stored: Stored, keepOpen: boolean): Promise<boolean> {
    const custody = this.#custody
    const { id } = this.#state
    if (custody.isRotationDue !== undefined) await this.#rotate(custody.isRotationDue)
    const isCookieDue = custody.hold === undefined ? await this.#storeMerged({ id, stored }, keepOpen) : undefined
    if (isCookieDue === undefined) await custody.lock()
    const renewsCookie = isCookieDue ?? (await this.settle(true, keepOpen))
    return renewsCookie || this.#state.id !== id
  }

  /** Answers whether that is a reason to send the cookie; `undefined` where the lock is needed. */
  async #storeMerged(base: Base, keepOpen: boolean): Promise<boolean | undefined> {
    const custody = this.#custody
    let prepared = await this.#prepare(base.stored, true)
    const draft = (on: Stored): RecordWrite | 'unchanged' | 'must-lock' => {
      if (this.#state.journal?.needsLock === true) return 'must-lock'
      return prepared.plan.step === 'write' ? this.#recordFrom(on, prepared.texts) : 'unchanged'
    }
    const first = draft(base.stored)
    if (first === 'must-lock') return undefined
    if (first === 'unchanged') return this.#carryOut(base.stored, prepared, keepOpen)
    const { kind, base: now } = await storeMerged(this.#house, {
      base,
      onto: async ({ id, stored }) => {
        if (stored === base.stored) return first
        await custody.rebase(id, stored)
        prepared = await this.#prepare(stored, true)
        return draft(stored)
      },
    })
    if (kind === 'must-lock') return undefined
    if (kind === 'written') this.#haveWritten(now.stored)
    // What is shown from here on is what is stored, with what others have done.
    if (keepOpen) await custody.rebase(now.id, now.stored)
    return kind === 'written' ? prepared.plan.renewsCookie : this.#carryOut(now.stored, prepared, keepOpen)
  }

  async #rotate(isStillDue: (stored: Stored) => boolean): Promise<void> {
    const custody = this.#custody
    custody.isRotationDue = undefined
    await custody.lock()
    if (custody.stored !== undefined && isStillDue(custody.stored)) await custody.regenerate({ keepToken: true })
  }

  #settle(isWritable: boolean, keepOpen: boolean): boolean | Promise<boolean> {
    const { stored } = this.#custody
    if (stored === undefined) {
      const { step } = planFor(this.#house, this.#state, stored, { isWritable, isChanged: false, isReplacing: false })
      return step === 'insert' && this.#insert(keepOpen)
    }
    const prepared = this.#prepare(stored, isWritable)
    if (prepared instanceof Promise) return prepared.then((ready) => this.#carryOut(stored, ready, keepOpen))
    return this.#carryOut(stored, prepared, keepOpen)
  }

  #prepare(stored: Stored, isWritable: boolean): Prepared | Promise<Prepared> {
    const isReplacing = this.#custody.replacement !== undefined
    if (isReplacing || !isWritable) {
      return { plan: planFor(this.#house, this.#state, stored, { isWritable, isChanged: false, isReplacing }), texts: undefined }
    }
    const isMetadataChanged = this.#state.metadata.isChanged || isAhead(stored)
    const texts = prepareContents(this.#house, this.#state, stored.key, this.#custody.loaded)
    if (texts instanceof Promise) return texts.then((ready) => this.#prepared(stored, isMetadataChanged, ready))
    return this.#prepared(stored, isMetadataChanged, texts)
  }

  #prepared(stored: Stored, isMetadataChanged: boolean, texts: Texts): Prepared {
    const isChanged = isMetadataChanged || texts.payload !== undefined || texts.flash !== undefined
    return { plan: planFor(this.#house, this.#state, stored, { isWritable: true, isChanged, isReplacing: false }), texts }
  }

  #carryOut(stored: Stored, { plan, texts }: Prepared, keepOpen: boolean): boolean | Promise<boolean> {
    const { hold } = this.#custody
    if (plan.step === 'replace' || plan.step === 'write') {
      if (hold === undefined) throw SessionLockError.lost(stored.key)
      return this.#write(plan, hold, stored, texts, keepOpen)
    }
    if (keepOpen) {
      this.#custody.markWritten()
      return false
    }
    if (plan.step !== 'touch') {
      hold?.giveBack()
      return false
    }
    if (hold?.lost !== undefined) return false
    const touched = asked(() => touchSession(this.#house, hold, stored, this.#state.limits))
    if (hold === undefined) inBackground(this.#house, 'touch', stored.key, (this.#custody.touching = touched))
    else hold.endAfter('touch', () => touched)
    return plan.renewsCookie ? touched.catch(() => false) : false
  }

  async #insert(keepOpen: boolean): Promise<boolean> {
    const stored = await insertSession(this.#house, this.#state)
    this.#house.events.emit('created', { key: stored.key })
    this.#custody.haveStored(stored)
    this.#state.isNew = false
    if (keepOpen) await this.#goOn(stored)
    return true
  }

  // A new session that was saved goes on under the lock of its new key, which nobody else knows yet, unless it needs none.
  async #goOn(stored: Stored): Promise<void> {
    if (this.#state.journal !== undefined) return await this.#custody.loadAgain(stored)
    const finding = await find(this.#house, this.#state.id, patience(this.#house.settings.waitSeconds))
    if (finding.kind !== 'found' || finding.hold === undefined) throw SessionError.gone()
    await this.#custody.takeNew(finding)
  }

  #write(plan: CommitPlan, hold: Hold, stored: Stored, texts: Texts | undefined, keepOpen: boolean): Promise<boolean> {
    hold.isWriting = true
    return asked(() => this.#send(hold, stored, texts, keepOpen)).then((outcome) => {
      hold.isWriting = false
      if (outcome.kind === 'lost' && this.#state.journal !== undefined && !hold.hasLease) throw SessionError.conflict('the session')
      if (outcome.kind !== 'written') throw refusalError(stored.key, outcome, hold)
      this.#haveWritten(outcome.stored)
      return keepOpen ? this.#custody.loadAgain(outcome.stored).then(() => plan.renewsCookie) : plan.renewsCookie
    })
  }

  #send(hold: Hold, stored: Stored, texts: Texts | undefined, keepOpen: boolean): Promise<Outcome> {
    const { replacement } = this.#custody
    // Where a lease has ended the store refuses the write itself, and says whether the session has ended with it; a manager that was closed asks it no more.
    const isClosed = this.#house.queue.closedBy !== undefined
    if (hold.lost === 'held-too-long' || (hold.lost !== undefined && isClosed)) return Promise.resolve({ kind: 'lost' })
    if (replacement !== undefined) return replaceSession(this.#house, hold, stored, this.#state, replacement, keepOpen)
    return commitSession(this.#house, hold, stored, this.#recordFrom(stored, texts), keepOpen)
  }

  #recordFrom({ record }: Stored, texts: Texts | undefined): RecordWrite {
    const { payload = record.payload, flash = record.flash } = texts ?? {}
    return recordOf(this.#state, { payload, flash }, record.handle, record)
  }

  #haveWritten(stored: Stored): void {
    const { key: oldKey, replacement } = this.#custody
    const { events } = this.#house
    if (replacement === undefined) events.emit('committed', { key: stored.key })
    else events.emit('regenerated', { key: stored.key, oldKey, reason: replacement.reason })
    this.#custody.haveStored(stored)
  }
}
