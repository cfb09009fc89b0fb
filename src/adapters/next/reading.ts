import type { SessionManager } from '../../manager/session-manager.ts'
import { SessionError } from '../../session/errors.ts'
import { sameValue } from '../../session/same-value.ts'
import type { Session } from '../../session/session.ts'

/** What changes a session, or ends it. */
const WRITES = [
  'set',
  'forget',
  'pull',
  'increment',
  'clear',
  'flash',
  'reflash',
  'keep',
  'now',
  'regenerateToken',
  'setUserId',
  'setIpAddress',
  'setUserAgent',
  'setRequestInfo',
  'setLifetime',
  'markAuthenticated',
  'start',
  'save',
  'release',
  'regenerate',
  'invalidate',
  'destroy',
  'reload',
] as const
const WRITE_NAMES: ReadonlySet<unknown> = new Set(WRITES)

/** A session that is only read. */
export type ReadonlySession<Data extends object> = Omit<Session<Data>, (typeof WRITES)[number] | typeof Symbol.asyncDispose>

/** A session that was opened to be read, and what is to be done about it when the page has gone out. */
export class Reading<Data extends object> {
  readonly view: ReadonlySession<Data>
  readonly #manager: SessionManager<Data>
  readonly #session: Session<Data>
  readonly #shown = new Set<string>()

  constructor(manager: SessionManager<Data>, session: Session<Data>) {
    this.#manager = manager
    this.#session = session
    this.view = new Proxy(session, { get: (_, name) => this.#member(name) })
  }

  /**
   * Takes the flash messages that were shown out of the session. It waits for no lock, and needs no new cookie. That the session was used it does not record:
   * the cookie would end at its time all the same, and what writes next must still find that both are due. What fails, the manager's events tell.
   */
  async finish(): Promise<void> {
    if (this.#shown.size === 0) return
    const session = this.#session
    try {
      await using again = await this.#manager.start(session.id, { concurrency: 'merge' })
      if (again.isNew) return
      const [seen, there] = [session.flashes.visible(), again.flashes.visible()]
      const isNews = (key: string): boolean => !this.#shown.has(key) || !sameValue(seen[key], there[key])
      again.keep(...Object.keys(there).filter(isNews))
      await again.save()
    } catch {
      // The page has gone out, and what it says is true.
    }
  }

  #member(name: string | symbol): unknown {
    if (WRITE_NAMES.has(name)) return refuse
    const session = this.#session
    if (name === 'token' && session.currentToken === undefined) return refuseToken
    if (name === 'getFlash') return (key: string, fallback?: unknown) => this.#getFlash(key, fallback)
    if (name === 'flashes') this.#showAll()
    const member: unknown = Reflect.get(session, name, session)
    return typeof member === 'function' ? (...given: unknown[]): unknown => Reflect.apply(member, session, given) : member
  }

  #getFlash(key: string, fallback: unknown): unknown {
    const value = this.#session.getFlash(key, fallback)
    if (this.#session.flashes.has(key)) this.#shown.add(key)
    return value
  }

  #showAll(): void {
    for (const key of Object.keys(this.#session.flashes.visible())) this.#shown.add(key)
  }
}

function refuse(): never {
  throw SessionError.readonly('a server component cannot send its cookie. Change it in a server action, in a route handler or in the proxy')
}

function refuseToken(): never {
  throw SessionError.readonly(
    'it has no CSRF token yet, and a server component cannot store one. Open the session in the proxy, by session(), where such a page is asked for',
  )
}
