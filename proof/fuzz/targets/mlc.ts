// A configuration file.
import { entriesOf, plainOf } from '../../../src/config/entries.ts'
import { type MlcBlock, parseMlc } from '../../../src/config/mlc.ts'
import { Written } from '../../../src/config/written.ts'
import { isSessionError } from '../../../src/session/errors.ts'
import type { Random } from '../../simulation/seeded.ts'
import { type Target, type Trial, bytesOf, holds, textOf } from '../target.ts'

const OPTIONS = { name: 'session.mlc', env: { NAME: 'text', EMPTY: '', __PROTO__: 'x' }, basePath: (path: string) => `/base/${path}` }
const KEYS = [
  'session',
  'drivers',
  'file',
  'path',
  'cookie',
  'secure',
  'a',
  'b_1',
  'constructor',
  'toString',
  '__proto__',
  'lifetime',
  'keys',
]
const VALUES = [
  'true',
  'null',
  '12',
  '-1.5',
  'word',
  'two words',
  "'a # b'",
  '"text"',
  '[]',
  '[1, two, "\\u0041"]',
  "['x', # why\n true]",
  'env(NAME)',
  "env('NONE', 'default')",
  'env(EMPTY, 5)',
  '${NAME:x}',
  '${NONE:-"y"}',
  "base_path('var')",
  'base_path()',
]
/** The file itself, 16 levels of blocks, and a list. */
const DEEPEST = 18
const PLACE = /session\.mlc, line ([1-9]\d*), column ([1-9]\d*): ./

type Parse = (text: string) => MlcBlock

export const target: Target = {
  promise:
    'is read, or refused as a configuration with the line and column of what is wrong; what was read reads the same when it is written again',
  sources: ['src/config/mlc.ts', 'src/config/mlc-scanner.ts', 'src/config/mlc-value.ts'],
  words: [
    ...KEYS,
    ...VALUES,
    '{\n',
    '}\n',
    ' = ',
    ' => ',
    '\n',
    '\r\n',
    '#',
    '@include',
    'include',
    '${',
    'env(',
    'base_path(',
    '\\',
    '\0',
    '\ufeff',
  ],
  mostBytes: 16_384,
  make,
  open: () => trial((text) => parseMlc(text, OPTIONS)),
  // It passes over the last line of a block that another block is in.
  openMistaken: () => trial((text) => parseMlc(text.replace(/\n[^\n{}]*\n(\}\n\})/, '\n$1'), OPTIONS)),
}

function trial(parse: Parse): Trial {
  return {
    run(input) {
      const text = textOf(input)
      const block = accepted(
        () => parse(text),
        (error) => checkPlace(error, text),
      )
      if (block === undefined) return
      const plain: unknown = plainOf(block)
      holds('it is no deeper than 16 blocks', depthOf(plain) <= DEEPEST)
      holds(
        'no key is a prototype',
        JSON.stringify(plain).match(/"__proto__":/) === null && Object.getPrototypeOf(plain) === Object.prototype,
      )
      checkPlaces(block, text)
      accepted(
        () => entriesOf(block),
        () => undefined,
      )
      const again = printed(block)
      if (again === undefined) return
      const read = accepted(
        () => parse(again),
        (error) => holds('what was read can be written again', false, () => `${String(error)}\n${again}`),
      )
      holds('what was read reads the same again', JSON.stringify(read && plainOf(read)) === JSON.stringify(plain), () => again)
    },
  }
}

function accepted<Value>(read: () => Value, refused: (error: Error) => void): Value | undefined {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof Error) || !isSessionError(error) || error.code !== 'ERR_SESSION_CONFIG') throw error
    refused(error)
    return undefined
  }
}

function checkPlace({ message }: Error, text: string): void {
  const [, line, column] = PLACE.exec(message) ?? []
  holds('a refusal says where', line !== undefined, () => message)
  holds('a refusal names a place in the file', isIn(text, Number(line), Number(column)), () => message)
}

function checkPlaces(block: MlcBlock, text: string): void {
  for (const value of Object.values(block)) {
    if (!(value instanceof Written)) checkPlaces(value, text)
    else holds('a value is where it says', isIn(text, value.place.line, value.place.column), () => JSON.stringify(value.place))
  }
}

function isIn(text: string, line: number, column: number): boolean {
  const found = text.split('\n')[line - 1]
  return found !== undefined && column <= found.length + 1
}

function depthOf(value: unknown): number {
  return typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0
}

/** The block as a file; `undefined` where it has a text that this language has no spelling for. */
function printed(block: MlcBlock): string | undefined {
  const lines: string[] = []
  for (const [key, value] of Object.entries(block)) {
    const text = value instanceof Written ? spelled(value.value) : printed(value)
    if (text === undefined) return undefined
    lines.push(value instanceof Written ? `${key} = ${text}` : `${key} {\n${text}}`)
  }
  return lines.map((line) => `${line}\n`).join('')
}

function spelled(value: unknown): string | undefined {
  if (value === undefined) return 'env(NONE)'
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : /e/.test(String(value)) ? undefined : String(value)
  if (typeof value === 'string')
    return /[\r\n]|\$\{/.test(value)
      ? undefined
      : ["'", '"'].filter((quote) => !value.includes(quote)).map((quote) => quote + value + quote)[0]
  if (Array.isArray(value))
    return `[${value.map((element: unknown) => (typeof element === 'string' ? JSON.stringify(element) : spelled(element))).join(', ')}]`
  return typeof value === 'boolean' || value === null ? String(value) : undefined
}

function make(random: Random): Buffer {
  return bytesOf(madeBlock(random, 4))
}

function madeBlock(random: Random, deepest: number): string {
  const lines = Array.from({ length: 1 + random.below(4) }, () => {
    const key = `${random.pick(KEYS)}${random.pick(['', '', String(random.below(100))])}`
    if (deepest > 0 && random.below(3) === 0) return `${key} {\n${madeBlock(random, deepest - 1)}}`
    return `${key}${random.pick([' = ', ' ', ' => '])}${random.pick(VALUES)}${random.pick(['', '', ' # note'])}`
  })
  return lines.map((line) => `${line}${random.pick(['\n', '\n', '\r\n'])}`).join('')
}
