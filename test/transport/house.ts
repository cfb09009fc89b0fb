import { onTestFinished } from 'vitest'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { csrfField } from '../../src/http/csrf-words.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import type { Session } from '../../src/session/session.ts'

/** What a case wants to be different. */
export interface HouseSettings {
  /** A second manager, for `as`. */
  readonly hasStaff?: boolean
  readonly enabled?: boolean
  /** How long a request waits for the lock, in seconds. */
  readonly waitSeconds?: number
}

/** A route that answers a text, and nothing else. */
export interface TextRoute {
  readonly method: 'get' | 'post'
  readonly path: string
  readonly status: 200 | 404 | 503
  readonly answer: (session: Session) => string | Promise<string>
}

/**
 * What an application under test is built from: its managers, the options of its `session()`, and what its routes do and answer. A route only carries that
 * into the shape of its framework.
 */
export class House {
  readonly driver: MemoryDriver = new MemoryDriver({ acknowledged: true })
  readonly sessions: SessionManager
  /** Where it is there, the application mounts a second `session(staff, { as: 'staff' })` behind the first. */
  readonly staff: SessionManager | undefined
  /** For `session()` of `sessions`. */
  readonly options: { readonly enabled: boolean; readonly except: readonly string[] }
  /** How many requests have got into `hold`. */
  held = 0
  /** The server's port, known when it listens. */
  port = 0
  readonly #gates: (() => void)[] = []
  #isFlowing = false

  constructor({ hasStaff = false, enabled = true, waitSeconds = 20 }: HouseSettings = {}) {
    this.sessions = this.#manager(this.driver, 'ml_session', waitSeconds)
    if (hasStaff) this.staff = this.#manager(new MemoryDriver({ acknowledged: true }), 'staff', waitSeconds)
    this.options = { enabled, except: ['/exempt'] }
  }

  /** The routes that every framework can be given in a loop. */
  get texts(): readonly TextRoute[] {
    const count = (session: Session): Promise<string> => this.count(session)
    return [
      { method: 'get', path: '/visit', status: 200, answer: (session) => this.visit(session) },
      { method: 'get', path: '/count', status: 200, answer: count },
      { method: 'get', path: '/peek', status: 200, answer: (session) => this.peek(session) },
      { method: 'get', path: '/home', status: 200, answer: (session) => this.home(session) },
      { method: 'get', path: '/hold', status: 200, answer: (session) => this.hold(session) },
      { method: 'post', path: '/save', status: 200, answer: count },
      { method: 'post', path: '/nested', status: 200, answer: (session) => this.nested(session) },
      { method: 'get', path: '/throw', status: 200, answer: (session) => this.fail(session) },
      { method: 'get', path: '/missing', status: 404, answer: count },
      { method: 'get', path: '/unwell', status: 503, answer: count },
    ]
  }

  /** Reads, lets others run, and writes: without a lock, parallel requests lose updates. */
  async count(session: Session): Promise<string> {
    const before = Number(session.get('count', 0))
    await new Promise((resolve) => setImmediate(resolve))
    session.set('count', before + 1)
    return String(before + 1)
  }

  peek(session: Session): string {
    return String(session.get('count', 0))
  }

  /** The controller of the documentation. */
  visit(session: Session): string {
    const before = session.get('last_visited', 'never')
    const name = session.get('user.profile.name', 'Guest')
    session.set('last_visited', 'now')
    session.flash('status', 'Welcome back!')
    return `${String(name)}, last visited: ${String(before)}`
  }

  form(session: Session): string {
    return `<form method="post">${csrfField(session)}</form>`
  }

  /** The application redirects to `/home` then. */
  async login(session: Session): Promise<void> {
    await session.regenerate({ destroy: true })
    session.setUserId(7)
    session.markAuthenticated()
    session.set('user.profile.name', 'Ada')
    session.flash('status', 'Welcome back!')
  }

  home(session: Session): string {
    return `${session.userId ?? 'nobody'} ${String(session.get('user.profile.name', 'Guest'))}: ${String(session.getFlash('status', 'nothing new'))}`
  }

  /** Sets something, and throws. */
  fail(session: Session): never {
    session.set('count', 1000)
    throw new Error('broken')
  }

  /** Says that the handler runs, and waits until the case lets it go on. */
  async hold(session: Session): Promise<string> {
    session.increment('count')
    await new Promise<void>((resolve) => {
      this.#gates.push(resolve)
      this.held += 1
    })
    return 'held'
  }

  /** Lets those that are held go on. */
  letGo(): void {
    for (const open of this.#gates.splice(0)) open()
  }

  /** The body of a stream: its first part at once, the second when the case lets it flow. It says what became of a late write. */
  async *chunks(session: Session): AsyncGenerator<string, void> {
    yield 'first '
    while (!this.#isFlowing) await new Promise((resolve) => setImmediate(resolve))
    yield lateWrite(session)
  }

  /** A stream that breaks after its first part. */
  async *brokenChunks(): AsyncGenerator<string, void> {
    yield 'first '
    while (!this.#isFlowing) await new Promise((resolve) => setImmediate(resolve))
    throw new Error('the stream broke')
  }

  letFlow(): void {
    this.#isFlowing = true
  }

  /** Starts the session that it is in already. Answers the error's code. */
  async nested(session: Session): Promise<string> {
    try {
      await using again = await this.sessions.start(session.id)
      return `started ${again.name}`
    } catch (error) {
      return String(Reflect.get(Object(error), 'code'))
    }
  }

  /** Asks the own server with the visitor's cookie. Answers its status. */
  async loop(session: Session, cookie: string | undefined): Promise<string> {
    session.increment('count')
    const response = await fetch(`http://127.0.0.1:${this.port}/count`, { headers: { cookie: cookie ?? '' } })
    await response.text()
    return String(response.status)
  }

  both(session: Session, staff: Session): string {
    return `${session.increment('count')} ${staff.increment('count')}`
  }

  /** From now on nothing can be stored. */
  breakStore(): void {
    this.driver.insert = () => Promise.reject(new Error('the store is down'))
  }

  /** From now on no session can be had, until what this answers is called. */
  cutOff(): () => void {
    const { driver } = this
    const acquire = driver.acquire.bind(driver)
    driver.acquire = () => Promise.reject(new Error('the store is down'))
    return () => void (driver.acquire = acquire)
  }

  /** The keys that the store is asked for from now on. */
  noteReads(): readonly string[] {
    const asked: string[] = []
    const { driver } = this
    const [acquire, read] = [driver.acquire.bind(driver), driver.read.bind(driver)]
    driver.acquire = (key, options) => {
      asked.push(key)
      return acquire(key, options)
    }
    driver.read = (key) => {
      asked.push(key)
      return read(key)
    }
    return asked
  }

  #manager(driver: MemoryDriver, name: string, waitSeconds: number): SessionManager {
    const manager = new SessionManager({ driver, name, cookie: { secure: 'auto' }, lock: { waitSeconds } })
    onTestFinished(() => manager.close({ waitSeconds: 0 }))
    return manager
  }
}

function lateWrite(session: Session): string {
  try {
    session.set('count', 1000)
    return 'and a late write was taken'
  } catch {
    return 'and a late write was refused'
  }
}
