import { format, inspect } from 'node:util'
import { shows } from './config-refusal.ts'

/** Where a value shows a part of these bytes to who prints it, makes JSON of it, or goes through all that can be reached in it. */
export function leaksOf(value: unknown, bytes: Uint8Array): string[] {
  const shown = { ...printed(value), reached: [...reachedIn(value)].join('\n') }
  return Object.entries(shown).flatMap(([how, text]) => formsIn(text, bytes).map((form) => `${how}: ${form}`))
}

/** The forms in which a text has a part of these bytes in it. */
export function formsIn(text: string, bytes: Uint8Array): string[] {
  const buffer = Buffer.from(bytes)
  const hex = buffer.toString('hex')
  // Where arrays are printed, numbers stand in columns.
  const dense = text.replaceAll(/\s+/g, '')
  const lists = Array.from({ length: bytes.length - 4 }, (_, at) => bytes.subarray(at, at + 5).join(','))
  const forms: Readonly<Record<string, boolean>> = {
    base64: shows(text, buffer.toString('base64')),
    base64url: shows(text, buffer.toString('base64url')),
    hex: shows(text, hex),
    'hex in capitals': shows(text, hex.toUpperCase()),
    'hex in pairs': shows(text, hex.replaceAll(/..(?!$)/g, '$& '), 14),
    characters: shows(text, buffer.toString('latin1'), 8),
    list: lists.some((list) => dense.includes(list)),
  }
  return Object.keys(forms).filter((form) => forms[form])
}

function printed(value: unknown): Readonly<Record<string, string>> {
  const all = { showHidden: true, depth: 20, getters: true, maxArrayLength: null, maxStringLength: null, breakLength: Infinity }
  return {
    inspect: inspect(value, { depth: 20 }),
    'inspect all': inspect(value, all),
    format: format('%s %o %O %j', value, value, value, value),
    json: JSON.stringify(value) ?? '',
    text: String(value),
  }
}

/** Every text, and all bytes, that can be reached in a value: hidden properties, symbols, getters and prototypes too. */
function reachedIn(value: unknown, seen: Set<object> = new Set()): Set<string> {
  const found = new Set<string>()
  const visit = (part: unknown): void => {
    if (typeof part === 'string') found.add(part)
    if ((typeof part !== 'object' && typeof part !== 'function') || part === null || seen.has(part)) return
    seen.add(part)
    if (ArrayBuffer.isView(part)) found.add(Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString('hex'))
    if (part instanceof ArrayBuffer) found.add(Buffer.from(part).toString('hex'))
    for (const name of Reflect.ownKeys(part)) {
      found.add(String(name))
      try {
        visit(Reflect.get(part, name))
      } catch {
        // A getter of a prototype that wants an instance.
      }
    }
    const prototype: unknown = Object.getPrototypeOf(part)
    if (prototype !== Object.prototype && prototype !== Function.prototype) visit(prototype)
  }
  visit(value)
  return found
}
