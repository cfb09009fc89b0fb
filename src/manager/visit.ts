import type { RefusalReason } from '../contracts/events.ts'
import type { CookiePolicy } from '../http/cookie.ts'
import { SessionError, isSessionError } from '../session/errors.ts'
import { asSessionId, type SessionId, type StoreKey } from '../session/id.ts'
import { stopsWithResponse } from '../session/runtime.ts'
import { Session } from '../session/session.ts'
import type { RegenerateOptions, SaveOptions, SessionEnd, SessionLifecycle, WatchOptions } from '../session/session-lifecycle.ts'
import { SessionState } from '../session/session-state.ts'
import { Acts } from './acts.ts'
import { Arrival, REPLACED } from './arrival.ts'
import { CookieDebt, NO_COOKIE } from './cookie-debt.ts'
import { Custody } from './custody.ts'
import { asked, refuse, type House } from './house.ts'
import { LazyAbort } from './lazy-abort.ts'
import { asSessionError, reportRefusal } from './opening.ts'
import type { Committed, OpenRequest, OpenSession } from './open-session.ts'
import { Settlement } from './settlement.ts'
import { type Holder, runHolding } from './self-wait.ts'
import { checkWatch } from './watch.ts'

/** One session during one request: what its `Session` asks for, and the end of the request. */
export class Visit<Data extends object> implements OpenSession<Data>, SessionLifecycle, Holder {
  readonly session: Session<Data>
  readonly #house: House
  /** Without an adapter `save` is the commit. */
  readonly #isStandalone: boolean
  readonly #state: SessionState
  readonly #custody: Custody
  readonly #settlement: Settlement
  readonly #arrival: Arrival
  readonly #acts = new Acts()
  readonly #debt: CookieDebt
  #answer: Committed | Promise<Committed> | undefined
  /** The id that it was to be opened under, and could not be: `start` tries it again. */
  #unopened: SessionId | undefined
  /** Why something that was to be stored was not: the end of the request must say so. */
  #failure: SessionError | undefined
  /** Everything was stored that there was to store. */
  #isSettled = false
  #loss = new LazyAbort()

  constructor(house: House, request: OpenRequest, isStandalone: boolean) {
    this.#house = house
    this.#isStandalone = isStandalone
    this.#debt = new CookieDebt(house.cookie, request)
    this.#state = new SessionState(
      house.modeOf(request.concurrency),
      house.newBags(),
      house.clock,
      house.settings,
      house.serializer.takesMetadata,
    )
    this.#state.observe(request.ipAddress, request.userAgent)
    this.#custody = new Custody(house, this.#state, (why) => this.#loss.abort(why))
    this.#settlement = new Settlement(house, this.#state, this.#custody)
    this.#arrival = new Arrival(house, request, this.#state, this.#custody, this.#debt)
    this.session = new Session<Data>(this.#state, this)
  }

  get name(): string {
    return this.#house.name
  }

  get manager(): object {
    return this.#house.manager
  }

  get cookie(): CookiePolicy {
    return this.#house.cookie
  }

  get handle(): string | undefined {
    return this.#custody.handle
  }

  get heldKey(): StoreKey | undefined {
    return this.#custody.heldKey
  }

  get isEnding(): boolean {
    return this.#answer !== undefined
  }

  get signal(): AbortSignal {
    return this.#loss.signal
  }

  refused(reason: RefusalReason, cause: unknown): void {
    refuse(this.#house, reason, this.#custody.key, cause)
  }

  run<Result>(handler: () => Result): Result {
    return runHolding(this, handler)
  }

  /** Opens a new session: nothing is asked of the store. */
  openNew(): this {
    this.#arrival.openNew()
    return this
  }

  /** Opens the first of the ids that the store knows, else a new session. */
  open(ids: readonly SessionId[]): Promise<this> {
    this.#debt.hasCookie = !this.#isStandalone
    return this.#arrival.open(ids, this)
  }

  start(id: string | undefined): Promise<boolean> {
    return this.#acts.run(async () => {
      const state = this.#state
      if (state.status === 'open') {
        if (id === undefined || id === state.id) return true
        throw SessionError.alreadyStarted()
      }
      if (!this.#isStandalone) throw SessionError.closed()
      const known = state.status === 'closed' && this.#custody.isStored ? state.id : this.#unopened
      const wanted = id === undefined ? known : asSessionId(id)
      this.#unopened = wanted
      this.#custody.forget()
      state.setId(undefined)
      state.readonlyWhy = undefined
      this.#answer = this.#failure = undefined
      this.#isSettled = false
      this.#loss = new LazyAbort()
      if (wanted === undefined) this.openNew()
      else await this.open([wanted])
      this.#unopened = undefined
      return true
    })
  }

  save({ keepOpen = !this.#isStandalone }: SaveOptions): Promise<void> {
    if (this.#answer !== undefined) return Promise.resolve(this.#answer).then(() => this.#assertStored())
    return this.#acts.run(async () => {
      this.#state.assertStarted()
      // What failed may be stored all the same, and counts as unchanged: nothing can be said of it a second time.
      this.#assertStored()
      if (this.#state.status === 'closed' || this.#state.status === 'ended') return
      this.#state.assertTakesActs()
      if (!this.#custody.isStored) this.#state.readyToStore()
      if (!keepOpen) this.#state.status = 'closed'
      try {
        this.#renewCookie(await this.#settlement.settle(true, keepOpen))
      } catch (error) {
        throw this.#failed(error)
      }
      if (!keepOpen) this.#isSettled = true
    })
  }

  release(): Promise<void> {
    if (this.#answer !== undefined) return Promise.resolve()
    return this.#acts.run(async () => {
      if (this.#state.status !== 'idle' && this.#state.status !== 'ended') this.#state.status = 'closed'
      this.#custody.giveBack()
    })
  }

  regenerate(options: RegenerateOptions): Promise<void> {
    return this.#act(async () => {
      this.#leaveReplaced()
      this.#state.assertTakesActs()
      await this.#custody.regenerate(options)
    })
  }

  invalidate(): Promise<void> {
    return this.#act(() => this.#destroy())
  }

  destroy(): Promise<void> {
    return this.#act(async () => {
      await this.#destroy()
      this.#state.status = 'ended'
    })
  }

  reload(): Promise<void> {
    return this.#act(async () => {
      this.#state.assertStarted()
      if (this.#state.status !== 'open' && this.#state.status !== 'closing') throw SessionError.closed()
      const { id } = this.#state
      await this.#custody.reload()
      if (this.#state.id !== id) this.#debt.send(this.#state.cookieSeconds)
    })
  }

  // No `async` function, which would keep this visit, and all that is in its session, for as long as somebody watches.
  watch(options: WatchOptions): Promise<SessionEnd> {
    return asked(() => {
      const wish = checkWatch(options)
      this.#state.assertStarted()
      if (this.#state.status === 'ended') return Promise.resolve({ reason: 'revoked' })
      const { whereabouts } = this.#custody
      if (whereabouts !== undefined) return this.#house.watches.watch(whereabouts, wish)
      throw SessionError.invalidArgument('watch', 'the session is new, or its new id is, and not stored yet. Await save() first.')
    })
  }

  commit(): Committed | Promise<Committed> {
    return (this.#answer ??= this.#afterActs(() => this.#end()))
  }

  discard(cause: unknown): Committed | Promise<Committed> {
    const answer = (this.#answer ??= this.#afterActs(() => {
      if (this.#state.status === 'closing') this.#state.status = 'closed'
      this.#custody.giveBack()
      this.#house.events.emit('discarded', { key: this.#custody.key, cause })
      this.#loss.abort(cause)
      return this.#committed()
    }))
    // What a save in the midst of it has stored, under a new id perhaps, is stored although the commit failed.
    return answer instanceof Promise ? answer.catch(() => this.#committed()) : answer
  }

  /** Closes the session to writes at once, and ends it when what was asked for before is done. */
  #afterActs(end: () => Committed | Promise<Committed>): Committed | Promise<Committed> {
    if (this.#state.status === 'open') this.#state.status = 'closing'
    const { underWay } = this.#acts
    const last = stopsWithResponse ? () => this.#custody.leavingNothing(end) : end
    return underWay === undefined ? last() : underWay.then(last)
  }

  // After the end of the request an act would come too late to be part of it.
  #act(act: () => Promise<void>): Promise<void> {
    if (this.#answer !== undefined) return Promise.reject(SessionError.closed())
    return this.#acts.run(act).catch((error: unknown) => {
      // What was done before is done again in part on what others have stored: none of it may be. And who did not wait for it answers as if it was done.
      if (this.#state.status === 'closing' || (isSessionError(error) && error.code === 'ERR_SESSION_CONFLICT')) throw this.#failed(error)
      reportRefusal(this.#house, this.#custody.key, error)
      throw error
    })
  }

  #end(): Committed | Promise<Committed> {
    if (this.#failure !== undefined) return this.#refused(this.#failure)
    if (this.#state.status !== 'closing') return this.#committed()
    if (!this.#custody.isStored) this.#state.readyToStore()
    this.#state.status = 'closed'
    const { heldKey, stored } = this.#custody
    const succeed = (renewsCookie: boolean): Committed | Promise<Committed> => {
      this.#isSettled = true
      this.#renewCookie(renewsCookie)
      return this.#committed(renewsCookie || heldKey !== undefined || this.#custody.stored !== stored)
    }
    const fail = (error: unknown): Committed | Promise<Committed> => this.#refused(this.#failed(error))
    try {
      const settled = this.#settlement.settle(!this.#state.isReadonly, false)
      return settled instanceof Promise ? settled.then(succeed, fail) : succeed(settled)
    } catch (error) {
      return fail(error)
    }
  }

  /** What the session says of its cookie counts from when it is stored. */
  #renewCookie(isDue: boolean): void {
    if (isDue || (this.#state.isCookieOutdated && this.#custody.isStored)) this.#debt.send(this.#state.cookieSeconds)
  }

  async #destroy(): Promise<void> {
    this.#leaveReplaced()
    this.#state.assertTakesActs()
    await this.#custody.destroy()
    this.#state.setId(undefined)
    this.#state.load({}, {})
    this.#failure = undefined
    this.#debt.clear()
  }

  #assertStored(): void {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#state.status === 'closed' && !this.#isSettled) throw SessionError.closed()
  }

  /** A session whose id a login has just replaced may only become an unrelated new one. */
  #leaveReplaced(): void {
    if (this.#state.readonlyWhy === REPLACED) this.#state.readonlyWhy = undefined
  }

  /** Unless it was held or stored just now, a login may have replaced the id, and the browser has the new one: this one, sent after it, would log the user out. */
  #committed(isCurrent = this.#isStandalone): Committed | Promise<Committed> {
    const answer = this.#debt.answer(this.#custody.isStored ? this.#state.id : undefined)
    if (isCurrent || answer === NO_COOKIE || !this.#custody.isStored) return answer
    return this.#custody.isThere().then((isThere) => (isThere ? answer : NO_COOKIE))
  }

  #refused(failure: SessionError): Committed | Promise<Committed> {
    this.#custody.giveBack() // An act since the failure may have taken the lock.
    const isAnonymous = failure.code === 'ERR_SESSION_GONE' && this.#house.settings.onGone === 'anonymous' && !this.#isStandalone
    return isAnonymous ? NO_COOKIE : Promise.reject(failure)
  }

  #failed(cause: unknown): SessionError {
    const error = asSessionError('commit', cause)
    this.#failure = error
    this.#custody.giveBack()
    reportRefusal(this.#house, this.#custody.key, error)
    return error
  }
}
