import { SessionError } from '../session/errors.ts'
import { MlcScanner } from './mlc-scanner.ts'
import { type MlcOptions, readMlcValue } from './mlc-value.ts'
import { type Written, asBlock } from './written.ts'

/** Blocks by their names, and values with their places. */
export type MlcBlock = { readonly [key: string]: Written | MlcBlock }

const DEEPEST = 16
const LONGEST = 65_536

/**
 * Reads the part of MLC that session configurations are written in: blocks, `key = value`, `key value`, and `key => value` as the PHP library's documentation has it; texts, words,
 * numbers, `true`, `false`, `null`, lists of these, `${NAME:default}`, `env(NAME, default)` and `base_path('folder')`; comments behind `#`. Everything else of MLC is refused: includes, objects,
 * references to other keys, variables within texts.
 *
 * @throws {SessionError} `ERR_SESSION_CONFIG` with line and column, for what it does not know, keys that are there twice, more than 65,536 characters or 16 levels.
 */
export function parseMlc(text: string, options: MlcOptions): MlcBlock {
  if (text.length > LONGEST) throw SessionError.config('file', `${options.name} has more than ${LONGEST} characters.`)
  const scanner = new MlcScanner(text, options.name)
  const content = readBlock(scanner, options, 0)
  if (!scanner.isAtEnd) throw scanner.refusal('this } closes nothing.')
  return content
}

/** Reads up to the end, or to the brace that closes the block. */
function readBlock(scanner: MlcScanner, options: MlcOptions, depth: number): MlcBlock {
  const block = new Map<string, Written | MlcBlock>()
  for (scanner.skipBlank(); !scanner.isAtEnd && scanner.next !== '}'; scanner.skipBlank()) {
    const keyPlace = scanner.place
    const key = readKey(scanner)
    if (block.has(key)) throw scanner.refusal(`the key ${key} is there already in this block.`, keyPlace)
    if (scanner.next === '{') block.set(key, readInner(scanner, options, depth + 1))
    else block.set(key, readEntry(scanner, options, key))
  }
  return asBlock(Object.fromEntries(block))
}

function readKey(scanner: MlcScanner): string {
  const { place } = scanner
  if (scanner.match(/@?include\b/y) !== undefined) {
    throw scanner.refusal('include is not supported: put what the other file says into this one.', place)
  }
  const key = scanner.match(/\w+/y)
  if (key === undefined) throw scanner.refusal('expected a key of letters, digits and _, or a }.', place)
  if (key === '__proto__') throw scanner.refusal('the key __proto__ is not allowed.', place)
  return key
}

function readInner(scanner: MlcScanner, options: MlcOptions, depth: number): MlcBlock {
  scanner.match(/[ \t]*/y)
  const { place } = scanner
  if (depth > DEEPEST) throw scanner.refusal(`blocks are nested deeper than ${DEEPEST} levels.`)
  scanner.take('{')
  scanner.endLine('a block begins on the line after its {')
  const block = readBlock(scanner, options, depth)
  if (scanner.isAtEnd) throw scanner.refusal('this { is not closed.', place)
  scanner.take('}')
  scanner.endLine('a } stands alone on its line')
  return block
}

function readEntry(scanner: MlcScanner, options: MlcOptions, key: string): Written {
  if (scanner.match(/[ \t]*(?:=>|=)[ \t]*/y) === undefined && scanner.match(/[ \t]+/y) === undefined) {
    throw scanner.refusal(`expected =, => or a space behind the key ${key}.`)
  }
  const value = readMlcValue(scanner, options)
  scanner.endLine('a value ends with its line; one with spaces or # in it stands in quotes')
  return value
}
