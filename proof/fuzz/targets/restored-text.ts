// The text of a session, as it comes back from the store.
import fc from 'fast-check'
import type { PrepareContext, SerializerContext } from '../../../src/contracts/serializer.ts'
import { NativeSerializer } from '../../../src/serializers/native.ts'
import { isSessionError } from '../../../src/session/errors.ts'
import { isPlainObject } from '../../../src/session/plain.ts'
import { keyFrom } from '../../../bench/file/support.ts'
import { richValue } from '../../../test/support/rich-values.ts'
import { difference } from '../../../test/support/same-graph.ts'
import type { Random } from '../../simulation/seeded.ts'
import { type Target, type Trial, bytesOf, holds, textOf } from '../target.ts'

const CONTEXT: SerializerContext & PrepareContext = { key: keyFrom('0'.repeat(64)), field: 'payload', loaded: undefined }
const KINDS = [
  'Date',
  'RegExp',
  'URL',
  'URLSearchParams',
  'Map',
  'Set',
  'ArrayBuffer',
  'Uint8Array',
  'Float64Array',
  'BigInt64Array',
  'DataView',
  'BigInt',
  'Object',
  'null',
  'Function',
  'Symbol',
  'Promise',
]
const SAMPLES = 100
const MESSAGES =
  /^Failed to deserialize session data\. (?:The text was not written by NativeSerializer, or is nested deeper than maxDepth\.|The text has \d+ characters, more than maxCharacters \(\d+\)\.)$/

const TOO_LONG = /^Failed to serialize session data\. The text has \d+ characters, more than maxCharacters/

const serializer = new NativeSerializer({ maxDepth: 64, maxCharacters: 20_000 })
const samples = fc.sample(richValue, { numRuns: SAMPLES, seed: 1 }).flatMap((value) => textsOf(value))

type Restore = (text: string) => unknown

export const target: Target = {
  promise: 'is refused with an error that shows none of it, or is a value that is kept whole when it is stored again',
  sources: ['src/serializers/native.ts', 'src/serializers/plain-text.ts', 'src/serializers/rich-text.ts', 'src/serializers/value-check.ts'],
  words: [
    ...KINDS.map((kind) => `["${kind}",`),
    '~[',
    '[',
    ']',
    '{',
    '}',
    ',',
    '"__proto__":',
    '"~__proto__":',
    '"constructor":',
    '"toJSON":',
    '"then":',
    '[-7,4294967295]',
    '-1',
    '-2',
    '-3',
    '-4',
    '-5',
    '-6',
    '-7',
    '1e999',
    '-0',
    '"\\ud800"',
    '[[[[[[[[',
    '{"a":{"a":',
    '\ufeff',
  ],
  mostBytes: 24_000,
  make: (random) => (random.below(3) === 0 ? bytesOf(shapeless(random, 6)) : bytesOf(random.pick(samples))),
  open: () => trial((text) => serializer.restore(text).value),
  // It assigns what it read, as careless code does, which makes a prototype of a key.
  openMistaken: () => trial((text) => assigned(serializer.restore(text).value)),
}

function trial(restore: Restore): Trial {
  return {
    run(input) {
      const text = textOf(input)
      const value = accepted(() => restore(text))
      if (value === undefined) return
      const again = stored(value.restored)
      if (again === 'too long') return
      holds('what was restored can be stored', again !== undefined)
      const twice = accepted(() => restore(again ?? ''))
      holds('what was stored again can be restored', twice !== undefined, () => again ?? '')
      const differs = difference(value.restored, twice?.restored)
      holds('what was stored again is the same', differs === undefined, () => `${differs}: ${again}`)
      holds('stored a second time it is the same text', serializer.prepare(twice?.restored, CONTEXT) === again, () => again ?? '')
    },
  }
}

/** A text that another program wrote may be just short enough, and not when it is written as we do. */
function stored(value: unknown): string | undefined {
  try {
    return serializer.prepare(value, CONTEXT)
  } catch (error) {
    if (error instanceof Error && TOO_LONG.test(error.message)) return 'too long'
    throw error
  }
}

function accepted(restore: () => unknown): { readonly restored: unknown } | undefined {
  try {
    return { restored: restore() }
  } catch (error) {
    if (!(error instanceof Error) || !isSessionError(error) || error.code !== 'ERR_SESSION_DESERIALIZATION_FAILED') throw error
    holds('a refusal shows nothing of the text', MESSAGES.test(error.message) && error.cause === undefined, () => error.message)
    return undefined
  }
}

function textsOf(value: unknown): string[] {
  try {
    return [serializer.prepare(value, CONTEXT) ?? '']
  } catch {
    return [] // Nested deeper than these limits.
  }
}

function assigned(read: unknown): unknown {
  if (!isPlainObject(read)) return read
  const made: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(read)) made[key] = value
  return made
}

/** A devalue text that nobody wrote: places lead anywhere. */
function shapeless(random: Random, most: number): string {
  const place = (): string => String(random.below(most + 2) - random.below(8) * random.below(2))
  const parts = Array.from({ length: 1 + random.below(most) }, () => {
    const places = Array.from({ length: random.below(4) }, place)
    switch (random.below(5)) {
      case 0:
        return `[${places.join(',')}]`
      case 1:
        return `["${random.pick(KINDS)}",${[...places, '"x"'].join(',')}]`
      case 2:
        return `{${places.map((one) => `"${random.pick(['a', '__proto__', '~__proto__', 'constructor', '0'])}":${one}`).join(',')}}`
      case 3:
        return random.pick(['"text"', '1', 'null', 'true', '"2020-01-01T00:00:00.000Z"', '"AAAA"', '""'])
      default:
        return `[-7,${random.pick(['3', '4294967295', '20001', '-1', '1.5'])},${random.below(4)},${place()}]`
    }
  })
  return `~[${parts.join(',')}]`
}
