import { TOKEN_KEY } from '../session/csrf-token.ts'
import { SessionError } from '../session/errors.ts'
import { METADATA_KEY } from '../session/metadata-bag.ts'
import { isObject, isPlainObject, setOwn } from '../session/plain.ts'
import { userIdOf } from '../session/request-info.ts'
import type { SessionBag } from '../session/session-bag.ts'
import type { MappingOptions, OldContents } from './old-session.ts'

/** What the old libraries keep for themselves: the cookie of express-session, the last use of session-file-store. */
const THEIRS: ReadonlySet<string> = new Set(['cookie', '__lastAccess'])
/** What is written to an old session from here says by it which write it was: the old application keeps it as it keeps any other value. */
export const STAMP_KEY = '__movedIn'
const STAMPED: ReadonlySet<string> = new Set([STAMP_KEY])
/** Keys that lead to a prototype, or would hide one. */
const UNSAFE: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/** Reads an old session's contents as the options say. */
export function contentsOf(raw: object, { data, userId, authenticatedAt }: MappingOptions): OldContents {
  const old = copyWithout(raw, STAMPED)
  const stamp: unknown = Reflect.get(raw, STAMP_KEY)
  const kept = data === undefined ? ownData(old) : data(old)
  if (!isPlainObject(kept)) throw SessionError.config('data', 'must return an object with what is kept of an old session.')
  const owner = userId === undefined ? passportUser(old) : userId(old)
  const loginAt = Number(authenticatedAt?.(old))
  return {
    raw: old,
    data: kept,
    userId: owner ?? undefined,
    authenticatedAt: loginAt > 0 && Number.isFinite(loginAt) ? loginAt : undefined,
    stamp: typeof stamp === 'string' ? stamp : undefined,
  }
}

/** All of an old session but what its library keeps for itself. */
export function ownData(raw: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return copyWithout(raw, THEIRS)
}

/** The same without what our own sessions keep for themselves. */
export function withoutReserved(data: object, bags: readonly SessionBag[]): Record<string, unknown> {
  return copyWithout(data, new Set([TOKEN_KEY, METADATA_KEY, ...bags.map((bag) => bag.storageKey)]))
}

/** The same without some keys, and without those that are never one of an application's own. */
export function copyWithout(from: object, names: ReadonlySet<string>): Record<string, unknown> {
  const kept: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(from)) if (!names.has(name) && !UNSAFE.has(name)) setOwn(kept, name, value)
  return kept
}

function passportUser({ passport }: Readonly<Record<string, unknown>>): string | undefined {
  const user: unknown = isObject(passport) ? Reflect.get(passport, 'user') : undefined
  const id: unknown = isObject(user) ? Reflect.get(user, 'id') : user
  try {
    return userIdOf(id)
  } catch {
    // What Passport keeps may be anything; it is a user's id only where it can be one.
    return undefined
  }
}
