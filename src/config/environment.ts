import { SessionError } from '../session/errors.ts'
import { shown } from '../session/option-check.ts'
import { isObject } from '../session/plain.ts'
import type { Entries } from './entries.ts'
import { DRIVER_LIFETIMES, FIELDS } from './fields.ts'
import { parsedText } from './kinds.ts'
import { isSlip } from './slips.ts'

/** The variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>

/** They belong to the whole application: what the configuration says itself counts before them. */
const SHARED = ['APP_KEY', 'REDIS_URL', 'DATABASE_URL']
const VARIABLES = FIELDS.flatMap(({ env }) => env)
const OURS = /^(?:REDIS_)?SESSION_/

/**
 * Lets the environment say what it has variables for, whatever the configuration says. An empty variable counts as not set.
 * @throws {SessionError} `ERR_SESSION_CONFIG`, naming the option, the variable, and what is allowed.
 */
export function applyEnvironment(entries: Entries, env: Environment): void {
  for (const name of Object.keys(env)) if (isSet(env[name])) refuseSlip(name)
  for (const { name, kind, env: variables } of FIELDS) {
    const variable = variables.find((one) => isSet(env[one]))
    const text = variable === undefined ? undefined : env[variable]
    if (variable === undefined || text === undefined) continue
    if (SHARED.includes(variable) && entries.has(name)) continue
    const value = name === 'keys' ? { main_key: text } : parsedText(name, kind, text, variable)
    if (name === 'lifetime.idleSeconds') sayLifetime(entries, { value, path: variable })
    else entries.set(name, { value, path: variable })
  }
}

/** @throws {SessionError} `ERR_SESSION_CONFIG` for what has no variables. */
export function checkEnvironment(option: string, env: unknown): void {
  if (!isObject(env)) throw SessionError.config(option, `must be an object of variables, such as process.env, not ${shown(env)}.`)
}

function isSet(text: string | undefined): boolean {
  return text !== undefined && text !== ''
}

/** `SESSION_LIFETIME` is about each of the names that the idle time has. */
function sayLifetime(entries: Entries, entry: { readonly value: unknown; readonly path: string }): void {
  for (const { name } of DRIVER_LIFETIMES) entries.delete(name)
  entries.set(entries.has('lifetime') ? 'lifetime' : 'lifetime.idleSeconds', entry)
}

/** `SESSION_COOKIE_SECUR` is one; `SESSION_SECRET` is somebody else's. */
function refuseSlip(name: string): void {
  if (!OURS.test(name) || VARIABLES.includes(name)) return
  const meant = VARIABLES.find(
    (one) => OURS.exec(name)?.[0] === OURS.exec(one)?.[0] && isSlip(name.replace(OURS, ''), one.replace(OURS, '')),
  )
  if (meant === undefined) return
  throw SessionError.config(name, `is an environment variable that is not known. Did you mean '${meant}'? Correct it, or unset it.`)
}
