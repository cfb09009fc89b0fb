import { describe, expect, it } from 'vitest'
import { NativeSerializer } from '../../src/serializers/native.ts'
import { fromRichText } from '../../src/serializers/rich-text.ts'
import { place, textOf } from '../support/serializer-context.ts'

const WRITE = 'ERR_SESSION_SERIALIZATION_FAILED'
const READ = 'ERR_SESSION_DESERIALIZATION_FAILED'

/** Objects and arrays in one another, `levels` of them. */
function nested(levels: number, inmost: unknown): unknown {
  let value = inmost
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? { a: value } : [value]
  return value
}

describe('maxDepth (S-103)', () => {
  it.each([
    ['plain', 1],
    ['rich', 1n],
  ])('keeps as many levels and not one more, %s', async (_, inmost) => {
    const serializer = new NativeSerializer({ maxDepth: 20 })
    const text = await textOf(serializer, nested(20, inmost))
    expect(serializer.restore(text).value).toEqual(nested(20, inmost))
    expect(() => serializer.prepare(nested(21, inmost), place)).toThrow(expect.objectContaining({ code: WRITE }))
    const deeper = await textOf(new NativeSerializer(), nested(21, inmost))
    expect(() => serializer.restore(deeper)).toThrow(expect.objectContaining({ code: READ }))
  })

  it('says how deep is allowed, and is 512 unless told otherwise (S-103)', async () => {
    const serializer = new NativeSerializer()
    expect(await textOf(serializer, nested(512, 1))).toHaveLength(256 * 8 + 1)
    expect(() => serializer.prepare(nested(513, 1), place)).toThrow('is nested deeper than 512 levels')
  })

  it('is no matter of the stack: a million levels are refused like one too many', () => {
    const serializer = new NativeSerializer({ maxDepth: 1024 })
    expect(() => serializer.prepare(nested(1_000_000, 1), place)).toThrow(expect.objectContaining({ code: WRITE }))
    expect(() => serializer.prepare(nested(1_000_000, 1n), place)).toThrow(expect.objectContaining({ code: WRITE }))
  })

  it('works at its highest', async () => {
    const serializer = new NativeSerializer({ maxDepth: 1024 })
    for (const inmost of [1, 1n]) {
      const text = await textOf(serializer, nested(1024, inmost))
      expect(await textOf(serializer, serializer.restore(text).value)).toBe(text)
    }
  })

  it('does not count wide data as deep', async () => {
    const serializer = new NativeSerializer({ maxDepth: 3 })
    const wide = Array.from({ length: 500 }, (_, index) => ({ index: [index], text: '{[' }))
    expect(serializer.restore(await textOf(serializer, wide)).value).toEqual(wide)
  })
})

describe('maxCharacters', () => {
  it.each([
    ['plain', 'x'],
    ['rich', 1n],
  ])('keeps a text of that length and not one longer, %s', async (_, value) => {
    const text = await textOf(new NativeSerializer(), [value])
    expect(await textOf(new NativeSerializer({ maxCharacters: text.length }), [value])).toBe(text)
    const serializer = new NativeSerializer({ maxCharacters: text.length - 1 })
    expect(() => serializer.prepare([value], place)).toThrow(expect.objectContaining({ code: WRITE }))
    expect(() => serializer.restore(text)).toThrow(expect.objectContaining({ code: READ }))
  })

  it('is 1,048,576 unless told otherwise, and the message says so', () => {
    const serializer = new NativeSerializer()
    expect(serializer.prepare('x'.repeat(1_048_574), place)).toHaveLength(1_048_576)
    expect(() => serializer.prepare('x'.repeat(1_048_575), place)).toThrow('1048577 characters, more than maxCharacters (1048576)')
  })

  it('limits arrays with holes, which are long in few characters', async () => {
    const serializer = new NativeSerializer({ maxCharacters: 1000 })
    const sparse = (length: number): unknown[] => Object.assign([], { [length - 1]: 'x' })
    expect(serializer.restore(await textOf(serializer, sparse(1000))).value).toHaveLength(1000)
    expect(() => serializer.prepare(sparse(1001), place)).toThrow('is an array with holes, too long')
    expect(() => serializer.prepare({ a: sparse(600), b: sparse(600) }, place)).toThrow("'b' is an array with holes, too long")
    expect(() => serializer.prepare(sparse(4_294_967_295), place)).toThrow('is an array with holes, too long')
  })

  it('limits them before they are made', () => {
    expect(fromRichText('~[[-7,1000]]', 1000)).toHaveLength(1000)
    expect(() => fromRichText('~[[-7,1001]]', 1000)).toThrow('too long')
    expect(() => fromRichText('~[[1,2],[-7,600],[-7,600]]', 1000)).toThrow('too long')
  })
})

describe('options', () => {
  it.each([0, -1, 1.5, Number.NaN, Infinity, 1025, '5'])('refuses %s as maxDepth', (maxDepth) => {
    expect(() => new NativeSerializer({ maxDepth: maxDepth as number })).toThrow("Option 'maxDepth'")
  })

  it('refuses a maxCharacters that no string can have', () => {
    expect(() => new NativeSerializer({ maxCharacters: 2 ** 30 })).toThrow("Option 'maxCharacters'")
  })

  it('names an option that it does not know', () => {
    const options = { maxLength: 5 }
    expect(() => new NativeSerializer(options as object)).toThrow("Option 'maxLength'")
  })
})
