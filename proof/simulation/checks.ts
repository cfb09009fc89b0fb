import type { Session } from '../../src/session/session.ts'
import type { ModelStore } from './store.ts'

/** What a request knows of the session it got. */
export interface Seen {
  /** The session's public name, which stays the same when its id changes. */
  readonly handle: string | undefined
  readonly count: number
  readonly marks: ReadonlySet<string>
}

/** Data of every session here: how many increments there were, and a mark for each, set in the same write. */
export interface Data {
  count: number
  marks: Record<string, true>
}

export function seenIn(session: Session<Data>): Seen {
  return { handle: session.handle, count: session.get('count', 0), marks: new Set(Object.keys(session.get('marks', {}))) }
}

interface Acknowledged {
  readonly mark: string
  readonly handle: string
  readonly at: number
}

/**
 * What was promised to visitors, and whether it was kept. Instants are numbers of steps: what was acknowledged before a request began must be there in it.
 */
export class Promises {
  readonly violations: string[] = []
  readonly #acknowledged: Acknowledged[] = []
  readonly #begun = new Set<string>()
  /** When a session was ended, by its handle. */
  readonly #ended = new Map<string, number>()
  readonly #logins: Span[] = []
  readonly #revocations: Span[] = []
  /** Sessions that somebody has begun to end: nobody can say whether they did. */
  readonly #mayBeEnded = new Set<string>()
  /** Ids that open nothing any more, and since when. */
  readonly #dead = new Map<string, { readonly handle: string; readonly at: number }>()

  /** A request is going to write this mark. */
  begins(mark: string): void {
    this.#begun.add(mark)
  }

  /** The response that says it was written went out. */
  acknowledged(mark: string, handle: string, at: number): void {
    this.#acknowledged.push({ mark, handle, at })
  }

  /** A login begins, with this session; what is answered is told when it was acknowledged. */
  login(handle: string, userId: string, from: number): (at: number) => void {
    return begin(this.#logins, { handle, userId, from, to: Infinity })
  }

  /** A revocation begins. What is answered tells which sessions it must have ended when it is acknowledged. */
  revocation(userId: string, from: number): (at: number) => void {
    const sessions = this.#logins.filter((login) => login.userId === userId && login.to < from).map(({ handle }) => handle)
    const end = begin(this.#revocations, { handle: '', userId, from, to: Infinity })
    return (at) => {
      end(at)
      for (const handle of sessions) this.ended(handle, at)
    }
  }

  mayEnd(handle: string): void {
    this.#mayBeEnded.add(handle)
  }

  /** A logout that began at `since` was acknowledged. One that met a login has ended what was there before it, and not what the login made of it. */
  loggedOut(handle: string, since: number, at: number): void {
    if (!this.#logins.some((login) => login.handle === handle && login.to > since)) this.ended(handle, at)
  }

  ended(handle: string, at: number): void {
    if (!this.#ended.has(handle)) this.#ended.set(handle, at)
  }

  /** A login was acknowledged: the id of before must not lead to this session. */
  replaced(id: string, handle: string, at: number): void {
    this.#dead.set(id, { handle, at })
  }

  /** A request that began at `since`, with this id, was given this session. */
  opened(seen: Seen, since: number, idBrought: string, invented: boolean, session: { readonly id: string }): void {
    const { handle, count, marks } = seen
    if (invented && session.id === idBrought) this.#violated(`an invented id was adopted`)
    if (handle === undefined) return
    if (count !== marks.size) this.#violated(`${count} increments left ${marks.size} marks in ${handle}`)
    for (const mark of marks) if (!this.#begun.has(mark)) this.#violated(`a mark that nobody wrote: ${mark}`)
    const endedAt = this.#ended.get(handle)
    if (endedAt !== undefined && endedAt < since) this.#violated(`${handle} was served after its end was acknowledged`)
    const dead = this.#dead.get(idBrought)
    if (dead !== undefined && dead.at < since && dead.handle === handle) this.#violated(`an id of before a login opened ${handle}`)
    for (const { mark, handle: of, at } of this.#acknowledged) {
      if (of === handle && at < since && !marks.has(mark)) this.#violated(`${mark} was acknowledged, and is not in ${handle}`)
    }
  }

  /** When all is over: what the store has is what was promised. */
  atEnd(store: ModelStore, dataOf: (payload: string) => Partial<Data>, isHealthy: boolean): void {
    const records = new Map<string, Partial<Data>[]>()
    for (const { handle, payload } of store.records()) records.set(handle, [...(records.get(handle) ?? []), dataOf(payload)])
    for (const [handle, sessions] of records) {
      for (const { count = 0, marks = {} } of sessions) {
        const { length } = Object.keys(marks)
        if (count !== length) this.#violated(`${count} increments left ${length} marks in ${handle}, in the end`)
      }
      // A process that died while it changed an id leaves a copy that nobody has the id of.
      if (isHealthy && this.#ended.has(handle)) this.#violated(`${handle} is in the store after its end was acknowledged`)
    }
    for (const { mark, handle } of this.#acknowledged) {
      if (this.#couldHaveEnded(handle)) continue
      const sessions = records.get(handle) ?? []
      if (!sessions.some(({ marks = {} }) => mark in marks)) this.#violated(`${mark} was acknowledged, and is lost with ${handle}`)
    }
    this.violations.push(...store.violations)
  }

  #couldHaveEnded(handle: string): boolean {
    if (this.#ended.has(handle) || this.#mayBeEnded.has(handle)) return true
    const logins = this.#logins.filter((login) => login.handle === handle)
    return this.#revocations.some(({ userId, to }) => logins.some((login) => login.userId === userId && login.from < to))
  }

  #violated(what: string): void {
    if (!this.violations.includes(what)) this.violations.push(what)
  }
}

/** What was done to a session of a user, from one step to another. */
interface Span {
  readonly handle: string
  readonly userId: string
  readonly from: number
  to: number
}

function begin(spans: Span[], span: Span): (at: number) => void {
  spans.push(span)
  return (at) => void (span.to = at)
}
