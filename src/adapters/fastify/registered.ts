import type { FastifyInstance } from 'fastify'
import { SessionError } from '../../session/errors.ts'
import { ignoredOption } from '../ignored-option.ts'

/** What one `session()` was registered with. */
export interface Registered {
  readonly manager: object
  readonly as: string
  /** What it was told, or goes by where it was told nothing. */
  readonly options: Readonly<Record<string, unknown>>
}

const registered = new WeakMap<object, Registered[]>()

/**
 * Notes that a context has a session. Those of the contexts around it open theirs before, for the same requests.
 * @throws {SessionError} `ERR_SESSION_CONFIG` where one of them leaves it nothing to do and it was told something else, or has its name.
 */
export function register(app: FastifyInstance, one: Registered): void {
  for (const around of registeredAround(app)) {
    const isSame = around.manager === one.manager && around.as === one.as
    const isOther = around.manager !== one.manager && around.as !== one.as
    // What the one around leaves out may have a session of its own.
    if (isOther || around.options['enabled'] === false || 'except' in around.options) continue
    if (!isSame) {
      throw SessionError.config(
        'session.as',
        `'${one.as}' is taken, or its manager has another name already, in this context or one around it. Give each manager one name of its own.`,
      )
    }
    const ignored = ignoredOption(around.options, one.options)
    if (ignored !== undefined) {
      throw SessionError.config(
        `session.${ignored}`,
        'would have no effect: this context or one around it has registered the session already, and opens it by its own options. Say it there, or except these paths there.',
      )
    }
  }
  registered.set(app, [...(registered.get(app) ?? []), one])
}

// The prototype of a context is the one that it is in.
function registeredAround(app: object): readonly Registered[] {
  const all: Registered[] = []
  for (let one: unknown = app; typeof one === 'object' && one !== null; one = Object.getPrototypeOf(one))
    all.push(...(registered.get(one) ?? []))
  return all
}
