import type { StoredRecord } from '../contracts/driver.ts'
import type { SessionId, StoreKey } from '../session/id.ts'
import type { SessionState } from '../session/session-state.ts'
import type { CookieDebt } from './cookie-debt.ts'
import type { Custody } from './custody.ts'
import type { Finding } from './finder.ts'
import type { House } from './house.ts'
import type { OpenRequest } from './open-session.ts'
import { hasEnded } from '../session/lifetime.ts'
import { bindingAction } from './binding.ts'
import { refuse } from './house.ts'
import { findFirst, isAborted, reportMiss, unwanted, whyInstead } from './opening.ts'
import { destroyFamily } from './ending.ts'

/** Why a session takes no writes that stands in for one whose id is no longer in use. */
export const REPLACED = 'its id was replaced by a login moments ago, and the browser has the new one'

type Found = Finding & { readonly kind: 'found' }

/** How a request comes to its session: by an id that the store knows, or to a new one. */
export class Arrival {
  readonly #house: House
  readonly #request: OpenRequest
  readonly #state: SessionState
  readonly #custody: Custody
  readonly #debt: CookieDebt
  /** On the clock of `performance.now()`; only where somebody listens. */
  #askedAt: number | undefined

  constructor(house: House, request: OpenRequest, state: SessionState, custody: Custody, debt: CookieDebt) {
    this.#house = house
    this.#request = request
    this.#state = state
    this.#custody = custody
    this.#debt = debt
  }

  openNew(): void {
    this.#state.load({}, {})
    this.#state.status = 'open'
  }

  /** Opens the first of the ids that the store knows, else a new session, and gives what was handed in. */
  open<Result>(ids: readonly SessionId[], result: Result): Promise<Result> {
    this.#askedAt = this.#house.events.hears('started') ? performance.now() : undefined
    const opening = this.#house.ready()
    const find = (): Promise<Finding | undefined> => findFirst(this.#house, ids, this.#state.mode, this.#request)
    return (opening === undefined ? find() : opening.then(find)).then(
      (finding) => {
        const taking = this.#take(finding, ids)
        return taking === undefined ? result : taking.then(() => result)
      },
      (cause: unknown) => {
        this.#refused(undefined, cause)
        return result
      },
    )
  }

  #take(finding: Finding | undefined, ids: readonly SessionId[]): void | Promise<void> {
    if (finding?.kind === 'found') return this.#takeFound(finding, ids)
    if (finding !== undefined) reportMiss(this.#house, finding, this.#request)
    if (finding?.kind === 'reused' && finding.successor !== undefined && this.#house.settings.onReuse === 'revoke') {
      return this.#endFamily(finding.successor).then(
        () => this.openNew(),
        (cause: unknown) => this.#refused(finding.key, cause),
      )
    }
    if (finding?.kind === 'replaced') {
      this.#state.readonlyWhy = REPLACED
      this.#debt.hasCookie = false
    }
    this.openNew()
  }

  #takeFound(finding: Found, ids: readonly SessionId[]): void | Promise<void> {
    try {
      const taking = this.#custody.take(finding)
      if (taking === undefined) return this.#taken(finding, ids)
      return taking.then(() => this.#taken(finding, ids)).catch((cause: unknown) => this.#refused(finding.key, cause))
    } catch (cause) {
      this.#refused(finding.key, cause)
    }
  }

  #taken({ id, key, record, now }: Found, ids: readonly SessionId[]): void | Promise<void> {
    if (isAborted(this.#request)) throw unwanted(this.#request, this.#custody)
    const { binding } = this.#house.settings
    const { lastPlace, metadata, isReadonly } = this.#state
    const action = binding === undefined ? 'off' : bindingAction(binding, lastPlace, metadata)
    const isOver = hasEnded(record, this.#state.limits, now)
    if (isOver) reportMiss(this.#house, { kind: 'expired', key }, this.#request)
    else if (action !== 'off') refuse(this.#house, 'binding', key, undefined)
    if (isOver || action === 'reject') {
      this.#custody.giveBack()
      this.#custody.forget()
      this.#state.setId(undefined)
      this.openNew()
      return
    }
    if (id !== ids[0] && this.#debt.hasCookie) this.#debt.send(this.#state.cookieSeconds)
    this.#state.status = 'open'
    if (this.#askedAt !== undefined) {
      this.#house.events.emit('started', { key, mode: this.#state.mode, waitedMs: performance.now() - this.#askedAt })
    }
    if (isReadonly) return
    // The new place is stored with the next commit, so that it is told of once.
    if (action !== 'off') metadata.markChanged()
    // Without a response nothing would carry the new id to the browser.
    if (this.#debt.hasCookie && (this.#isIdOld(record, now) || action === 'rotate')) return this.#rotate()
  }

  #isIdOld({ regeneratedAt, createdAt }: StoredRecord, now: number): boolean {
    return now - (regeneratedAt ?? createdAt) >= this.#house.settings.rotateEveryMs
  }

  #rotate(): void | Promise<void> {
    if (this.#state.mode !== 'merge') return this.#custody.regenerate({ keepToken: true })
    // It keeps nobody out while its handler runs; and of several at once only the first to end has anything to do.
    this.#custody.isRotationDue = ({ record, now }) => {
      const { binding } = this.#house.settings
      const isElsewhere = binding !== undefined && bindingAction(binding, this.#state.lastPlace, this.#state.metadata) === 'rotate'
      return isElsewhere || this.#isIdOld(record, now)
    }
  }

  /** Who comes with an id that was replaced long ago may have stolen it, and may have been robbed of it. */
  async #endFamily(successor: SessionId): Promise<void> {
    const wasThere = await destroyFamily(this.#house, successor)
    if (wasThere) this.#house.events.emit('revoked', { key: undefined, reason: 'reuse', userId: undefined, removed: 1 })
  }

  /** Opens a new session in place of one that could not be had, where the settings say so. */
  #refused(key: StoreKey | undefined, cause: unknown): void {
    this.#state.readonlyWhy = whyInstead(this.#house, key, cause)
    this.#custody.forget()
    this.openNew()
  }
}
