import { tellUnheard } from '../../http/unheard.ts'
import type { OpenSession } from '../../manager/open-session.ts'
import { isMounted, mount, tell } from '../fetch/mounted.ts'
import { isResponse, plainAnswer, thrownAway, withSetCookie, withVaryOf } from '../fetch/response.ts'
import type { SessionDoor } from '../fetch/session-door.ts'
import { asElysiaError, beginPassage, causeOf, ElysiaSessionError, passageOf } from './passage.ts'
import type { Passage } from './passage.ts'

/** The whole of an application: what Elysia makes of a request. No response: the connection is a WebSocket's from there on. */
export type Application = (request: Request) => unknown

const UPGRADED = 101

/** Puts a session around an application: nothing that it has, no hook and no error handler, runs after the session was stored. */
export function serveWith<Data extends object>(door: SessionDoor<Data, Request>, application: Application): Application {
  return async (request) => {
    const known = passageOf(request)
    if (known !== undefined) return serve(door, application, request, known)
    const { passage, end } = beginPassage(request)
    try {
      return await serve(door, application, request, passage)
    } finally {
      end()
    }
  }
}

async function serve<Data extends object>(
  door: SessionDoor<Data, Request>,
  application: Application,
  request: Request,
  passage: Passage,
): Promise<unknown> {
  const url = new URL(request.url)
  let open: OpenSession<Data> | undefined
  try {
    if (passage.failure === undefined) open = await openIn(door, request, url, passage)
  } catch (error) {
    return answerTo(error, application, request, passage)
  }
  if (open === undefined) return application(request)
  let answer: unknown
  try {
    answer = await open.run(() => application(request))
  } catch (error) {
    // Elysia answers errors itself: this is one of its own.
    await door.fail(open, error, url)
    throw error
  }
  const response = isResponse(answer) ? completed(answer, passage) : undefined
  try {
    const lines = await door.end(open, { status: response?.status ?? UPGRADED, cause: causeOf(passage.error) ?? response }, url)
    const told = response === undefined ? answer : withSetCookie(response, lines)
    tell(passage, lines)
    return told
  } catch (error) {
    thrownAway(response)
    const lines = tell(passage, await door.fail(open, error, url))
    const failure = await answerTo(error, application, request, passage)
    return isResponse(failure) ? withSetCookie(failure, lines) : failure
  }
}

/** The session of a request; `undefined` where it has none, or has it already. */
async function openIn<Data extends object>(
  door: SessionDoor<Data, Request>,
  request: Request,
  url: URL,
  passage: Passage,
): Promise<OpenSession<Data> | undefined> {
  if (isMounted(passage, door)) return undefined
  const open = door.serves(url) ? await door.open(request, url, request) : undefined
  mount(passage, door, open)
  return open
}

/** Lets the application answer a failure: on a new context, with its own error handlers, before any of its routes. */
async function answerTo(error: unknown, application: Application, request: Request, passage: Passage): Promise<unknown> {
  const failure = asElysiaError(error)
  if (!(failure instanceof ElysiaSessionError)) throw error
  // Elysia tells nobody, and whether the application has a handler that does cannot be known here.
  tellUnheard(error)
  passage.failure = failure
  passage.isTold = false
  const answer = await application(request)
  if (!passage.isTold) {
    // It knows of no failure: what it says, it would say of a success too.
    if (isResponse(answer)) thrownAway(answer)
    return plainAnswer(error)
  }
  return isResponse(answer) ? withVaryOf(error, answer) : answer
}

function completed(response: Response, { completions }: Passage): Response {
  return completions.splice(0).reduce((answer, complete) => complete(answer), response)
}
