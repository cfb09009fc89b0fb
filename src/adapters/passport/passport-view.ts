import { TOKEN_KEY } from '../../session/csrf-token.ts'
import { SessionError } from '../../session/errors.ts'
import { isPlainObject } from '../../session/plain.ts'
import type { Session } from '../../session/session.ts'
import type { SaveOptions } from '../../session/session-lifecycle.ts'
import type { AnyData } from '../../session/session-state.ts'
import { liveValue, plainOf } from './live-value.ts'
import type { Attributes } from './live-value.ts'
import { isTaken } from './taken.ts'

/** How a session is shown to Passport. */
export interface ViewSettings {
  /** The attribute in which Passport keeps its own. */
  readonly key: string
  /** Whose session it is, from what Passport keeps as its user. */
  readonly userIdOf: (user: unknown) => string | number | undefined
}

type AnySession = Session<AnyData>

/** Where Passport collects the messages of `failureMessage` and `successMessage`. */
const MESSAGES = 'messages'

/** Puts a view in the place where the framework has the request's session. */
export type Place = (view: AnySession) => void

/**
 * Gives a session as Passport, and whoever writes for `express-session`, knows one: its attributes are its properties, `regenerate` and `save` take a
 * callback too, and so do `destroy` and `reload`. All that `Session` has stays as it is; what it has a name for is no attribute.
 *
 * `regenerate(callback)` gives the session a new id and drops its attributes and its user; the request has a new view from then on, and this one goes on
 * showing what was there before, as a session of `express-session` does.
 */
export function passportView(session: AnySession, settings: ViewSettings, place: Place): AnySession {
  return new View(session, settings, place).proxy
}

class View {
  readonly proxy: AnySession
  readonly #session: AnySession
  readonly #settings: ViewSettings
  readonly #place: Place
  readonly #attributes: Attributes
  readonly #acts: Readonly<Record<string, (...given: unknown[]) => unknown>> = {
    // What a session of `express-session` has too, where the only argument may be a callback.
    regenerate: (given) => answered(this.#regenerate(given), given),
    save: (given) => answered(this.#save(isPlainObject(given) ? given : {}), given),
    destroy: (given) => answered(this.#session.destroy(), given),
    reload: (given) => answered(this.#session.reload(), given),
    // What may change who is logged in.
    ...Object.fromEntries(['set', 'forget', 'pull', 'clear'].map((name) => [name, (...given) => this.#write(name, given)])),
  }
  /** What was there when the session got its new id: what this view shows since. */
  #past: Record<string, unknown> | undefined
  /** What Passport has set when the session took no writes: it goes on with that, in a callback, where what is thrown would end the process. */
  readonly #unkept = new Map<string, unknown>()
  /** Why a user was not kept. */
  #refusal: { readonly error: unknown } | undefined

  constructor(session: AnySession, settings: ViewSettings, place: Place) {
    this.#session = session
    this.#settings = settings
    this.#place = place
    this.#attributes = attributesOf(session, settings.key)
    this.proxy = new Proxy(session, {
      get: (target, property) => {
        if (typeof property === 'string' && Object.hasOwn(this.#acts, property)) return this.#acts[property]
        if (!(property in target)) return typeof property === 'symbol' ? undefined : this.#get(property)
        const member: unknown = Reflect.get(target, property, target)
        return typeof member === 'function' && property !== 'constructor' ? member.bind(target) : member
      },
      set: (target, property, value: unknown) => this.#set(target, property, value),
      deleteProperty: (target, property) => this.#delete(target, property),
      has: (target, property) => property in target || (typeof property === 'string' && Object.hasOwn(this.#data(), property)),
      ownKeys: () => Object.keys(this.#data()),
      getOwnPropertyDescriptor: (_, property) => {
        const data = this.#data()
        if (typeof property === 'symbol' || !Object.hasOwn(data, property)) return undefined
        return { value: this.#get(property), writable: true, enumerable: true, configurable: true }
      },
    })
  }

  #get(property: string): unknown {
    if (this.#past !== undefined) return Object.hasOwn(this.#past, property) ? this.#past[property] : undefined
    if (this.#unkept.has(property)) return this.#unkept.get(property)
    // In an exclusive session what `get` gives is live by itself. Of Passport's own each change is to be known.
    const value = this.#session.get(property)
    const isLive = property !== this.#settings.key && !Object.isFrozen(value)
    return isLive ? value : liveValue(this.#attributes, property, () => this.#changed(property))
  }

  #set(target: AnySession, property: string | symbol, value: unknown): boolean {
    if (typeof property === 'symbol') return false
    if (property in target) throw nameTaken(property)
    if (this.#past !== undefined) throw outdated()
    const plain = plainOf(value)
    const write = (): void => this.#session.set(property, plain)
    this.#unkept.delete(property)
    if (property !== MESSAGES && property !== this.#settings.key) write()
    else if (!isTaken(write)) this.#unkept.set(property, plain)
    this.#changed(firstOf(property))
    return true
  }

  #delete(target: AnySession, property: string | symbol): boolean {
    if (typeof property === 'symbol' || property in target) return false
    if (this.#past !== undefined) throw outdated()
    this.#session.forget(property)
    this.#unkept.delete(property)
    this.#changed(firstOf(property))
    return true
  }

  #write(name: string, given: readonly unknown[]): unknown {
    if (this.#past !== undefined) throw outdated()
    const result: unknown = Reflect.apply(Object(Reflect.get(this.#session, name)), this.#session, given)
    const [key] = given
    this.#changed(typeof key === 'string' ? firstOf(key) : this.#settings.key)
    return result
  }

  /** Every change of who is logged in is one of whose session it is. */
  #changed(property: string): void {
    const { key, userIdOf } = this.#settings
    if (property !== key || !takesWrites(this.#session)) return
    const user = userIn(this.#session.get(key))
    try {
      const userId = user === undefined || user === null ? undefined : userIdOf(user)
      if (String(userId ?? '') !== (this.#session.userId ?? '')) this.#session.setUserId(userId ?? null)
      this.#refusal = undefined
    } catch (error) {
      // Passport sets its user in a callback, where what is thrown would end the process. It saves then, and learns of it by that.
      this.#session.forget(key)
      this.#session.setUserId(null)
      this.#refusal = { error }
    }
  }

  async #save(options: SaveOptions): Promise<void> {
    const refusal = this.#refusal
    this.#refusal = undefined
    if (refusal !== undefined) throw refusal.error
    await this.#session.save(options)
  }

  #regenerate(options: unknown): Promise<void> {
    if (typeof options === 'function') return this.#startAnew([])
    // What `@fastify/passport` calls it with: the attributes that stay.
    if (Array.isArray(options)) return this.#startAnew(options)
    return this.#session.regenerate(isPlainObject(options) ? options : {})
  }

  async #startAnew(kept: readonly unknown[]): Promise<void> {
    const session = this.#session
    const past = this.#data()
    await session.regenerate({ destroy: true })
    session.clear()
    session.setUserId(null)
    for (const [name, value] of Object.entries(past)) if (kept.includes(name)) session.set(name, value)
    this.#past ??= past
    this.#place(passportView(session, this.#settings, this.#place))
  }

  /** A copy of the attributes, without the token: a session that starts anew gets another. */
  #data(): Record<string, unknown> {
    if (this.#past !== undefined) return this.#past
    const { [TOKEN_KEY]: _token, ...data } = this.#session.all()
    return data
  }
}

/** What Passport keeps as its user: under `user`, and `@fastify/passport` in its place. */
function userIn(kept: unknown): unknown {
  if (!isPlainObject(kept)) return kept
  return Object.hasOwn(kept, 'user') || Object.keys(kept).length === 0 ? kept['user'] : kept
}

function firstOf(key: string): string {
  return key.split('.', 1)[0] ?? key
}

function takesWrites({ mode, isStarted }: AnySession): boolean {
  return mode !== 'readonly' && isStarted
}

// Passport takes out a user who is no more: in a session that takes no writes there is nothing to take out, and the next request does it.
function attributesOf(session: AnySession, key: string): Attributes {
  return {
    get: (name) => session.get(name),
    set: (name, value) => session.set(name, value),
    forget: (name) => {
      if (takesWrites(session) || !name.startsWith(`${key}.`)) session.forget(name)
    },
  }
}

/** Answers by the callback, if there is one: what that throws is no rejection of ours. Otherwise by a promise. */
function answered(doing: Promise<void>, callback: unknown): Promise<void> | undefined {
  if (typeof callback !== 'function') return doing
  const call = (error?: unknown): void => queueMicrotask(() => void Reflect.apply(callback, undefined, error === undefined ? [] : [error]))
  doing.then(() => call(), call)
  return undefined
}

function nameTaken(property: string): SessionError {
  return SessionError.invalidArgument(
    'session',
    `'${property}' is a part of the session itself, and no attribute. Choose another name, or call session.set('${property}', ...).`,
  )
}

function outdated(): SessionError {
  return SessionError.invalidArgument(
    'session',
    'this one is from before the session got a new id. Use the session that the request has now.',
  )
}
