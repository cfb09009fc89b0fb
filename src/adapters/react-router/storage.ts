import type { Session as RouterSession, SessionData, SessionStorage } from 'react-router'
import type { SessionManager } from '../../manager/session-manager.ts'
import { SessionError, isSessionError } from '../../session/errors.ts'
import { knownFields, shown } from '../../session/option-check.ts'
import { sameValue } from '../../session/same-value.ts'
import type { Session } from '../../session/session.ts'
import { PairState } from './pair-state.ts'
import type { Change } from './pair-state.ts'

const MOST_TRIES = 5
// Browsers pass it over. A cookie that is not due would take the place of one that another response has just given them.
const NO_LINE = ''

/** What the pair must know of the application. */
export interface SessionStorageOptions {
  /**
   * Under which name the application keeps who is logged in, such as `userId`: a text or a number. When what is there changes, the session gets a new id and
   * the old one is refused, its user is set and the login is noted. Default: none; then a login keeps the id that the visitor had before.
   * @see OWASP ASVS 7.2.4.
   */
  readonly userKey?: string | undefined
}

/**
 * Gives sessions the shape of React Router's `SessionStorage`, for applications written for `createCookieSessionStorage` and its like. It stands in the place
 * of `session()`, not beside it in one request.
 *
 * `getSession` takes no lock and waits for none. `commitSession` stores what was changed, and nothing else, on what others have stored meanwhile. It throws
 * `ERR_SESSION_CONFLICT` (409), and stores nothing, where something that was read and then set is no more what it was: read again and commit again.
 * It throws `ERR_SESSION_GONE` where the session has been ended meanwhile, and as `SessionManager.start`. A session's `id` is its handle, which is no secret.
 * What both answer is empty where the browser has the right cookie; an empty `Set-Cookie` does no harm.
 * Of the cookie's options `commitSession` takes `maxAge`, in seconds, which is `Session.setLifetime` with a cookie that the browser keeps.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 */
export function sessionStorageOf<Data extends object = SessionData, FlashData = Data>(
  manager: SessionManager<Data>,
  options?: SessionStorageOptions,
): SessionStorage<Data, FlashData>
export function sessionStorageOf(manager: SessionManager, options: SessionStorageOptions = {}): SessionStorage {
  knownFields('sessionStorageOf', options, ['userKey'])
  const { userKey } = options
  // What is under one name is compared as a whole: a path would never be seen to change, and a login would keep the old id.
  if (userKey !== undefined && (typeof userKey !== 'string' || userKey === '' || userKey.includes('.'))) {
    throw SessionError.config('sessionStorageOf.userKey', `must be a name without dots, not ${shown(userKey)}.`)
  }
  const states = new WeakMap<object, PairState>()
  const stateOf = (session: object, method: string): PairState => {
    const state = states.get(session)
    if (state !== undefined) return state
    throw SessionError.invalidArgument(method, 'takes a session that getSession of the same storage gave.')
  }

  return {
    async getSession(cookieHeader) {
      const state = new PairState()
      state.cookieHeader = cookieHeader ?? undefined
      const open = await manager.open({ cookieHeader: state.cookieHeader, concurrency: 'readonly' })
      state.load(open.session.handle, () => open.session.all())
      // Only that it was used is stored.
      await open.commit()
      const session = routerSession(state)
      states.set(session, state)
      return session
    },

    async commitSession(session, cookieOptions) {
      const maxAge = checkCookieOptions('commitSession', cookieOptions)
      const state = stateOf(session, 'commitSession')
      for (let tries = 1; ; tries += 1) {
        try {
          return await commit(manager, state, { userKey, maxAge })
        } catch (error) {
          // Others were quicker in the very moment of storing. Whether it fits on what they stored shows when it is looked at anew.
          if (!isSessionError(error) || error.code !== 'ERR_SESSION_CONFLICT' || tries === MOST_TRIES) throw error
        }
      }
    },

    async destroySession(session, cookieOptions) {
      checkCookieOptions('destroySession', cookieOptions)
      const state = stateOf(session, 'destroySession')
      const open = await manager.open({ cookieHeader: state.cookieHeader, concurrency: 'merge' })
      await open.session.destroy()
      const { setCookie } = await open.commit()
      state.cookieHeader = undefined
      state.load(undefined, () => ({}))
      return setCookie ?? NO_LINE
    },
  }
}

interface Wishes {
  readonly userKey: string | undefined
  readonly maxAge: number | undefined
}

async function commit(manager: SessionManager, state: PairState, { userKey, maxAge }: Wishes): Promise<string> {
  const { changes } = state
  const open = await manager.open({ cookieHeader: state.cookieHeader, concurrency: 'merge' })
  const visitor = open.session
  try {
    if (changes.length > 0 && state.handle !== undefined && visitor.handle !== state.handle) throw SessionError.gone()
    for (const change of changes) make(visitor, change)
    const login = changes.find(({ key }) => key === userKey)
    if (login !== undefined) await logIn(visitor, login)
    if (maxAge !== undefined) visitor.setLifetime({ idleSeconds: maxAge, persistent: true })
  } catch (error) {
    await open.discard(error)
    throw error
  }
  const copies = [visitor.all(), visitor.all()]
  const { setCookie } = await open.commit()
  if (setCookie !== undefined) state.cookieHeader = setCookie.split(';', 1)[0]
  state.load(visitor.handle, () => copies.pop() ?? {})
  return setCookie ?? NO_LINE
}

function routerSession(state: PairState): RouterSession {
  return {
    get id() {
      return state.handle ?? ''
    },
    get data() {
      return state.all()
    },
    has: (name) => state.has(name) || state.has(flashKey(name)),
    get(name) {
      if (state.has(name)) return state.get(name)
      const value = state.get(flashKey(name))
      state.unset(flashKey(name))
      return value
    },
    set: (name, value) => state.set(name, value),
    flash: (name, value) => state.set(flashKey(name), value),
    unset: (name) => state.unset(name),
  }
}

/** Where React Router itself keeps it. */
function flashKey(name: string | number): string {
  return `__flash_${name}__`
}

function make({ attributes }: Session, { key, value, before, wasRead }: Change): void {
  const now = attributes.get(key)
  const isGoneAnyway = value === undefined && now === undefined
  if (wasRead && !isGoneAnyway) {
    // The same value is no excuse: two that count from 1 both come to 2.
    if (!sameValue(now, before)) throw SessionError.conflict(`'${key}'`)
    // What is pulled must still be there when this is stored.
    attributes.pull(key)
  }
  if (value === undefined) attributes.forget(key)
  else attributes.set(key, value)
}

async function logIn(session: Session, { key, value }: Change): Promise<void> {
  if (value !== undefined && value !== null && typeof value !== 'string' && typeof value !== 'number') {
    throw SessionError.invalidArgument('commitSession', `what is under '${key}', the userKey, must be a text or a number.`)
  }
  await session.regenerate({ destroy: true })
  session.setUserId(value ?? null)
  if (value !== undefined && value !== null) session.markAuthenticated()
}

/** The manager writes all cookies alike. How long the browser keeps it, an application may say for one session: `maxAge`, for "remember me". */
function checkCookieOptions(method: string, { maxAge, ...others }: { readonly maxAge?: number | undefined } = {}): number | undefined {
  const wanted = Object.entries(others).find(([, value]) => value !== undefined)?.[0]
  if (wanted === undefined) return maxAge
  throw SessionError.invalidArgument(method, `'${wanted}' is not taken: the manager's option 'cookie' says it for every cookie.`)
}
