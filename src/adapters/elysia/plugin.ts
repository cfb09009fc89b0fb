import { Elysia } from 'elysia'
import type { OpenSession } from '../../manager/open-session.ts'
import { SessionError } from '../../session/errors.ts'
import type { Session } from '../../session/session.ts'
import { assertOpen, innermost } from '../fetch/mounted.ts'
import { withVaryOf } from '../fetch/response.ts'
import { asElysiaError, ElysiaSessionError, passageOf } from './passage.ts'

/** What is used of the part of a context that says what the response carries. */
export interface ResponseWords {
  readonly headers: Record<string, unknown>
}

let made = 0

/** A plugin of its own: one with the name and the seed of another is taken for it, and left out. */
export function newPlugin(name: string): Elysia {
  made += 1
  return new Elysia({ name: `holdfast/${name}`, seed: made })
}

/**
 * The session under a name, at the very start of an application's life of a request; `undefined` where the request has none.
 * @throws {ElysiaSessionError} when this request must be answered by an error.
 */
export function sessionFor(request: Request, as: string, words: ResponseWords): Session<object> | undefined {
  const passage = passageOf(request)
  if (passage === undefined) {
    throw asElysiaError(
      SessionError.config('session', "Elysia did not put it around the application, as with 'aot: false': leave that out."),
    )
  }
  if (passage.failure !== undefined) {
    passage.isTold = true
    throw saidOn(words, passage.failure)
  }
  for (let one = innermost(passage); one !== undefined; one = one.outer) if (one.door.as === as) return one.open.session
  return undefined
}

/** Notes what the application has met: the session's listeners are told why nothing was stored. */
export function noteError(request: Request, error: unknown): void {
  const passage = passageOf(request)
  if (passage !== undefined) passage.error = error
}

/** The session that guards look at: of several, the one that was used first, which is the innermost. */
export function guardedSession(request: Request, layer: string): OpenSession<object> {
  const passage = passageOf(request)
  return assertOpen(passage === undefined ? undefined : innermost(passage)?.open, layer)
}

/** Runs a guard. What it throws is thrown as Elysia answers it, and the answer says what it depends on. */
export function guarded<Result>(request: Request, words: ResponseWords, guard: () => Result): Result {
  try {
    return guard()
  } catch (error) {
    throw refusal(request, words, error)
  }
}

/** What to throw for a refusal, whose answer says what it depends on. */
export function refusal(request: Request, words: ResponseWords, error: unknown): unknown {
  passageOf(request)?.completions.push((response) => withVaryOf(error, response))
  return saidOn(words, asElysiaError(error))
}

/** The error, when the response says what belongs to it. Its type is left to the one who answers. */
function saidOn({ headers }: ResponseWords, error: unknown): unknown {
  if (!(error instanceof ElysiaSessionError)) return error
  for (const [name, value] of Object.entries(error.headers)) if (name !== 'content-type') headers[name] = value
  return error
}
