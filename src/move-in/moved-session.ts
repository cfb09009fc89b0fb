import type { RefusalReason } from '../contracts/events.ts'
import type { CookiePolicy } from '../http/cookie.ts'
import type { Committed, OpenSession } from '../manager/open-session.ts'
import { TOKEN_KEY } from '../session/csrf-token.ts'
import { asSessionId, newSessionId } from '../session/id.ts'
import type { Session } from '../session/session.ts'
import { isOurs } from './clearing.ts'
import { copyWithout, ownData } from './contents.ts'
import { fingerprint } from './fingerprint.ts'
import { closedNote, leaveNote, noteIn, ownNoteIn, putNote, writingNote } from './note.ts'
import type { Note } from './note.ts'
import type { OldContents, OldSession, OldShelf } from './old-session.ts'
import type { View } from './old-view.ts'
import { closeWay, keyOfOld } from './ways.ts'

/** How a session was opened. */
export interface Opening extends View {
  /** Old sessions that have ended here, whose cookies the browser still brings. */
  readonly ended: readonly OldSession[]
  /** The browser does not know its id yet. */
  readonly isFresh: boolean
  /** What the old store holds, where that was asked for. */
  readonly contents: OldContents | undefined
}

/** What is to be written to the old store. */
interface Change {
  readonly data: Readonly<Record<string, unknown>>
  readonly stamp: string | undefined
}

const WITHOUT_TOKEN: ReadonlySet<string> = new Set([TOKEN_KEY])

/** A session of a request that brings an old cookie, or that has moved in: at its end the old one is kept up, or ended. */
export class MovedSession<Data extends object> implements OpenSession<Data> {
  readonly session: Session<Data>
  readonly manager: object
  readonly cookie: CookiePolicy
  readonly #open: OpenSession<Data>
  readonly #opening: Opening
  readonly #id: string
  readonly #userId: string | undefined
  readonly #note: Note | undefined
  /** It has nothing to do with the old session any more. */
  #hasLeft: boolean
  /** The request has asked for a new id, as a login does. */
  #hasRegenerated = false
  #answer: Promise<Committed> | undefined

  constructor(open: OpenSession<Data>, opening: Opening) {
    this.session = open.session
    this.manager = open.manager
    this.cookie = open.cookie
    this.#open = open
    this.#opening = opening
    this.#id = open.session.id
    this.#userId = open.session.userId
    this.#note = noteIn(open.session)
    this.#hasLeft = this.#note !== undefined && ownNoteIn(open.session) === undefined
    if (opening.isFresh && this.#note !== undefined) opening.keptAlive.begin(this.#note.key)
    const regenerate = open.session.regenerate.bind(open.session)
    Object.assign(open.session, {
      regenerate: (options: Parameters<typeof regenerate>[0]) => {
        this.#hasRegenerated = true
        return regenerate(options)
      },
    })
  }

  refused(reason: RefusalReason, cause: unknown): void {
    this.#open.refused(reason, cause)
  }

  run<Result>(handler: () => Result): Result {
    return this.#open.run(handler)
  }

  commit(): Promise<Committed> {
    // In this call: from its end on the session takes no writes.
    return (this.#answer ??= this.#commit(this.#prepared()))
  }

  discard(cause: unknown): Promise<Committed> {
    // After a commit that failed it tells the cookie of what was stored before, as the session's own does.
    return this.#answer === undefined ? (this.#answer = this.#discard(cause)) : this.#answer.catch(() => this.#discard(cause))
  }

  /** Says in the session what is about to be written to the old store, and gives it. */
  #prepared(): Change | undefined {
    const { session } = this
    const { contents, isWayBackOpen } = this.#opening
    if (!session.isStarted || session.mode === 'readonly') return undefined
    // Who got a new id has logged in, as a rule, and must not be found by an id from before the login; who is somebody else now even less.
    this.#hasLeft ||= this.#isOther
    const note = noteIn(session)
    if (note === undefined) return undefined
    if (this.#hasLeft) leaveNote(session, note)
    else if (!isWayBackOpen && note.wayBack === 'open') putNote(session, closedNote(note))
    else if (isWayBackOpen && contents !== undefined) return this.#changed(note, contents)
    return undefined
  }

  #changed(note: Note, { raw }: OldContents): Change | undefined {
    const toOld = this.#shelfOf(note)?.toOld
    if (toOld === undefined) return undefined
    try {
      const old = toOld(copyWithout(this.session.all(), WITHOUT_TOKEN))
      const [now, found] = [fingerprint(old), fingerprint(ownData(raw))]
      // What could not be written the last time is written now.
      if (now === note.seen) return found === now ? undefined : { data: old, stamp: note.stamp }
      const writing = writingNote(note, found, now)
      putNote(this.session, writing)
      return { data: old, stamp: writing.stamp }
    } catch (cause) {
      this.#trouble('set', cause)
      return undefined
    }
  }

  async #commit(change: Change | undefined): Promise<Committed> {
    const leaving = this.#leaving()
    const committed = await this.#open.commit()
    const { brought, ended, isWayBackOpen } = this.#opening
    const isOver = this.#hasEnded || this.#hasLeft || (await leaving())
    if (isOver) await this.#endOld()
    const left = isOver ? brought.olds : await this.#leaveOld(isWayBackOpen ? ended : brought.olds)
    if (!isOver && isWayBackOpen) await this.#keepUp(change)
    const setCookie = committed.setCookie ?? this.#cookieLine()
    const clearing = left.flatMap(({ source }) => source.clearing(brought.cookies))
    // Ours may have taken over the name of the old one: what forgets that would forget ours.
    const { name } = this.cookie.form(this.#opening.request.isHttps)
    const otherCookies = setCookie === undefined ? clearing : clearing.filter((line) => !isOurs(line, name, this.cookie.settings))
    return { setCookie, ...(otherCookies.length > 0 && { otherCookies }) }
  }

  // What was ended stays ended although the request failed.
  async #discard(cause: unknown): Promise<Committed> {
    const leaving = this.#leaving()
    const committed = await this.#open.discard(cause)
    try {
      if (this.#hasEnded || (await leaving())) await this.#endOld()
    } catch (failure) {
      this.#trouble('destroy', failure)
    }
    return committed
  }

  /** Says, when the request has ended, whether a login was stored in its midst, as Passport does it: then it counts although the rest does not. */
  #leaving(): () => Promise<boolean> {
    const { id } = this.session
    const known = asSessionId(id)
    const isOther = this.#isOther
    return async () => {
      if (known === undefined || !isOther || this.#hasLeft) return false
      const { house, locking } = this.#opening.ground
      const found = await locking.read(await house.keyOf(known))
      return found?.kind === 'record' && (id !== this.#id || found.record.userId !== this.#userId)
    }
  }

  /** Whether it has another id than it had, or another user. A merging request also comes to an id that was renewed for its age, which changes nobody. */
  get #isOther(): boolean {
    const { id, mode, userId } = this.session
    return userId !== this.#userId || (id !== this.#id && (mode !== 'merge' || this.#hasRegenerated))
  }

  /** Whether the session that moved in, or the one that the request had, was ended in this request. */
  get #hasEnded(): boolean {
    return this.session.id === '' || (this.#note !== undefined && noteIn(this.session)?.key !== this.#note.key)
  }

  #cookieLine(): string | undefined {
    const { id } = this.session
    const { isFresh, request } = this.#opening
    return isFresh && id !== '' ? this.cookie.write(asSessionId(id) ?? newSessionId(), request.isHttps) : undefined
  }

  /** A logout or a login ends whatever the browser could still come back with. */
  async #endOld(): Promise<void> {
    const { brought, ground } = this.#opening
    const note = this.#note
    const shelf = note && this.#shelfOf(note)
    if (note?.identity !== undefined) await shelf?.end(note.identity)
    for (const old of brought.olds) {
      if (old.identity !== note?.identity || old.source.shelf !== shelf) await old.source.shelf?.end(old.identity)
      // What only lives in a cookie can be made up: each would be remembered, for as long as a true one.
      const isTrue = old.source.shelf !== undefined || (await isReadable(old))
      if (isTrue) await closeWay(ground, await keyOfOld(old))
    }
  }

  /** Without a way back the old sessions go, once it is known that they have moved; with one, those that have ended here. Gives which have gone. */
  async #leaveOld(olds: readonly OldSession[]): Promise<OldSession[]> {
    const { ground } = this.#opening
    const left: OldSession[] = []
    for (const old of olds) {
      const key = await keyOfOld(old)
      try {
        const hasMoved = key === this.#note?.key || (await ground.locking.read(key))?.kind === 'marker'
        if (!hasMoved) continue
        await old.source.shelf?.end(old.identity)
        left.push(old)
      } catch (cause) {
        // It opens nothing any more, and the next request tries again.
        this.#trouble('destroy', cause)
      }
    }
    return left
  }

  /** Writes to the old store what has changed here, or at least that the session is used. */
  async #keepUp(change: Change | undefined): Promise<void> {
    const { contents, ground, keptAlive } = this.#opening
    const note = noteIn(this.session)
    const shelf = note && this.#shelfOf(note)
    if (contents === undefined || shelf === undefined || note?.identity === undefined) return
    try {
      if (change !== undefined) await shelf.write(note.identity, change.data, contents, change.stamp)
      else if (keptAlive.isDue(note.key)) await shelf.touch(note.identity, contents)
      else return
      keptAlive.note(note.key)
      // A logout that came between has ended both: what was written just now must not bring the old one back.
      const id = asSessionId(this.session.id)
      const found = id && (await ground.locking.read(await ground.house.keyOf(id)))
      const isThere = found?.kind === 'record' || (found?.kind === 'marker' && found.marker.reason === 'rotation')
      if (!isThere) await shelf.end(note.identity)
    } catch (cause) {
      // It is stored here, which is what counts. The next request tries again.
      this.#trouble('set', cause)
    }
  }

  #shelfOf({ from }: Note): OldShelf | undefined {
    return this.#opening.sources.find(({ cookieName }) => cookieName === from)?.shelf
  }

  #trouble(operation: string, cause: unknown): void {
    this.#opening.ground.house.events.emit('trouble', { operation: `move-in ${operation}`, key: this.#note?.key, cause })
  }
}

/** One whose contents the options cannot make use of is there all the same. */
function isReadable(old: OldSession): Promise<boolean> {
  return old.read().then(
    (contents) => contents !== undefined,
    () => true,
  )
}
