import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CsrfError, SessionError, SessionLockError, isSessionError } from '../../src/session/errors.ts'
import { hashAsStoreKey } from '../../src/session/id.ts'

const read = (path: string): string => readFileSync(join(import.meta.dirname, '../..', path), 'utf8')

const union = /export type SessionErrorCode =([^]*?)\n\n/.exec(read('src/session/errors.ts'))?.[1] ?? ''
const codes = [...union.matchAll(/'(\w+)'/g)].map(([, code = '']) => code)
/** Each code of the table with its status. */
const rows = [...read('docs/observability.md').matchAll(/^\| `(ERR_SESSION_\w+)` \| (\d{3})\b.*? \|/gm)].map(([, code = '', status]) => ({
  code,
  status: Number(status),
}))

/** One of each kind: what the named constructors of these classes make. */
function errors(): SessionError[] {
  const key = hashAsStoreKey('a'.repeat(64))
  const made = [SessionError, SessionLockError].flatMap((kind) =>
    Object.getOwnPropertyNames(kind).flatMap((name): unknown[] => {
      const make: unknown = Reflect.get(kind, name)
      return name !== 'prototype' && typeof make === 'function' ? [Reflect.apply(make, kind, [key])] : []
    }),
  )
  return [...made.filter(isSessionError), new CsrfError('it carries no token.')]
}

describe('docs/observability.md', () => {
  it('has each code that an error can have, and no other', () => {
    expect(codes.length).toBeGreaterThan(20)
    expect(rows.map(({ code }) => code)).toEqual(codes)
  })

  it('has the status of each', () => {
    const statuses = errors().map(({ code, status }) => ({ code, status }))
    expect(statuses.length).toBeGreaterThan(20)
    for (const { code, status } of statuses) expect(rows).toContainEqual({ code, status })
    expect(new Set(statuses.map(({ code }) => code))).toEqual(new Set(codes))
  })
})
