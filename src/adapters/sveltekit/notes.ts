import type { RequestEvent } from '@sveltejs/kit'
import { errorResponseWords } from '../../http/failure.ts'
import { holderHere } from '../../manager/self-wait.ts'
import type { OpenSession } from '../../manager/open-session.ts'
import { isSessionError } from '../../session/errors.ts'
import { innermost } from '../fetch/mounted.ts'
import type { Carrier } from '../fetch/mounted.ts'
import { isResponse, plainAnswer, withVaryOf } from '../fetch/response.ts'
import type { OnError } from './shapes.ts'

/** What the handles of one request tell each other. `sequence` makes events anew; what is the same for all of them is `locals`. */
export interface Notes extends Carrier {
  /** How `session()` was told to answer errors. */
  onError: OnError | undefined
}

const allNotes = new WeakMap<object, Notes>()
const opened = new WeakMap<object, Notes>()

/** The notes that belong to a request. */
export function notesOf({ locals }: RequestEvent): Notes {
  const known = allNotes.get(locals)
  if (known !== undefined) return known
  const notes: Notes = { onError: undefined }
  allNotes.set(locals, notes)
  return notes
}

/** Notes that a session is open, for requests that the application makes to itself meanwhile. */
export function noteOpened(session: object, notes: Notes): void {
  opened.set(session, notes)
}

/**
 * The session that is open around a request that the application makes to itself with `event.fetch`. SvelteKit serves it within the request that
 * made it, which has the lock.
 */
export function openAround(event: RequestEvent, manager: object): OpenSession<object> | undefined {
  const around = event.isSubRequest ? sessionHere(manager) : undefined
  const notes = around && opened.get(around)
  let one = notes && innermost(notes)
  while (one !== undefined && one.open.manager !== manager) one = one.outer
  return one?.open
}

function sessionHere(manager: object): object | undefined {
  try {
    return holderHere(manager)?.session
  } catch {
    // A runtime that cannot tell: the request waits for the lock until that ends it.
    return undefined
  }
}

/** The answer to an error of a session. Anything else, and an error without a status of its own, is thrown on, so that `handleError` is told. */
export async function answerTo(error: unknown, event: RequestEvent): Promise<Response> {
  if (!isSessionError(error)) throw error
  const { onError } = notesOf(event)
  if (onError === undefined) {
    if (error.status === 500) throw error
    return withVaryOf(error, answerFor(error, event))
  }
  const answer = await onError(error, event)
  if (!isResponse(answer)) throw new TypeError('onError gave no Response.')
  return withVaryOf(error, answer)
}

/** In the shape that whoever asked understands: a form with `use:enhance` shows the nearest `+error.svelte`. */
function answerFor(error: unknown, { request: { headers } }: RequestEvent): Response {
  const { status, headers: words, body: message } = errorResponseWords(error)
  const init = { status, headers: { ...words, 'content-type': 'application/json' } }
  if (headers.get('x-sveltekit-action') === 'true') return Response.json({ type: 'error', status, error: { status, message } }, init)
  return headers.get('accept') === 'application/json' ? Response.json({ message }, init) : plainAnswer(error)
}

/** A redirect that a handle has returned, as scripts understand it that ask for the data of a page: SvelteKit makes that of it, and loses the cookies. */
export function ledByData(response: Response, { isDataRequest }: RequestEvent): Response {
  const { status, headers } = response
  const location = headers.get('location')
  const cookies = headers.getSetCookie()
  if (!isDataRequest || status < 300 || status > 308 || location === null || cookies.length === 0) return response
  const answer = Response.json({ type: 'redirect', status, location }, { headers: { 'cache-control': 'no-store' } })
  for (const line of cookies) answer.headers.append('set-cookie', line)
  return answer
}
