import { parseCookie } from 'cookie'
import type { MoveIn, MoveInHouse, OwnWay, Revoked } from '../manager/move-in.ts'
import type { OpenRequest, OpenSession } from '../manager/open-session.ts'
import { SessionError } from '../session/errors.ts'
import { userIdOf } from '../session/request-info.ts'
import { fingerprint } from './fingerprint.ts'
import { KeptAlive } from './kept-alive.ts'
import { MovedSession } from './moved-session.ts'
import { closedNote, noteIn, ownNoteIn } from './note.ts'
import type { Note } from './note.ts'
import { comparedWithOld, endHere } from './old-view.ts'
import type { Brought, View } from './old-view.ts'
import type { OldContents, OldSession, OldSource } from './old-session.ts'
import { ownData } from './contents.ts'
import { settle } from './settling.ts'
import { noteRevocation } from './revocations.ts'
import { keyOfOld } from './ways.ts'
import type { Ground } from './ways.ts'

const NOTHING: Brought = { cookies: {}, olds: [] }

/** Opens sessions for visitors of whom some still bring an old cookie. */
export class Mover implements MoveIn {
  readonly #sources: readonly OldSource[]
  /** Until when there is a way back. Unix milliseconds. */
  readonly #keepOldUntil: number
  readonly #keptAlive = new KeptAlive()

  constructor(sources: readonly OldSource[], keepOldUntil: number) {
    this.#sources = sources
    this.#keepOldUntil = keepOldUntil
  }

  open<Data extends object>(house: MoveInHouse, request: OpenRequest, own: OwnWay<Data>): OpenSession<Data> | Promise<OpenSession<Data>> {
    const header = request.cookieHeader
    const { name } = house.cookie.form(request.isHttps)
    if (this.#isWayBackOpen && this.#sources.some(({ cookieName }) => cookieName === name)) return Promise.reject(sameName(name))
    const mayBring = header !== undefined && this.#sources.some(({ cookieName }) => header.includes(cookieName))
    if (mayBring || (own.ids.length > 0 && this.#isWayBackOpen)) return this.#open(house, request, own, mayBring)
    return own.ids.length === 0 ? own.openNew() : own.open(own.ids)
  }

  async revoke(house: MoveInHouse, whose: Revoked): Promise<void> {
    await house.ready()
    await noteRevocation(this.#ground(house), whose)
  }

  get #isWayBackOpen(): boolean {
    return Date.now() < this.#keepOldUntil
  }

  /** @throws {SessionError} `ERR_SESSION_CONFIG` for a driver without locks. */
  #ground(house: MoveInHouse): Ground {
    const { locking } = house
    // The manager has checked it.
    if (locking === undefined) throw SessionError.config('moveIn', 'needs a driver with locks.')
    const longest = Math.max(...this.#sources.map(({ lifetimeMs }) => lifetimeMs))
    return { house, locking, lastsMs: longest + Math.max(0, this.#keepOldUntil - Date.now()) }
  }

  async #open<Data extends object>(
    house: MoveInHouse,
    request: OpenRequest,
    own: OwnWay<Data>,
    mayBring: boolean,
  ): Promise<OpenSession<Data>> {
    const ground = this.#ground(house)
    await house.ready()
    const brought = mayBring ? await this.#look(request) : NOTHING
    const view = { ground, request, brought, sources: this.#sources, isWayBackOpen: this.#isWayBackOpen, keptAlive: this.#keptAlive }
    const known = own.ids.length === 0 ? undefined : await own.open(own.ids)
    if (known !== undefined && !known.session.isNew) {
      const hasMoved = noteIn(known.session) !== undefined
      if (!hasMoved && brought.olds.length === 0) return known
      const compared = !hasMoved && (await this.#bringsNewer(view, known)) ? await endHere(known) : await comparedWithOld(view, known)
      if (compared !== 'ended') return new MovedSession(known, { ...view, ended: [], isFresh: false, contents: compared })
    }
    const ended: OldSession[] = []
    for (const old of brought.olds) {
      const settled = await settle(ground, old, request, noteOf(old, view.isWayBackOpen))
      if (settled.kind === 'ended') ended.push(old)
      if (settled.kind !== 'moved') continue
      const moved = await own.open([settled.id])
      // A login since then has nothing to do with the old session any more, even if it kept the id.
      if (!moved.session.isNew && ownNoteIn(moved.session)?.key === settled.key) {
        const compared = await comparedWithOld(view, moved)
        if (compared !== 'ended') return new MovedSession(moved, { ...view, ended, isFresh: true, contents: compared })
      } else await moved.session.release()
      // Behind a marker it may live on under an id that the old cookie does not lead to.
      if ((await ground.locking.read(await house.keyOf(settled.id))) === undefined) ended.push(old)
    }
    // Readonly, a session that has ended in the old application is still there: the request gets another.
    const isLeft = known !== undefined && known.session.isNew
    return new MovedSession(isLeft ? known : own.openNew(), { ...view, ended, isFresh: false, contents: undefined })
  }

  /** While there is a way back: whether somebody logged in at the old application since, who may be another than the one who is logged in here. */
  async #bringsNewer<Data extends object>(
    { ground, request, brought, isWayBackOpen }: View,
    { session }: OpenSession<Data>,
  ): Promise<boolean> {
    if (!isWayBackOpen) return false
    try {
      for (const old of brought.olds) {
        if ((await ground.locking.read(await keyOfOld(old))) !== undefined) continue
        // A session of nobody, which the old application gave to a visitor without a login, is no reason to end a login here.
        if (session.userId !== undefined && userIdOf((await old.read())?.userId) === undefined) continue
        if ((await settle(ground, old, request, noteOf(old, true))).kind === 'moved') return true
      }
      return false
    } catch (error) {
      await session.release()
      throw error
    }
  }

  async #look({ cookieHeader = '' }: OpenRequest): Promise<Brought> {
    const cookies = parseCookie(cookieHeader)
    const found = await Promise.all(this.#sources.map(async (source) => source.find(cookies)))
    return { cookies, olds: found.filter((old) => old !== undefined) }
  }
}

/** The old application could not find its own cookie again, and would write over ours. */
function sameName(name: string): SessionError {
  return SessionError.config(
    'name',
    `is '${name}', as that of the old cookie: with moveIn.keepOldUntil both are needed. Choose another one.`,
  )
}

function noteOf({ source, identity }: OldSession, isWayBackOpen: boolean): (contents: OldContents, key: Note['key']) => Note {
  return ({ raw, userId }, key) => {
    const closed = closedNote({ from: source.cookieName, key, owner: userIdOf(userId) })
    if (!isWayBackOpen) return closed
    return source.shelf === undefined
      ? { ...closed, wayBack: 'open' }
      : { ...closed, wayBack: 'open', identity, seen: fingerprint(ownData(raw)) }
  }
}
