import { describe, expect, it } from 'vitest'
import { parseMlc } from '../../src/config/mlc.ts'
import { plainOf } from '../../src/config/entries.ts'
import { isBlock, Written } from '../../src/config/written.ts'
import { refusalOf } from '../support/config-refusal.ts'
import { vectorText } from './support.ts'

type Variables = Readonly<Record<string, string>>

function parse(text: string, env: Variables = {}) {
  return parseMlc(text, { name: 'session.mlc', env, basePath: (path) => `<base>/${path}` })
}

function read(text: string, env: Variables = {}): unknown {
  return plainOf(parse(text, env))
}

const refused = (text: string): string => refusalOf(() => parse(text))

/** What MLC itself makes of a variable's text. */
function asMlcHasIt(value: unknown): unknown {
  if (value instanceof Written && value.variable !== undefined) return plainOf(parse(`a = ${String(value.value)}`)['a'])
  if (value instanceof Written) return value.value
  if (isBlock(value)) return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, asMlcHasIt(part)]))
  return value
}

describe('the MLC reader', () => {
  it('reads the skeleton’s file as the real MLC parser does, in each environment of the vectors', () => {
    const { mlc } = JSON.parse(vectorText('config.json'))
    const cases = mlc.filter(({ name }: { readonly name: string }) => name.startsWith('application skeleton'))
    expect(cases).toHaveLength(2)
    for (const { env, result } of cases) expect(asMlcHasIt(parse(vectorText('skeleton.mlc'), env))).toEqual(result)
  })

  it('reads the README’s file as it is meant, where the real MLC parser leaves "> " in the values', () => {
    const { mlc } = JSON.parse(vectorText('config.json'))
    const cases = mlc.filter(({ name }: { readonly name: string }) => name.startsWith('library'))
    expect(cases).toHaveLength(2)
    for (const file of ['readme.mlc', 'library.mlc']) {
      for (const { env, result } of cases) {
        const meant: unknown = JSON.parse(JSON.stringify(result), (_key, value) => withoutArrow(value))
        expect(asMlcHasIt(parse(vectorText(file), env))).toEqual(meant)
      }
    }
  })

  it('reads values with =, =>, or a space before them', () => {
    expect(read('a = 1\nb => 2\nc 3\nd=4\ne=>5')).toEqual({ a: 1, b: 2, c: 3, d: 4, e: 5 })
  })

  it('knows truths, null, numbers, words, and texts in quotes as they stand', () => {
    expect(read('a = TRUE\nb = false\nc = Null\nd = -1.5\ne = two words\nf = "7200"\ng = \'a # b\'\nh = "C:\\temp"')).toEqual({
      a: true,
      b: false,
      c: null,
      d: -1.5,
      e: 'two words',
      f: '7200',
      g: 'a # b',
      h: 'C:\\temp',
    })
  })

  it('takes what is not plain digits for a word', () => {
    expect(read('a = 1e3\nb = 0x10\nc = 12abc\nd = 99999999999999999999')).toEqual({
      a: '1e3',
      b: '0x10',
      c: '12abc',
      d: '99999999999999999999',
    })
  })

  it('passes over comments, blank lines, a byte order mark and the line ends of Windows', () => {
    expect(read('\uFEFF# one\r\n\r\na = 1 # two\r\nb { # three\r\n  c = x # four\r\n} # five\r\n')).toEqual({ a: 1, b: { c: 'x' } })
  })

  it('reads lists over several lines, with the escapes of JSON in double quotes and none in single ones', () => {
    expect(read('a = []\nb = [1, two, "\\\\d+", \'\\d+\'] # all\nc = [\n  "x", # first\n  true,\n]')).toEqual({
      a: [],
      b: [1, 'two', '\\d+', '\\d+'],
      c: ['x', true],
    })
  })

  it('asks the environment, and keeps what it says as a text with the variable’s name', () => {
    const text = "a = ${NAME:7200}\nb => env(NAME, 7200)\nc = ${NAME:-x}\nd env('NAME')"
    expect(read(text)).toEqual({ a: 7200, b: 7200, c: 'x', d: undefined })
    expect(read(text, { NAME: '60' })).toEqual({ a: '60', b: '60', c: '60', d: '60' })
    expect(parse(text, { NAME: '60' })['b']).toEqual(new Written('60', { line: 2, column: 6 }, 'NAME'))
  })

  it('takes an empty variable for one that is not set, and never one that the environment only inherits', () => {
    expect(read('a = ${NAME:x}\nb => env(NAME, y)', { NAME: '' })).toEqual({ a: 'x', b: 'y' })
    expect(refused('a = ${constructor:x}')).toContain('line 1, column 7: expected the name of an environment variable')
    expect(read('a = ${TO:x}', Object.create({ TO: 'inherited' }))).toEqual({ a: 'x' })
  })

  it('gives base_path() from the folder of the application', () => {
    expect(read("a = base_path('var/sessions')\nb => env(X, base_path( 'y' ))\nc = base_path()")).toEqual({
      a: '<base>/var/sessions',
      b: '<base>/y',
      c: '<base>/',
    })
  })

  it.each([
    ['a = 1\n@include other.mlc', 'line 2, column 1', 'include is not supported'],
    ['include "other.mlc"', 'line 1, column 1', 'include is not supported'],
    ['a {\n  b = {"c": 1}\n}', 'line 2, column 7', 'objects in braces are not supported'],
    ['a = [[1]]', 'line 1, column 6', 'lists and objects in a list are not supported'],
    ['a = "http://${HOST}/v1"', 'line 1, column 5', 'variables within texts are not supported'],
    ['a = x${HOST}', 'line 1, column 6', 'a value ends with its line'],
    ['a = ${base_url}', 'line 1, column 7', 'references to other keys are not supported'],
    ['a = ${A:${B:c}}', 'line 1, column 9', 'no other ${...} may stand in it'],
    ['a = env(A, env(B, c))', 'line 1, column 15', 'expected a )'],
    ['a = x y(z)', 'line 1, column 8', 'a value ends with its line'],
    ['a = x#y', 'line 1, column 6', 'stands in quotes'],
    ["a = 'x", 'line 1, column 5', 'this text is not closed'],
    ['a = "x" y', 'line 1, column 9', 'a value ends with its line'],
    ['a = ["\\d"]', 'line 1, column 6', 'has an escape that JSON does not know'],
    ['a = [1 2]', 'line 1, column 8', 'expected a , or a ]'],
    ['a = [1,\n2', 'line 1, column 5', 'this [ is not closed'],
    ['a = [1,\n', 'line 1, column 5', 'this [ is not closed'],
    ['a =\nb = 1', 'line 1, column 4', 'expected a value'],
    ['a', 'line 1, column 2', 'expected =, => or a space'],
    ['a.b = 1', 'line 1, column 2', 'expected =, => or a space'],
    ['= 1', 'line 1, column 1', 'expected a key'],
    ['a { b = 1 }', 'line 1, column 5', 'a block begins on the line after its {'],
    ['a {\n  b = 1', 'line 1, column 3', 'this { is not closed'],
    ['a {\n} b = 1', 'line 2, column 3', 'a } stands alone'],
    ['a = 1\n}', 'line 2, column 1', 'this } closes nothing'],
    ['a = 1\nb = 2\na = 3', 'line 3, column 1', 'the key a is there already'],
    ['a {\n}\na {\n}', 'line 3, column 1', 'the key a is there already'],
    ['__proto__ {\n  x = 1\n}', 'line 1, column 1', 'the key __proto__ is not allowed'],
  ])('refuses %j, in %s', (text, place, problem) => {
    expect(refused(text)).toContain(`session.mlc, ${place}: `)
    expect(refused(text)).toContain(problem)
  })

  it('refuses blocks more than 16 levels deep, and more than 65,536 characters', () => {
    const nested = (levels: number): string => `${'a {\n'.repeat(levels)}${'}\n'.repeat(levels)}`
    expect(() => parse(nested(16))).not.toThrow()
    expect(refused(nested(17))).toContain('line 17, column 3: blocks are nested deeper than 16 levels')
    expect(refused(nested(20_000))).toContain('more than 65536 characters')
    expect(() => parse(`#${'x'.repeat(65_535)}`)).not.toThrow()
    expect(refused(`#${'x'.repeat(65_536)}`)).toContain('more than 65536 characters')
  })
})

function withoutArrow(value: unknown): unknown {
  if (typeof value !== 'string' || !value.startsWith('> ')) return value
  const meant = value.slice(2)
  const path = /^base_path\('(.*)'\)$/.exec(meant)?.[1]
  if (path !== undefined) return `<base>/${path}`
  if (/^\d+$/.test(meant)) return Number(meant)
  return { true: true, false: false, null: null }[meant] ?? (meant === 'null' ? null : meant)
}
