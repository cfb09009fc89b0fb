import type { StandardSchemaV1 } from '@standard-schema/spec'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { checkData, makeDataCheck } from '../../src/manager/data-schema.ts'
import { SessionError } from '../../src/session/errors.ts'

const zodUser = z.strictObject({ user: z.object({ name: z.string(), age: z.coerce.number().default(0) }) })
const valibotUser = v.strictObject({
  user: v.object({ name: v.string(), age: v.optional(v.pipe(v.union([v.string(), v.number()]), v.transform(Number)), 0) }),
})
const SCHEMAS: [string, StandardSchemaV1][] = [
  ['zod', zodUser],
  ['valibot', valibotUser],
]
const reserved = new Set(['_token', '_meta'])

function schemaOf(validate: StandardSchemaV1['~standard']['validate']): StandardSchemaV1 {
  return { '~standard': { version: 1, vendor: 'test', validate } }
}

function refusal(run: () => unknown): SessionError {
  try {
    run()
  } catch (error) {
    if (error instanceof SessionError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe('a schema of the session’s data', () => {
  it.each(SCHEMAS)('gives the session what the schema gives, at once: %s', (_, schema) => {
    const check = makeDataCheck({ schema, reserved })
    expect(check?.({ user: { name: 'Ada', age: '36' } })).toEqual({ user: { name: 'Ada', age: 36 } })
    expect(check?.({ user: { name: 'Ada' } })).toEqual({ user: { name: 'Ada', age: 0 } })
  })

  it.each(SCHEMAS)('refuses data that does not meet it, naming paths and no values: %s', (_, schema) => {
    const error = refusal(() => makeDataCheck({ schema, reserved })?.({ user: { name: 4711 }, more: 'hunter2' }))
    expect(error.code).toBe('ERR_SESSION_DESERIALIZATION_FAILED')
    expect(error.message).toContain("'user.name'")
    expect(`${error.message} ${String(error.cause)}`).not.toMatch(/4711|hunter2/)
  })

  it.each(SCHEMAS)('does not see reserved keys, and does not lose them: %s', (_, schema) => {
    const data = { user: { name: 'Ada', age: 1 }, _token: 'abc', _meta: { a: 1 } }
    expect(makeDataCheck({ schema, reserved })?.(data)).toEqual(data)
  })

  it('keeps the order of what was stored, so that a check alone is no change', () => {
    const schema = z.object({ a: z.number(), b: z.number().default(2), c: z.number() })
    const checked = makeDataCheck({ schema, reserved })?.({ c: 3, _token: 'abc', a: 1 })
    expect(JSON.stringify(checked)).toBe('{"c":3,"_token":"abc","a":1,"b":2}')
  })

  it('takes nothing reserved from the schema', () => {
    const schema = schemaOf(() => ({ value: { a: 1, _token: 'made up', _meta: 'made up' } }))
    expect(makeDataCheck({ schema, reserved })?.({ a: 1, _token: 'abc' })).toEqual({ a: 1, _token: 'abc' })
  })

  it('lists five paths and says how many more there are', () => {
    const issues = Array.from({ length: 8 }, (_, index) => ({ message: 'hunter2', path: [{ key: 'list' }, index] }))
    const { message } = refusal(() =>
      checkData(
        schemaOf(() => ({ issues })),
        {},
      ),
    )
    expect(message).toContain("at 'list.0', 'list.1', 'list.2', 'list.3', 'list.4' and 3 more.")
    expect(message).not.toContain('hunter2')
  })

  it('names an issue of the whole', () => {
    expect(
      refusal(() =>
        checkData(
          schemaOf(() => ({ issues: [{ message: 'no' }] })),
          {},
        ),
      ).message,
    ).toContain('at the top.')
  })

  it('waits for a schema that answers later, and only then', async () => {
    const schema = z.object({ a: z.number().refine((n) => Promise.resolve(n > 0)) })
    const check = makeDataCheck({ schema, reserved })
    const answer = check?.({ _token: 'abc', a: 1 })
    expect(answer).toBeInstanceOf(Promise)
    expect(await answer).toEqual({ _token: 'abc', a: 1 })
    await expect(check?.({ a: -1 })).rejects.toThrow("'a'")
  })

  it('passes on what a broken schema threw as the cause', async () => {
    const cause = new Error('broken')
    const throwing = schemaOf(() => {
      throw cause
    })
    expect(refusal(() => checkData(throwing, {})).cause).toBe(cause)
    await expect(
      checkData(
        schemaOf(() => Promise.reject(cause)),
        {},
      ),
    ).rejects.toMatchObject({
      code: 'ERR_SESSION_DESERIALIZATION_FAILED',
      cause,
    })
  })

  it.each([[[]], [null], ['text'], [undefined]])('refuses a schema whose output is no object: %j', (output) => {
    const check = makeDataCheck({ schema: schemaOf(() => ({ value: output })), reserved })
    expect(refusal(() => check?.({})).message).toContain('The schema must give a plain object')
  })

  it('leaves an own __proto__ an own key (S-099)', () => {
    const data = JSON.parse('{"__proto__":{"admin":true},"a":1}') as Record<string, unknown>
    const checked = makeDataCheck({ schema: schemaOf((value) => ({ value })), reserved })?.(data)
    expect(Object.keys(checked ?? {})).toEqual(['__proto__', 'a'])
    expect(Object.getPrototypeOf(checked)).toBe(Object.prototype)
  })

  it('does not change what it was given', () => {
    const data = Object.freeze({ user: Object.freeze({ name: 'Ada', age: '36' }), _token: 'abc' })
    expect(makeDataCheck({ schema: zodUser, reserved })?.(data)).toMatchObject({ user: { age: 36 } })
    expect(data.user.age).toBe('36')
  })
})

describe('upgradeData', () => {
  it('runs before the schema, without reserved keys', () => {
    const seen: string[][] = []
    const upgradeData = (data: Record<string, unknown>): Record<string, unknown> => {
      seen.push(Object.keys(data))
      return { user: { name: data['userName'] } }
    }
    const check = makeDataCheck({ schema: zodUser, upgradeData, reserved })
    expect(check?.({ userName: 'Ada', _token: 'abc' })).toEqual({ user: { name: 'Ada', age: 0 }, _token: 'abc' })
    expect(seen).toEqual([['userName']])
  })

  it('works without a schema, and may change what it is given', () => {
    const upgradeData = (data: Record<string, unknown>): Record<string, unknown> => Object.assign(data, { version: 2 })
    expect(makeDataCheck({ upgradeData, reserved })?.({ a: 1, _token: 'abc' })).toEqual({ a: 1, _token: 'abc', version: 2 })
  })

  it('makes the data unreadable when it throws', () => {
    const cause = new Error('cannot upgrade')
    const check = makeDataCheck({ upgradeData: () => { throw cause }, reserved }) // prettier-ignore
    expect(refusal(() => check?.({}))).toMatchObject({ code: 'ERR_SESSION_DESERIALIZATION_FAILED', cause })
  })

  it('must give an object at once', () => {
    const later = (async () => ({})) as unknown as () => Record<string, unknown>
    expect(refusal(() => makeDataCheck({ upgradeData: later, reserved })?.({})).message).toContain('no promise')
  })
})

it('costs nothing without schema and upgradeData: there is no check', () => {
  expect(makeDataCheck({ reserved })).toBe(undefined)
})
