import type { Environment } from './environment.ts'
import type { MlcScanner } from './mlc-scanner.ts'
import { type Place, Written } from './written.ts'

/** What an MLC file is read with. */
export interface MlcOptions {
  /** The file, for messages. */
  readonly name: string
  /** What `env(...)` and `${...}` ask. */
  readonly env: Environment
  /** What `base_path(...)` gives. */
  readonly basePath: (path: string) => string
}

const VARIABLE = /[A-Z_][A-Z0-9_]*/y
const NUMBER = /^-?\d{1,15}(?:\.\d{1,15})?$/

/**
 * Reads one value.
 * @throws {SessionError} `ERR_SESSION_CONFIG` with line and column.
 */
export function readMlcValue(scanner: MlcScanner, options: MlcOptions): Written {
  const { place } = scanner
  if (scanner.next === '[') return new Written(readList(scanner), place)
  if (scanner.next === '{') throw scanner.refusal('objects in braces are not supported: write a block, with { at the end of its line.')
  if (scanner.match(/env[ \t]*\(/y) !== undefined) return readEnv(scanner, options, place)
  if (scanner.match(/\$\{/y) !== undefined) return readExpansion(scanner, options, place)
  const found = readBasePath(scanner, options) ?? readText(scanner) ?? readWords(scanner)
  return new Written(found.value, place)
}

/** `env(NAME, default)`, from behind the parenthesis. */
function readEnv(scanner: MlcScanner, options: MlcOptions, place: Place): Written {
  scanner.match(/[ \t]*/y)
  const quote = scanner.match(/['"]/y)
  const name = readVariable(scanner)
  if (quote !== undefined) scanner.take(quote)
  let fallback: unknown
  if (scanner.next === ',') {
    scanner.take(',')
    scanner.match(/[ \t]*/y)
    const word = readBasePath(scanner, options) ?? readText(scanner) ?? typed(scanner.match(/[^\s,()'"#]+/y))
    if (word === undefined) throw scanner.refusal('expected a default: a word, a number, a text in quotes or base_path(...).')
    fallback = word.value
  }
  scanner.take(')', 'expected a ) behind the name and its default')
  return chosen(name, options.env, fallback, place)
}

/** `${NAME}`, `${NAME:default}` or `${NAME:-default}`, from behind the brace. */
function readExpansion(scanner: MlcScanner, { env }: MlcOptions, place: Place): Written {
  const name = readVariable(scanner)
  let fallback: unknown
  if (scanner.match(/:-?/y) !== undefined) {
    const text = readText(scanner)
    fallback = text === undefined ? typed(scanner.match(/[^{}$'"\n]*/y))?.value : text.value
  }
  scanner.take('}', 'expected a } behind the name and its default; no other ${...} may stand in it')
  return chosen(name, env, fallback, place)
}

function readVariable(scanner: MlcScanner): string {
  const name = scanner.match(VARIABLE)
  if (name === undefined) {
    throw scanner.refusal('expected the name of an environment variable, in capitals; references to other keys are not supported.')
  }
  return name
}

/** A variable that is empty counts as not set. */
function chosen(name: string, env: Environment, fallback: unknown, place: Place): Written {
  const text = Object.hasOwn(env, name) ? env[name] : undefined
  return text === undefined || text === '' ? new Written(fallback, place) : new Written(text, place, name)
}

/** `base_path('folder')`. */
function readBasePath(scanner: MlcScanner, { basePath }: MlcOptions): { readonly value: unknown } | undefined {
  if (scanner.match(/base_path[ \t]*\([ \t]*/y) === undefined) return undefined
  const path = scanner.next === ')' ? { value: '' } : readText(scanner)
  if (path === undefined) throw scanner.refusal('expected a path in quotes.')
  scanner.take(')')
  return { value: basePath(path.value) }
}

/** A text in quotes, as it stands: without escapes. */
function readText(scanner: MlcScanner): { readonly value: string } | undefined {
  const { place } = scanner
  const text = scanner.match(/'[^'\r\n]*'|"[^"\r\n]*"/y)
  if (text === undefined) {
    if (scanner.next === "'" || scanner.next === '"') throw scanner.refusal('this text is not closed.', place)
    return undefined
  }
  if (text.includes('${')) throw scanner.refusal('variables within texts are not supported.', place)
  return { value: text.slice(1, -1) }
}

/** Words without quotes, up to a comment or the line's end. */
function readWords(scanner: MlcScanner): { readonly value: unknown } {
  const { place } = scanner
  const words = scanner.match(/[^\s#'"[\]{}(),$]+(?:[ \t]+[^\s#'"[\]{}(),$]+)*/y)
  const found = typed(words)
  if (found === undefined) throw scanner.refusal('expected a value; a text with other characters than letters stands in quotes.', place)
  if (scanner.match(/(?=#)/y) !== undefined) throw scanner.refusal('a text with # in it stands in quotes, and a comment behind a space.')
  return found
}

/** A word is a text, unless it says a number, a truth or nothing. */
function typed(word: string | undefined): { readonly value: unknown } | undefined {
  if (word === undefined) return undefined
  const lower = word.trim().toLowerCase()
  if (lower === 'true' || lower === 'false') return { value: lower === 'true' }
  if (lower === 'null') return { value: null }
  return { value: NUMBER.test(lower) ? Number(lower) : word.trim() }
}

/** `[...]` over any number of lines. A text in double quotes has the escapes of JSON, one in single quotes has none. */
function readList(scanner: MlcScanner): unknown[] {
  const { place } = scanner
  scanner.take('[')
  const list: unknown[] = []
  for (scanner.skipBlank(); scanner.next !== ']'; scanner.skipBlank()) {
    if (scanner.isAtEnd) throw scanner.refusal('this [ is not closed.', place)
    list.push(readElement(scanner))
    scanner.skipBlank()
    if (scanner.next !== ']' && !scanner.isAtEnd) scanner.take(',', 'expected a , or a ]')
  }
  scanner.take(']')
  return list
}

function readElement(scanner: MlcScanner): unknown {
  const { place } = scanner
  const json = scanner.match(/"(?:[^"\\\r\n]|\\[^\r\n])*"/y)
  if (json !== undefined) return jsonText(json) ?? refuseEscape(scanner, place)
  const text = readText(scanner)
  if (text !== undefined) return text.value
  const word = typed(scanner.match(/[^\s,'"#[\]{}()$]+/y))
  if (word === undefined)
    throw scanner.refusal('expected a word, a number or a text in quotes; lists and objects in a list are not supported.')
  return word.value
}

function jsonText(json: string): string | undefined {
  try {
    const text: unknown = JSON.parse(json)
    return typeof text === 'string' ? text : undefined
  } catch {
    return undefined
  }
}

function refuseEscape(scanner: MlcScanner, place: Place): never {
  throw scanner.refusal('this text has an escape that JSON does not know. In single quotes there are none.', place)
}
