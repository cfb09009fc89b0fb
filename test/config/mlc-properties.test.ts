import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { entriesOf, plainOf } from '../../src/config/entries.ts'
import { parseMlc } from '../../src/config/mlc.ts'
import { isSessionError } from '../../src/session/errors.ts'
import { vectorText } from './support.ts'

const OPTIONS = { name: 'session.mlc', env: { NAME: 'text', EMPTY: '', __PROTO__: 'x' }, basePath: (path: string) => path }
const files = ['readme.mlc', 'library.mlc', 'skeleton.mlc', 'skeleton-first.mlc', 'cms.mlc'].map((name) => vectorText(name))
/** What MLC is made of, and what could harm a reader of it. */
const PIECES = [
  '{',
  '}',
  '[',
  ']',
  '(',
  ')',
  '=',
  '=>',
  ',',
  '#',
  '\n',
  '\r\n',
  ' ',
  '\t',
  "'",
  '"',
  '\\',
  '${',
  '$',
  ':',
  ':-',
  '@include x',
  '\0',
  '\uD800',
  'env(',
  'base_path(',
  'NAME',
  'EMPTY',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'session',
  'keys',
  'drivers',
  'file',
  'a',
  '1',
  '-',
  'null',
]
const soup = fc.array(fc.constantFrom(...PIECES), { maxLength: 120 }).map((pieces) => pieces.join(''))
/** A real file with a part of it put elsewhere, taken out or replaced. */
const damaged = fc
  .tuple(fc.constantFrom(...files), fc.nat(2500), fc.nat(40), fc.oneof(soup, fc.string({ unit: 'binary', maxLength: 12 })))
  .map(([text, at, length, put]) => text.slice(0, at) + put + text.slice(at + length))
const anyText = fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), soup, damaged)

/** What a reader gives, or that it refused. Any other error is thrown on. */
function outcome(read: () => unknown): unknown {
  try {
    return read()
  } catch (error) {
    if (isSessionError(error) && error.code === 'ERR_SESSION_CONFIG') return undefined
    throw error
  }
}

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Math.max(0, ...Object.values(value).map((part) => depthOf(part)))
}

/** All that objects and arrays inherit. */
const inherited = (): string =>
  JSON.stringify([Object.prototype, Array.prototype, Function.prototype].map((one) => Reflect.ownKeys(one).map(String)))

describe('the MLC reader, whatever it is given', () => {
  it('reads it or refuses it, and throws nothing else', () => {
    fc.assert(
      fc.property(anyText, (text) => void outcome(() => parseMlc(text, OPTIONS))),
      { numRuns: 1500 },
    )
  })

  it('refuses with line and column', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        try {
          parseMlc(text, OPTIONS)
        } catch (error) {
          expect(String(error)).toMatch(/session\.mlc, line [1-9]\d*, column [1-9]\d*: ./)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('changes no prototype, and what it gives has none but its own', () => {
    const before = inherited()
    fc.assert(
      fc.property(anyText, (text) => {
        const content = outcome(() => plainOf(parseMlc(text, OPTIONS)))
        if (typeof content === 'object' && content !== null) {
          expect(Object.getPrototypeOf(content)).toBe(Object.prototype)
          expect(Object.hasOwn(content, '__proto__')).toBe(false)
        }
        expect(inherited()).toBe(before)
      }),
      { numRuns: 500 },
    )
  })

  it('gives nothing deeper than 16 levels of blocks', () => {
    const nested = fc.nat(40).map((levels) => `${'a {\n'.repeat(levels)}b = [1]\n${'}\n'.repeat(levels)}`)
    fc.assert(
      fc.property(fc.oneof(nested, anyText), (text) => {
        // The file itself, 16 levels, and a list.
        expect(depthOf(outcome(() => plainOf(parseMlc(text, OPTIONS))))).toBeLessThanOrEqual(18)
      }),
    )
  })

  it('gives a configuration that is understood or refused, and throws nothing else', () => {
    fc.assert(
      fc.property(anyText, (text) => void outcome(() => entriesOf(parseMlc(text, OPTIONS)))),
      { numRuns: 500 },
    )
  })
})

describe('a configuration, whatever it is', () => {
  it('is understood or refused, and changes no prototype', () => {
    const before = inherited()
    const key = fc.constantFrom(
      '__proto__',
      'constructor',
      'prototype',
      'session',
      'drivers',
      'file',
      'redis',
      'cookie',
      'lifetime',
      'keys',
      'path',
      'secure',
      '',
    )
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof({ depthSize: 'small' }, fc.anything({ maxDepth: 1 }), fc.dictionary(key, tie('value'))),
    }))
    fc.assert(
      fc.property(value, (config) => {
        outcome(() => entriesOf(config))
        expect(inherited()).toBe(before)
      }),
      { numRuns: 800 },
    )
  })
})
