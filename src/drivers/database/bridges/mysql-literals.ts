import type { Value } from './bridge.ts'

// Only for statements that are not prepared. mysql2 writes values into the text with backslashes, but there is a mode of the server in which a
// backslash is a letter (NO_BACKSLASH_ESCAPES), and then a value could end its literal. Digits mean the same in all modes.

const PLAIN = /^[\w .,:;@/+=()[\]{}"<>|&!?*#$%~^-]*$/

/** The text of a statement with its values in it. */
export function withLiterals(text: string, values: readonly Value[]): string {
  if (values.length === 0) return text
  const [head = '', ...parts] = text.split('?')
  return parts.reduce((whole, part, index) => whole + literalOf(values[index] ?? null) + part, head)
}

function literalOf(value: Value): string {
  if (value === null) return 'NULL'
  if (typeof value === 'number') return String(value)
  return PLAIN.test(value) ? `'${value}'` : `_utf8mb4 x'${hexOf(value)}'`
}

const BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
const encoder = new TextEncoder()

function hexOf(text: string): string {
  let hex = ''
  for (const byte of encoder.encode(text)) hex += BYTES[byte]
  return hex
}
