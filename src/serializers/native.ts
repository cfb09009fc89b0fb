import type { PrepareContext, Restored, Serializer } from '../contracts/serializer.ts'
import { MAX_PATH_SEGMENTS } from '../session/dot-path.ts'
import { SessionError } from '../session/errors.ts'
import { integerOption, knownFields } from '../session/option-check.ts'
import { fromPlainText, mayHideMore, plainText } from './plain-text.ts'
import { RICH_MARK, fromRichText, richText } from './rich-text.ts'
import { findUnkept } from './value-check.ts'
import type { ValueLimits } from './value-check.ts'

/** How much the serializer takes. */
export interface NativeSerializerOptions {
  /**
   * How many levels objects may be nested in one another, the outermost counted, in what is stored and in what is read.
   * Default: 512; at most 1024, for the stack's sake.
   */
  readonly maxDepth?: number | undefined
  /**
   * How long a text may be, in UTF-16 code units, in what is stored and in what is read: every request of a session
   * carries it. Arrays with holes may have as many elements. Default: 1,048,576. A lower value makes longer texts unreadable.
   */
  readonly maxCharacters?: number | undefined
}

const DEFAULTS: ValueLimits = { maxDepth: 512, maxCharacters: 1_048_576 }
const HIGHEST: ValueLimits = { maxDepth: 1024, maxCharacters: 2 ** 28 }

/**
 * Keeps JavaScript's own values as they are. The default serializer.
 *
 * Data that JSON keeps whole becomes JSON. Anything else becomes a text of the `devalue` package behind a `~`: `undefined`, NaN, the
 * infinities, -0, BigInt, Date, RegExp, URL, URLSearchParams, Map, Set, ArrayBuffer, typed arrays and DataView (the bytes in
 * view), objects without a prototype, arrays with holes, objects shared or circular within one value. Hidden
 * (non-enumerable) properties are not data, a hidden `toJSON` neither; of a getter the value is kept.
 *
 * Functions, symbols, class instances and subclasses of these kinds are refused: nothing is ever half-kept.
 */
export class NativeSerializer implements Serializer {
  readonly #limits: ValueLimits

  /** @throws {SessionError} `ERR_SESSION_CONFIG` for a limit that is not an integer within its bounds, or an unknown option. */
  constructor(options: NativeSerializerOptions = {}) {
    this.#limits = checkLimits(options)
  }

  prepare(value: unknown, { loaded, isSimplyChanged }: PrepareContext): string | undefined {
    const { maxDepth, maxCharacters } = this.#limits
    // What was plain and got plain values only stays plain, unless dot paths could have nested it too deep.
    const isPlain = isSimplyChanged === true && maxDepth > MAX_PATH_SEGMENTS && loaded?.startsWith(RICH_MARK) === false
    const plain = isPlain ? JSON.stringify(value) : plainText(value, maxDepth)
    if (plain !== undefined && plain === loaded) return undefined
    if (!isPlain && (plain === undefined || mayHideMore(value))) refuseUnkept(value, this.#limits)
    const text = plain ?? toRichText(value)
    if (text === loaded) return undefined
    if (text.length > maxCharacters) {
      throw SessionError.serializationFailed(`${sizeOf(text, maxCharacters)} Keep less in the session, or raise maxCharacters.`)
    }
    return text
  }

  restore(text: string): Restored {
    const { maxCharacters } = this.#limits
    if (text.length > maxCharacters) throw SessionError.deserializationFailed(sizeOf(text, maxCharacters))
    return { value: valueOf(text, this.#limits), loaded: text, stale: false }
  }
}

function toRichText(value: unknown): string {
  try {
    return richText(value)
  } catch {
    // Its error would carry the whole data into a log.
    throw SessionError.serializationFailed('It changed while it was read, or is far too large.')
  }
}

function valueOf(text: string, limits: ValueLimits): unknown {
  try {
    if (!text.startsWith(RICH_MARK)) return fromPlainText(text, limits.maxDepth)
    const value = fromRichText(text, limits.maxCharacters)
    if (findUnkept(value, limits) === undefined) return value
  } catch {
    // The parsers' errors quote the text: they are no cause that may reach a log.
  }
  throw SessionError.deserializationFailed('The text was not written by NativeSerializer, or is nested deeper than maxDepth.')
}

function refuseUnkept(value: unknown, limits: ValueLimits): void {
  const unkept = findUnkept(value, limits)
  if (unkept === undefined) return
  const { where, problem, ...options } = unkept
  throw SessionError.serializationFailed(`${where} ${problem}.`, options)
}

function sizeOf(text: string, maxCharacters: number): string {
  return `The text has ${text.length} characters, more than maxCharacters (${maxCharacters}).`
}

function checkLimits(options: NativeSerializerOptions): ValueLimits {
  knownFields('', options, Object.keys(DEFAULTS))
  const limit = (name: keyof ValueLimits): number => integerOption(name, options[name], DEFAULTS[name], 1, HIGHEST[name])
  return { maxDepth: limit('maxDepth'), maxCharacters: limit('maxCharacters') }
}
