import type { ServerResponse } from 'node:http'
import type { Http2ServerResponse } from 'node:http2'
import { cookieWarnings } from '../../http/cookie-warning.ts'
import type { RequestOrigin } from '../../http/cookie-warning.ts'
import type { OpenRequest } from '../../manager/open-session.ts'
import { SessionError } from '../../session/errors.ts'
import { answerError } from './head.ts'
import { isHeld, kHold } from './hold-state.ts'
import type { Door, OpenedSession, Participant } from './hold-state.ts'
import { holdResponse } from './hold.ts'
import { addLocals } from './locals.ts'
import { hostOf, isHttps } from './open-request.ts'
import { asNodeResponse, propertiesOf } from './response.ts'
import type { NodeRequest, NodeResponse } from './response.ts'
import type { SessionSettings } from './session-options.ts'
import { abandon } from './sessions-end.ts'

/**
 * What goes on when the session is open, or could not be opened or stored. One that takes no parameter is never called with an
 * error: it could not tell, and would go on as if there was none. Then a bare 503 or 500 is the answer.
 */
export type Next = (error?: unknown) => unknown

/** What opens sessions: a `SessionManager`. */
export interface SessionOpener {
  readonly name: string
  open(request: OpenRequest): OpenedSession | Promise<OpenedSession>
}

export interface SessionDoor<Request> extends SessionSettings<Request>, Door {
  readonly manager: SessionOpener
  /** What warns of cookies that browsers drop, and the origin that it was asked about last. */
  warned: (RequestOrigin & { readonly warn: (origin: RequestOrigin) => void }) | undefined
}

/** One request on its way through a mounted `session()`. */
export class Passage<Request extends NodeRequest> implements Participant {
  readonly door: SessionDoor<Request>
  readonly request: Request
  readonly socket: NodeRequest['socket']
  readonly response: NodeResponse
  readonly #response: ServerResponse | Http2ServerResponse
  readonly #next: Next
  #open: OpenedSession | undefined
  outer: Participant | undefined

  constructor(door: SessionDoor<Request>, request: Request, response: ServerResponse | Http2ServerResponse, next: Next) {
    this.door = door
    this.request = request
    this.socket = request.socket
    this.response = asNodeResponse(response)
    this.#response = response
    this.#next = next
  }

  get open(): OpenedSession {
    if (this.#open === undefined) throw new TypeError('the session is not open')
    return this.#open
  }

  /** Hands the session to the request, holds the response, and lets the handler run. */
  proceed(opened: OpenedSession): void {
    const { door, request, response } = this
    this.#open = opened
    this.outer = isHeld(response) ? response[kHold].innermost : undefined
    try {
      propertiesOf(request)[door.property] = opened.session
    } catch (cause) {
      void opened.discard(cause)
      this.answer(SessionError.config('session.as', `'${door.property}' of the request takes no value. Give the session another name.`))
      return
    }
    if (this.outer === undefined) addLocals(response, opened.session)
    holdResponse(response, this)
    try {
      const result = opened.run(this.#next)
      // Frameworks answer nothing here; a handler of plain node:http may be asynchronous.
      if (result instanceof Promise) void result.catch((error: unknown) => this.#onThrow(error))
    } catch (error) {
      this.#onThrow(error)
    }
  }

  answer(error: unknown): void {
    const { onError } = this.door
    if (onError !== undefined) onError(error, this.request, this.#response)
    else passError(this.response, this.#next, error)
  }

  givesCookie(): void {
    const { door, request } = this
    const [host, https] = [hostOf(request), isHttps(this)]
    // One look at each origin will do; most applications have one.
    if (door.warned !== undefined && door.warned.host === host && door.warned.isHttps === https) return
    const warn = door.warned?.warn ?? cookieWarnings(this.open.cookie, (line) => console.warn(line))
    door.warned = { warn, host, isHttps: https }
    warn(door.warned)
  }

  // Without `onError` the error takes the way that it takes without a session, but the lock is given back before.
  #onThrow(error: unknown): void {
    const { onError } = this.door
    // A handler that was still writing was told by event why its answer was thrown away. That has been answered.
    if (isHeld(this.response) && this.response[kHold].failure?.error === error) return
    if (onError === undefined) {
      if (isHeld(this.response)) abandon(this.response, error)
      throw error
    }
    onError(error, this.request, this.#response)
  }
}

/** Gives an error to what comes next, or answers where that takes none. */
export function passError(response: NodeResponse, next: Next, error: unknown): void {
  if (next.length > 0) next(error)
  else if (!response.headersSent) answerError(response, error)
}
