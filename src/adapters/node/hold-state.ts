import type { Committed, OpenSession } from '../../manager/open-session.ts'
import { saveHeaders } from './head.ts'
import type { SavedHeaders } from './head.ts'
import type { End, FlushHeaders, Listener, NodeRequest, NodeResponse, Source, UseListener, Write, WriteHead } from './response.ts'

/** An open session as a manager gives it: `OpenSession`, of whatever data. */
export interface OpenedSession extends Omit<OpenSession, 'session' | 'manager'> {
  readonly session: HelpfulSession
}

/** What the adapter itself uses of a session. */
export interface HelpfulSession {
  readonly id: string
  readonly currentToken: string | undefined
  token(): string
  getFlash(key: string, fallback?: unknown): unknown
  destroy(): Promise<void>
  isFresh(wanted: { readonly withinSeconds: number; readonly level: number }): boolean
}

/** What a mounted `session()` is: the same for all its requests. */
export interface Door {
  readonly manager: object
  /** The property of the request that has the session. */
  readonly property: string
  readonly saveOnError: boolean
  /** What it was told. */
  readonly options: object
  /** How long a handler has to answer a client that is gone, before its session is dropped. */
  readonly goneMs: number
}

/** One session of a response; `as` puts several on one. */
export interface Participant {
  readonly door: Door
  readonly open: OpenedSession
  readonly request: NodeRequest
  /** The connection, as it was when the session was opened: undici takes it from a request whose body it could not send on. */
  readonly socket: NodeRequest['socket']
  /** The one that was opened before it on the same response. */
  readonly outer: Participant | undefined
  /** Hands an error to the application, which answers on the response as it was when the session was opened. */
  answer(error: unknown): void
  /** A session cookie goes out. */
  givesCookie(): void
}

/** A call that is held back until the sessions are stored. */
export type HeldCall =
  | { readonly method: 'write'; readonly chunk: unknown; readonly encoding: unknown; readonly callback: unknown }
  | { readonly method: 'end'; readonly chunk: unknown; readonly encoding: unknown; readonly callback: unknown }
  | { readonly method: 'flushHeaders' | 'flush' }

/**
 * - `open`: nothing of the response was begun.
 * - `frozen`: `writeHead` was called; nothing is stored yet.
 * - `waiting`: the first byte was asked for, the sessions are being stored, calls are held back.
 * - `done`: calls pass.
 * - `failed`: the sessions were not stored. Another answer went out, and what the handler still says is swallowed.
 */
export type HoldStatus = 'open' | 'frozen' | 'waiting' | 'done' | 'failed'

/** Why the response cannot go out, and whose application answers. */
export interface HoldFailure {
  readonly error: unknown
  readonly by: Participant
}

/** What is known of one response whose head and body wait for the commit. */
export class Hold {
  status: HoldStatus = 'open'
  innermost: Participant
  // The methods and the head as they were when the session was opened: after a failure the response has them again.
  readonly writeHead: WriteHead
  readonly write: Write
  readonly end: End
  readonly flushHeaders: FlushHeaders
  readonly flush: NodeResponse['flush']
  readonly on: UseListener
  readonly removeListener: UseListener
  readonly off: UseListener
  readonly headers: SavedHeaders
  readonly sendDate: boolean
  /** `writeHead` was called. */
  hasHead = false
  // Of the status line, which is settled with the head: what is set later changes nothing that goes out.
  statusCode = 200
  statusMessage: string | undefined
  /** `end` was called. */
  hasEnded = false
  calls: HeldCall[] | undefined
  /** Of the body, held back or, after a failure, swallowed. */
  bytes = 0
  /** A held `write` answered `false`. */
  isFull = false
  /** Sessions that are being stored. */
  pending = 0
  cookies: string[] | undefined
  /** Gives one more cookie when the sessions are stored. */
  lastCookie: (() => string | undefined) | undefined
  failure: HoldFailure | undefined
  /** Waits for the answer to a client that is gone. It would keep the response, and the session, behind their end. */
  goneTimer: ReturnType<typeof setTimeout> | undefined
  sources: Source[] | undefined
  /** Listeners for `drain` that may have been moved elsewhere by a layer around this one. */
  drainListeners: Listener[] | undefined
  /** HTTP/2 only: the names of trailers, and how they are set. */
  trailers: Set<string> | undefined
  readonly setTrailer: NodeResponse['setTrailer']

  constructor(response: NodeResponse, participant: Participant) {
    this.innermost = participant
    this.writeHead = response.writeHead
    this.write = response.write
    this.end = response.end
    this.flushHeaders = response.flushHeaders
    this.flush = response.flush
    this.on = response.on
    this.removeListener = response.removeListener
    this.off = response.off
    this.headers = saveHeaders(response)
    this.sendDate = response.sendDate
    this.setTrailer = response.setTrailer
  }

  keepStatus(response: NodeResponse): void {
    this.statusCode = response.statusCode
    if (response.stream === undefined) this.statusMessage = response.statusMessage
  }

  restoreStatus(response: NodeResponse): void {
    response.statusCode = this.statusCode
    if (response.stream === undefined) response.statusMessage = this.statusMessage
  }

  keepCookie({ setCookie, otherCookies }: Committed, from: Participant): void {
    if (otherCookies !== undefined) for (const cookie of otherCookies) this.addCookie(cookie)
    if (setCookie === undefined) return
    from.givesCookie()
    this.addCookie(setCookie)
  }

  addCookie(cookie: string): void {
    if (this.cookies === undefined) this.cookies = [cookie]
    else this.cookies.push(cookie)
  }
}

export const kHold: unique symbol = Symbol('holdfast.hold')

/** A response with a hold. */
export interface HeldResponse extends NodeResponse {
  [kHold]: Hold
}

export function isHeld(response: NodeResponse): response is HeldResponse {
  return kHold in response
}

export function giveHold(response: NodeResponse, hold: Hold): HeldResponse
export function giveHold(response: NodeResponse & Partial<HeldResponse>, hold: Hold): object {
  response[kHold] = hold
  return response
}

const kSkipped: unique symbol = Symbol('holdfast.skipped')

/** Notes that `session()` let the request pass without a session, as it was told to. */
export function markSkipped(response: object & { [kSkipped]?: true }): void {
  response[kSkipped] = true
}

export function isSkipped(response: object): boolean {
  return kSkipped in response
}

/** The session that was opened first for a response: the one that `csrf()` and templates use. */
export function firstSession(response: NodeResponse): Participant | undefined {
  let one = isHeld(response) ? response[kHold].innermost : undefined
  while (one?.outer !== undefined) one = one.outer
  return one
}
