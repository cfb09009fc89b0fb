import { isSessionError } from '../../session/errors.ts'
import { isResponse, plainAnswer, withHeader, withVaryOf } from '../fetch/response.ts'
import type { Carrier } from '../fetch/mounted.ts'
import type { MiddlewareArgs, OnError } from './shapes.ts'

/** What the middleware and the actions of one request tell each other beside React Router's own context. */
export interface Notes extends Carrier {
  /** Headers that the response must carry. What is thrown for a page to show it loses those that it had. */
  readonly owed: Map<string, string>
  /** How `session()` was told to answer errors. */
  onError: OnError | undefined
  /** Whether the request's signal has been put off already. */
  isCalm: boolean
  /** Whose notes these are: a context that several requests share would hand one visitor's session to another. */
  request: Request | undefined
}

const allNotes = new WeakMap<object, Notes>()

/** The notes that belong to a request's context. */
export function notesOf(context: object): Notes {
  const known = allNotes.get(context)
  if (known !== undefined) return known
  const notes: Notes = { owed: new Map(), onError: undefined, isCalm: false, request: undefined }
  allNotes.set(context, notes)
  return notes
}

/** The response with the headers that are owed and that it has not. */
export function withOwed(response: Response, { owed }: Notes): Response {
  return [...owed].reduce(
    (answer, [name, value]) => (answer.headers.get(name)?.includes(value) === true ? answer : withHeader(answer, name, value)),
    response,
  )
}

/**
 * What to throw for an error. React Router shows a thrown response by the nearest `ErrorBoundary`, or sends it where the route has no component. An
 * error without a status of its own stays what it is, so that `handleError` is told.
 */
export async function thrownFor(error: unknown, args: MiddlewareArgs): Promise<unknown> {
  if (!isSessionError(error)) return error
  const notes = notesOf(args.context)
  if (notes.onError === undefined && error.status === 500) return error
  const answer = withVaryOf(error, notes.onError === undefined ? plainAnswer(error) : await notes.onError(error, args))
  if (!isResponse(answer)) throw new TypeError('onError gave no Response.')
  const vary = answer.headers.get('vary')
  if (vary !== null) notes.owed.set('vary', vary)
  return answer
}
