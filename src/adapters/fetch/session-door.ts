import { cookieWarnings } from '../../http/cookie-warning.ts'
import { exceptMatcher } from '../../http/except.ts'
import type { TrustProxy } from '../../http/trust-proxy.ts'
import type { Committed, OpenSession } from '../../manager/open-session.ts'
import type { SessionManager } from '../../manager/session-manager.ts'
import { SessionError } from '../../session/errors.ts'
import { assertCalled, booleanOption, choiceOption, knownFields, shown } from '../../session/option-check.ts'
import type { Concurrency } from '../../session/session-state.ts'
import { FetchOpenRequest, requestAddressFinder } from './open-request.ts'
import type { RequestAddress, RequestUrl } from './open-request.ts'
import { cookieLines } from './response.ts'
import type { CookieLines } from './response.ts'

/** How requests get their sessions. `Given` is what the framework hands its handlers: the request, or a context. */
export interface RequestSessionOptions<Given, As extends string = 'session'> {
  /** False lets every request pass without a session. Default: true. */
  readonly enabled?: boolean | undefined
  /** Paths without a session: see `exceptMatcher`. Default: none. */
  readonly except?: readonly (string | RegExp)[] | undefined
  /** How requests of one session meet; a function decides by the request. Default: the manager's. */
  readonly concurrency?: Concurrency | ((given: Given) => Concurrency) | undefined
  /** Whether a failed request, one that threw or has a status of 500 or more, stores what it set. Default: false. */
  readonly saveOnError?: boolean | undefined
  /** Under which name the context gets the session: for a second manager beside the first. Default: `session`. */
  readonly as?: As | undefined
  /** The client's address, where the platform tells it beside the request. Default: not known. */
  readonly clientAddress?: ((given: Given) => string | undefined) | undefined
  /** Which proxies are believed when they say where a request came from: see `TrustProxy`. It needs `clientAddress`. Default: `false`, none. */
  readonly trustProxy?: TrustProxy | undefined
}

const FIELDS = ['enabled', 'except', 'concurrency', 'saveOnError', 'as', 'clientAddress', 'trustProxy']

/** How the request went: the status of its answer, and what is told of it if it failed. */
export interface Outcome {
  readonly status: number
  readonly cause: unknown
}

/** A mounted `session()`: what all that speak fetch have in common. */
export class SessionDoor<Data extends object, Given> {
  readonly manager: SessionManager<Data>
  readonly as: string
  readonly options: object
  readonly #isEnabled: boolean
  readonly #savesOnError: boolean
  readonly #isExcepted: ((path: string) => boolean) | undefined
  readonly #concurrency: RequestSessionOptions<Given>['concurrency']
  readonly #addressOf: RequestAddress<Given>
  #warn: ReturnType<typeof cookieWarnings> | undefined

  /** @throws {SessionError} `ERR_SESSION_CONFIG`, naming the option. */
  constructor(manager: SessionManager<Data>, options: RequestSessionOptions<Given, string>, ...moreFields: readonly string[]) {
    assertCalled('session', manager, 'sessions')
    knownFields('session', options, [...FIELDS, ...moreFields])
    if (manager?.openNew === undefined) throw SessionError.config('session.manager', 'must be a SessionManager: await what makes it.')
    const { as = 'session', concurrency } = options
    if (typeof as !== 'string' || as === '') throw SessionError.config('session.as', `must be a name, not ${shown(as)}.`)
    this.manager = manager
    this.as = as
    this.options = options
    this.#isEnabled = booleanOption('session.enabled', options.enabled, true)
    this.#savesOnError = booleanOption('session.saveOnError', options.saveOnError, false)
    const { except = [] } = options
    const isExcepted = exceptMatcher(except, 'session.except')
    this.#isExcepted = except.length === 0 ? undefined : isExcepted
    if (typeof concurrency !== 'function') {
      choiceOption('session.concurrency', concurrency, 'exclusive', ['exclusive', 'merge', 'readonly'])
    }
    this.#concurrency = concurrency
    this.#addressOf = requestAddressFinder('session', options)
  }

  /** Whether requests for this path have a session. */
  serves(url: RequestUrl): boolean {
    return this.#isEnabled && (this.#isExcepted === undefined || !this.#isExcepted(url.pathname))
  }

  /** Opens the session of a request. It throws what `SessionManager.open` does, and like it gives no promise when there is nothing to wait for. */
  open(request: Request, url: RequestUrl, given: Given): OpenSession<Data> | Promise<OpenSession<Data>> {
    const concurrency = typeof this.#concurrency === 'function' ? this.#concurrency(given) : this.#concurrency
    return this.manager.open(new FetchOpenRequest(request, url, concurrency, this.#addressOf(request, given)))
  }

  /**
   * Ends the session as the request went, and gives the cookies that the response must carry: without a promise when there is nothing to wait for. It throws what
   * could not be stored.
   */
  end(open: OpenSession<Data>, { status, cause }: Outcome, url: RequestUrl): CookieLines | Promise<CookieLines> {
    const committed = status >= 500 && !this.#savesOnError ? open.discard(cause) : open.commit()
    return committed instanceof Promise ? committed.then((answer) => this.#lines(open, answer, url)) : this.#lines(open, committed, url)
  }

  /** Ends the session of a request that has thrown what is no answer. If that fails too, the manager's listeners are told, and the error stays the first. */
  async fail(open: OpenSession<Data>, cause: unknown, url: RequestUrl): Promise<CookieLines> {
    try {
      return await this.end(open, { status: 500, cause }, url)
    } catch {
      // What a save in the midst of the request has stored is told all the same.
      return this.#lines(open, await open.discard(cause), url)
    }
  }

  #lines(open: OpenSession<Data>, committed: Committed, url: RequestUrl): CookieLines {
    if (committed.setCookie !== undefined) {
      this.#warn ??= cookieWarnings(open.cookie, (line) => console.warn(line))
      this.#warn({ isHttps: url.protocol === 'https:', host: url.host })
    }
    return cookieLines(committed)
  }
}
