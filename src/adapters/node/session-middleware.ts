import type { ServerResponse } from 'node:http'
import type { Http2ServerResponse } from 'node:http2'
import { isWebSocket } from '../../http/csrf-guard.ts'
import { SessionError } from '../../session/errors.ts'
import { assertCalled } from '../../session/option-check.ts'
import type { Session } from '../../session/session.ts'
import { unheeded } from '../ignored-option.ts'
import { refuseOtherFlash } from './flash-guard.ts'
import { isHeld, kHold, markSkipped } from './hold-state.ts'
import type { OpenedSession, Participant } from './hold-state.ts'
import { NodeOpenRequest, urlOf } from './open-request.ts'
import { asNodeResponse, propertiesOf } from './response.ts'
import type { NodeRequest, NodeResponse } from './response.ts'
import { checkSessionOptions } from './session-options.ts'
import type { SessionOptions } from './session-options.ts'
import { Passage } from './passage.ts'
import type { Next, SessionDoor, SessionOpener } from './passage.ts'

/** Middleware of Express and connect, and a step of a plain `node:http` handler. */
export type SessionMiddleware<Request = NodeRequest> = (
  request: Request,
  response: ServerResponse | Http2ServerResponse,
  next: Next,
) => void

const GONE_MS = 5000

/**
 * Gives each request its session, as `request.session`, and stores it before the first byte of the response. Until it is stored,
 * head and body are held back; if it cannot be stored, they are thrown away and the error handler answers. The session takes no
 * write from the first byte on, and a stream holds no lock.
 *
 * A response with a status of 500 or more stores nothing. Mounted twice it does nothing the second time, and answers with an error where it
 * was told there what would have no effect. In plain `node:http` it is called: `withSession(request, response, () => handle(request, response))`.
 *
 * @param manager The `SessionManager`.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 */
export function session<Request extends NodeRequest = NodeRequest>(
  manager: SessionOpener,
  options: SessionOptions<Request> = {},
): SessionMiddleware<Request> {
  return sessionWithin(GONE_MS, manager, options)
}

/** `session()` with the time that a handler has to answer a client that is gone, for tests. */
export function sessionWithin<Request extends NodeRequest = NodeRequest>(
  goneMs: number,
  manager: SessionOpener,
  options: SessionOptions<Request> = {},
): SessionMiddleware<Request> {
  assertCalled('session', manager, 'sessions')
  // A driver can be opened too.
  if (typeof manager?.open !== 'function' || 'insert' in manager)
    throw SessionError.config('session.manager', 'must be a SessionManager: await what makes it.')
  const door: SessionDoor<Request> = { ...checkSessionOptions(options), manager, goneMs, options: comparable(options), warned: undefined }
  refuseOtherFlash()
  return (request, response, next) => {
    const mounted = findMounted(door, asNodeResponse(response))
    const ignored = mounted?.manager === manager && mounted.property === door.property ? unheeded(mounted.options, door.options) : undefined
    if (ignored === undefined && (!door.enabled || door.isExcepted(urlOf(request)))) {
      markSkipped(response)
      next()
      return
    }
    const passage = new Passage<Request>(door, request, response, next)
    if (mounted === undefined) open(door, passage)
    else if (ignored !== undefined) passage.answer(ignored)
    else if (mounted.manager === manager && mounted.property === door.property) next()
    else
      passage.answer(
        SessionError.config(
          'session.as',
          `'${door.property}' is taken, or its manager has another name already. Give each manager one name of its own.`,
        ),
      )
  }
}

// A framework's function of its own request is another one with each session.
function comparable<Request>({ concurrency, ...options }: SessionOptions<Request>): object {
  return { ...options, concurrency: typeof concurrency === 'function' ? 'a function' : concurrency }
}

// The session that this one would collide with.
function findMounted(door: Participant['door'], response: NodeResponse): Participant['door'] | undefined {
  if (!isHeld(response)) return undefined
  for (let one: Participant | undefined = response[kHold].innermost; one !== undefined; one = one.outer) {
    if (one.door.manager === door.manager || one.door.property === door.property) return one.door
  }
  return undefined
}

function open<Request extends NodeRequest>(door: SessionDoor<Request>, passage: Passage<Request>): void {
  if (passage.response.headersSent) {
    passage.answer(SessionError.closed())
    return
  }
  const { request, response } = passage
  // express-session calls methods of the session when the response ends, and where there are none that never does.
  if ((propertiesOf(request)[door.property] ?? undefined) !== undefined) {
    const why = `'${door.property}' is taken by what is mounted before, such as express-session. Take that out, or give this one another name.`
    passage.answer(SessionError.config('session.as', why))
    return
  }
  // express-ws and @fastify/websocket send it on its way like any other, but never end its response: a lock would be held for as long as it may be.
  const isSocket = isWebSocket(request.headers.upgrade)
  let asked: NodeOpenRequest
  let opening: OpenedSession | Promise<OpenedSession>
  try {
    asked = new NodeOpenRequest(request, response, door.concurrencyOf(request) ?? (isSocket ? 'readonly' : undefined), door.addressOf)
    opening = door.manager.open(asked)
  } catch (error) {
    passage.answer(error)
    return
  }
  if (opening instanceof Promise) openLater(passage, asked, opening)
  else passage.proceed(opening)
}

// Somebody else may answer while it waits for the lock, such as a time-out. Then the application has nothing to say any more.
function openLater<Request extends NodeRequest>(passage: Passage<Request>, asked: NodeOpenRequest, opening: Promise<OpenedSession>): void {
  const { response } = passage
  void opening.then(
    (opened) => {
      asked.settled()
      if (!response.headersSent) return passage.proceed(opened)
      void opened.discard(SessionError.closed())
    },
    (error: unknown) => {
      asked.settled()
      if (!response.headersSent) passage.answer(error)
    },
  )
}

declare module 'http' {
  interface IncomingMessage {
    /** The visitor's session, behind `session()`. */
    session: Session
  }
}

declare module 'http2' {
  interface Http2ServerRequest {
    /** The visitor's session, behind `session()`. */
    session: Session
  }
}
