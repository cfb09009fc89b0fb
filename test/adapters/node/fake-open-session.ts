import type { Committed, OpenRequest } from '../../../src/manager/open-session.ts'
import { SessionError } from '../../../src/session/errors.ts'
import type { OpenedSession } from '../../../src/adapters/node/hold-state.ts'
import type { SessionOpener } from '../../../src/adapters/node/passage.ts'
import { cookiePolicy } from '../../../src/http/cookie.ts'

export const COOKIE = 'sid=stored; Path=/'
export const STORED: Committed = { setCookie: COOKIE }
export const STORE_DOWN: SessionError = SessionError.driverFailed('commit', 'The store is down.')

type Answer = Committed | Promise<Committed>

/** A session whose end is scripted: it counts what the adapter does with it. */
export class FakeOpenSession implements OpenedSession {
  readonly #onCommit: () => Answer
  readonly #onDiscard: () => Answer
  readonly #abort = new AbortController()
  readonly cookie = cookiePolicy('sid', { secure: false, prefix: 'none' })
  readonly id = 'stored'
  readonly refusals: unknown[] = []
  readonly flashes: Record<string, unknown> = {}
  commits = 0
  discards: unknown[] = []
  tokensMade = 0
  isClosed = false
  /** Resolves when the adapter has ended the session. */
  readonly ended: Promise<void>
  #tellEnded: () => void = () => undefined

  constructor(onCommit: () => Answer, onDiscard: () => Answer) {
    this.#onCommit = onCommit
    this.#onDiscard = onDiscard
    this.ended = new Promise((resolve) => {
      this.#tellEnded = resolve
    })
  }

  refused(_reason: string, cause: unknown): void {
    this.refusals.push(cause)
  }

  get session(): this {
    return this
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  get currentToken(): string | undefined {
    return this.tokensMade > 0 ? 'ab'.repeat(40) : undefined
  }

  token(): string {
    this.tokensMade += 1
    return 'ab'.repeat(40)
  }

  getFlash(key: string, fallback?: unknown): unknown {
    return this.flashes[key] ?? fallback
  }

  isFresh(): boolean {
    return false
  }

  async destroy(): Promise<void> {}

  set(): void {
    if (this.isClosed) throw SessionError.closed()
  }

  run<Result>(handler: () => Result): Result {
    return handler()
  }

  commit(): Answer {
    this.commits += 1
    this.isClosed = true
    this.#tellEnded()
    return this.#onCommit()
  }

  discard(cause: unknown): Answer {
    this.discards.push(cause)
    this.isClosed = true
    this.#abort.abort(cause)
    this.#tellEnded()
    return this.#onDiscard()
  }
}

/** A manager that opens scripted sessions, one a request, and keeps them for the test. */
export class FakeManager implements SessionOpener {
  readonly name = 'sid'
  readonly secureCookie = cookiePolicy('sid')
  readonly opened: FakeOpenSession[] = []
  readonly requests: OpenRequest[] = []
  onCommit: () => Answer = () => ({ setCookie: undefined })
  onDiscard: () => Answer = () => ({ setCookie: undefined })
  onOpen: (session: FakeOpenSession, request: OpenRequest) => OpenedSession | Promise<OpenedSession> = (session) => session

  open(request: OpenRequest): OpenedSession | Promise<OpenedSession> {
    const session = new FakeOpenSession(
      () => this.onCommit(),
      () => this.onDiscard(),
    )
    this.opened.push(session)
    this.requests.push(request)
    return this.onOpen(session, request)
  }

  get only(): FakeOpenSession {
    const [session] = this.opened
    if (session === undefined || this.opened.length > 1) throw new Error(`${this.opened.length} sessions were opened`)
    return session
  }
}

/** A commit that the store answers in a later turn. */
export function storesLater(): FakeManager {
  const manager = new FakeManager()
  manager.onCommit = async () => {
    await turns()
    return STORED
  }
  return manager
}

/** A commit that the store refuses in a later turn. */
export function failsLater(error: unknown = STORE_DOWN): FakeManager {
  const manager = new FakeManager()
  manager.onCommit = async () => {
    await turns()
    throw error
  }
  return manager
}

/** A commit that is answered when the test says so. */
export function storesWhenTold(): FakeManager & { readonly store: () => void; readonly fail: (error?: unknown) => void } {
  const { promise, resolve, reject } = Promise.withResolvers<Committed>()
  // A test that never commits must not end in an unhandled rejection.
  promise.catch(() => undefined)
  return Object.assign(new FakeManager(), {
    onCommit: () => promise,
    store: () => resolve(STORED),
    fail: (error: unknown = STORE_DOWN) => reject(error),
  })
}

/** Lets all that is ready run: timers, I/O, promises. */
export async function turns(count = 5): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}
