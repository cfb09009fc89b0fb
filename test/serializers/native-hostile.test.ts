import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NativeSerializer } from '../../src/serializers/native.ts'
import { isSessionError } from '../../src/session/errors.ts'
import { plainValue, richValue } from '../support/rich-values.ts'
import { place, textOf } from '../support/serializer-context.ts'

const serializer = new NativeSerializer()
const READ = expect.objectContaining({ name: 'SessionError', code: 'ERR_SESSION_DESERIALIZATION_FAILED' }) as Error

const DAMAGE = [...Array.from('[]{}",:-0123456789~'), '__proto__', '-7', 'Map']

/** Restores it, or sees it refused as it should be. Whatever was restored can be stored again. */
function restoreOrRefuse(text: string): 'restored' | 'refused' {
  let value: unknown
  try {
    value = serializer.restore(text).value
  } catch (error) {
    if (!isSessionError(error) || error.code !== 'ERR_SESSION_DESERIALIZATION_FAILED') throw error
    return 'refused'
  }
  serializer.prepare(value, place)
  return 'restored'
}

describe('a stored text that is damaged or forged', () => {
  it.each([
    '',
    ' ',
    'x',
    '{',
    '[1',
    'undefined',
    'b:0;',
    'N;',
    'a:0:{}',
    '\u0000',
    '{"a":1}x',
    "{'a':1}",
    '[object Object]',
    '~',
    '~~',
    '~x',
    '~{',
    '~[]',
    '~{}',
    '~"x"',
    '~null',
    '~1',
    '~-2',
    '~-8',
    '~[5',
    '~[1]x',
  ])('is an error and not an empty session: %j (S-272)', (text) => {
    expect(() => serializer.restore(text)).toThrow(READ)
  })

  it.each([
    ['an array of billions of holes', '~[[-7,4294967295]]'],
    ['many arrays of many holes', `~[[${Array.from({ length: 50 }, (_, i) => i + 1).join()}],${Array(50).fill('[-7,1000000]').join()}]`],
    ['a view larger than its buffer', '~[["Uint8Array",1,0,4294967295],["ArrayBuffer","AAAA"]]'],
    ['a view of a number', '~[["Uint8Array",1],4294967295]'],
    ['a box of an object', '~[["Object",1],{}]'],
    ['a boxed number', '~[["Object",1],5]'],
    ['a kind that does not exist', '~[["Function","return process"]]'],
    ['a kind of another library', '~[["Temporal.PlainDate","2026-01-01"]]'],
    ['an index out of range', '~[[5]]'],
    ['an index that is no integer', '~[[0.5,"__proto__"]]'],
    ['an index that is text', '~[{"a":"constructor"}]'],
    ['a pattern that is none', '~[["RegExp","("]]'],
    ['a URL that is none', '~[["URL","secret"]]'],
    ['a number that is none', '~[["BigInt","secret"]]'],
    ['a key that is no text', '~[["null",{},1],1]'],
    ['an own __proto__ in the raw', '~[{"__proto__":1},{"polluted":2},1]'],
    ['an own __proto__ without a prototype', '~[["null","__proto__",1],{}]'],
    ['a chain of references as deep as it is long', `~[${Array.from({ length: 60_000 }, (_, i) => `[${i + 1}]`).join()},1]`],
    ['a chain of Maps', `~[${Array.from({ length: 30_000 }, (_, i) => `["Map",${i + 1},${i + 1}]`).join()},1]`],
    ['brackets as deep as they are many', '['.repeat(400_000) + ']'.repeat(400_000)],
    ['objects as deep as they are many', '{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000)],
    ['brackets where a date should be', `~[["Date",${'['.repeat(200_000)}${']'.repeat(200_000)}]]`],
  ])('is refused: %s', (_, text) => {
    expect(() => serializer.restore(text)).toThrow(READ)
  })

  it('shows nothing of the text, in no message and no cause', () => {
    for (const text of [
      '{"password":"hunter2',
      '~[["URL","hunter2"]]',
      '~[["BigInt","hunter2"]]',
      '~[["hunter2"]]',
      '~[["RegExp","(hunter2"]]',
    ]) {
      const error: unknown = (() => {
        try {
          return serializer.restore(text)
        } catch (thrown) {
          return thrown
        }
      })()
      expect(isSessionError(error) ? `${error.message} ${error.stack} ${String(error.cause)}` : 'hunter2').not.toContain('hunter2')
    }
  })

  it('does not take hours to read a small text that doubles at each step', () => {
    const steps = Array.from({ length: 60 }, (_, index) => `[${index + 1},${index + 1}]`)
    expect(restoreOrRefuse(`~[${steps.join()},1]`)).toBe('restored')
  })
})

describe('__proto__ in a stored text (S-099)', () => {
  it('stays an own key, of no effect, in JSON', () => {
    const { value } = serializer.restore('{"__proto__":{"admin":true},"a":{"__proto__":null}}')
    expect(Object.keys(value as object)).toEqual(['__proto__', 'a'])
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
    expect((value as { admin?: boolean }).admin).toBe(undefined)
    expect(serializer.prepare(value, place)).toBe('{"__proto__":{"admin":true},"a":{"__proto__":null}}')
  })

  it('stays an own key, of no effect, beside values that JSON loses', async () => {
    const data: unknown = JSON.parse('{"__proto__":{"admin":true},"~__proto__":1,"constructor":{"prototype":{}}}')
    Object.assign(data as object, { at: new Date(0) })
    const { value } = serializer.restore(await textOf(serializer, data))
    expect(Object.keys(value as object)).toEqual(['__proto__', '~__proto__', 'constructor', 'at'])
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
    expect((value as { admin?: boolean }).admin).toBe(undefined)
  })
})

describe('any text', () => {
  const before = Reflect.ownKeys(Object.prototype)

  it('is restored or refused, never anything else, however a real one was damaged', async () => {
    const edit = fc.tuple(fc.nat(), fc.nat({ max: 6 }), fc.oneof(fc.constantFrom(...DAMAGE), fc.string({ maxLength: 3 })))
    const answers = new Set<string>()
    await fc.assert(
      fc.asyncProperty(fc.oneof(richValue, plainValue), fc.array(edit, { minLength: 1, maxLength: 4 }), async (value, edits) => {
        let text = await textOf(serializer, value)
        for (const [at, removed, added] of edits) {
          const start = at % (text.length + 1)
          text = text.slice(0, start) + added + text.slice(start + removed)
        }
        answers.add(restoreOrRefuse(text))
      }),
      { numRuns: 10_000 },
    )
    expect(answers.size).toBe(2)
    expect(Reflect.ownKeys(Object.prototype)).toEqual(before)
  })

  it('is restored or refused, never anything else, if somebody made it up', () => {
    const kinds = [
      'Date',
      'Set',
      'Map',
      'RegExp',
      'Object',
      'BigInt',
      'null',
      'Uint8Array',
      'Float64Array',
      'DataView',
      'ArrayBuffer',
      'URL',
      'URLSearchParams',
      'Temporal.Instant',
      'x',
    ]
    const part = fc.oneof(
      fc.integer({ min: -9, max: 9 }),
      fc.constantFrom<unknown>(null, true, '__proto__', '~__proto__', 'then', 1e9, ''),
      fc.json().map((json): unknown => JSON.parse(json)),
    )
    const entry = fc.oneof(
      part,
      fc.tuple(fc.constantFrom(...kinds), fc.array(part, { maxLength: 4 })).map(([kind, rest]) => [kind, ...rest]),
      fc.array(part, { maxLength: 4 }),
      fc.dictionary(fc.oneof(fc.string({ maxLength: 3 }), fc.constantFrom('then', 'toJSON', '~__proto__')), part, { maxKeys: 4 }),
    )
    const made = fc.array(entry, { minLength: 1, maxLength: 10 }).map((entries) => `~${JSON.stringify(entries)}`)
    const answers = new Set<string>()
    fc.assert(
      fc.property(
        fc.oneof(
          { arbitrary: made, weight: 5 },
          fc.string(),
          fc.string().map((text) => `~${text}`),
          fc.json().map((text) => `~${text}`),
        ),
        (text) => {
          answers.add(restoreOrRefuse(text))
        },
      ),
      { numRuns: 10_000 },
    )
    expect(answers.size).toBe(2)
    expect(Reflect.ownKeys(Object.prototype)).toEqual(before)
  })
})
