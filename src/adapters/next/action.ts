import { cookies } from 'next/headers.js'
import type { CsrfOptions } from '../../http/csrf-options.ts'
import { freshCheck } from '../../http/fresh.ts'
import type { FreshOptions } from '../../http/fresh.ts'
import type { OpenSession } from '../../manager/open-session.ts'
import type { SessionManager } from '../../manager/session-manager.ts'
import { isObject } from '../../session/plain.ts'
import { knownFields } from '../../session/option-check.ts'
import type { DefaultData } from '../../session/path-types.ts'
import type { Session } from '../../session/session.ts'
import { CsrfDoor } from '../fetch/csrf-door.ts'
import { firstOpen, mount } from '../fetch/mounted.ts'
import { SessionDoor } from '../fetch/session-door.ts'
import type { RequestSessionOptions } from '../fetch/session-door.ts'
import { askedHere } from './asked.ts'
import { giveCookies } from './cookie.ts'
import { chosenAnswer } from './thrown.ts'

/** How server actions get their sessions. Functions are given the head of the request: its headers, and no path. */
export interface NextActionOptions extends Pick<
  RequestSessionOptions<Request>,
  'concurrency' | 'saveOnError' | 'clientAddress' | 'trustProxy'
> {
  /**
   * How an action proves that it was called by one of the application's own pages, beside what Next looks at itself. Default: `{ tokens: 'fallback' }`, the
   * form's token where no header proves it. `false` leaves it to Next.
   */
  readonly csrf?: Pick<CsrfOptions, 'tokens' | 'fieldName' | 'origin' | 'trustedOrigins' | 'report'> | false | undefined
  /** Refuses users who have not proved lately who they are. Default: refuses none. */
  readonly requireFresh?: FreshOptions | undefined
}

/** Makes a server action of a function that is given the session before what Next gives the action. */
export type NextActionLayer<Data extends object = DefaultData> = <Given extends readonly unknown[], Result>(
  handler: (session: Session<Data>, ...given: Given) => Result | Promise<Result>,
) => (...given: Given) => Promise<Result>

const CSRF_FIELDS = ['tokens', 'fieldName', 'origin', 'trustedOrigins', 'report']

/**
 * Opens a session around each call of a server action, and stores it before the action answers.
 *
 * What it returns, and what it chooses by `redirect()`, `notFound()` and the like, is an answer. When it throws anything else, nothing is stored. A session that
 * cannot be opened or stored, and a refusal, are thrown: Next shows its error page, or the nearest `error.tsx`.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 */
export function action<Data extends object = DefaultData>(
  manager: SessionManager<Data>,
  options: NextActionOptions = {},
): NextActionLayer<Data> {
  knownFields('action', options, ['concurrency', 'saveOnError', 'clientAddress', 'trustProxy', 'csrf', 'requireFresh'])
  const { csrf = {}, requireFresh, ...others } = options
  const door = new SessionDoor<Data, Request>(manager, others)
  if (csrf !== false) knownFields('action.csrf', csrf, CSRF_FIELDS)
  const guard = csrf === false ? undefined : new CsrfDoor({ ...csrf, tokens: csrf.tokens ?? 'fallback' })
  const check = requireFresh && freshCheck(requireFresh)

  async function letIn(open: OpenSession<Data>, request: Request, url: URL, given: readonly unknown[]): Promise<void> {
    const carrier = {}
    mount(carrier, door, open)
    await guard?.letIn({ request, url, found: firstOpen(carrier), readBody: (field) => fieldOf(given, field) })
    const stale = check?.(open.session)
    if (stale === undefined) return
    open.refused('not-fresh', stale)
    throw stale
  }

  return (handler) =>
    async (...given) => {
      const request = await askedHere(manager.name)
      const url = new URL(request.url)
      const open = await door.open(request, url, request)
      const fail = async (cause: unknown): Promise<void> => giveCookies(await cookies(), await door.fail(open, cause, url))
      const end = async (status: number, cause: unknown): Promise<void> => {
        try {
          giveCookies(await cookies(), await door.end(open, { status, cause }, url))
        } catch (error) {
          // What a save in the midst of the action has stored is told all the same.
          await fail(error)
          throw error
        }
      }
      let result: Awaited<ReturnType<typeof handler>>
      try {
        result = await open.run(async () => {
          await letIn(open, request, url, given)
          return await handler(open.session, ...given)
        })
      } catch (error) {
        const chosen = chosenAnswer(error)
        await (chosen === undefined ? fail(error) : end(chosen.status, error))
        throw error
      }
      await end(200, undefined)
      return result
    }
}

/** A field of the form that an action was called with, all its values when it came more than once. */
function fieldOf(given: readonly unknown[], name: string): unknown {
  const form = given.find(isForm)
  const values = form?.getAll(name) ?? []
  return values.length > 1 ? values : values[0]
}

function isForm(value: unknown): value is FormData {
  return isObject(value) && 'getAll' in value && typeof value.getAll === 'function'
}
