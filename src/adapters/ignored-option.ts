import { SessionError } from '../session/errors.ts'
import { isObject } from '../session/plain.ts'

type Options = Readonly<Record<string, unknown>>

const DEFAULTS = { enabled: true, trustProxy: false, saveOnError: false, hook: 'onRequest' }

/** Options with the defaults of those that are left out. */
export function withDefaults(options: object): Options {
  return { ...DEFAULTS, ...told(options) }
}

/** The first option that a session around this one leaves without effect: it has another. */
export function ignoredOption(around: Options, options: Options): string | undefined {
  return Object.entries(options).find(([name, value]) => !isAlike(around[name], value))?.[0]
}

/** The error for a `session()` whose session was opened by another one around it, where it was told something else. What it was not told may be as it is there. */
export function unheeded(around: object, options: object): SessionError | undefined {
  const ignored = ignoredOption(withDefaults(around), told(options))
  if (ignored === undefined) return undefined
  return SessionError.config(
    `session.${ignored}`,
    'would have no effect: another session() has opened the session already, by its own options. Say it there, or except these paths there.',
  )
}

function told(options: object): Options {
  return Object.fromEntries(Object.entries(options).filter(([name, value]) => name !== 'as' && value !== undefined && !isNone(value)))
}

/** Lists, and what `trustProxy` may be, are alike by what they hold. */
function isAlike(one: unknown, other: unknown): boolean {
  return one === other || (isObject(one) && isObject(other) && textOf(one) === textOf(other))
}

function textOf(value: object): string {
  return JSON.stringify(value, (_name, held: unknown) => (held instanceof RegExp ? String(held) : held))
}

function isNone(list: unknown): boolean {
  return Array.isArray(list) && list.length === 0
}
