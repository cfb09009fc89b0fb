import type { Random } from '../simulation/seeded.ts'

/** What tries inputs. It is told of one input after the other, and throws when a promise is broken. */
export interface Trial {
  /** It gives a promise only where what it tries does. */
  readonly run: (input: Buffer) => void | Promise<void>
  readonly close?: () => void
}

/** Something of Holdfast that reads what others wrote. `proof/fuzz/targets/NAME.ts` exports it as `target`. */
export interface Target {
  /** What holds of every input, to be read after "every input". */
  readonly promise: string
  /** The sources that it is about, from the root: how much of them was reached is printed. */
  readonly sources: readonly string[]
  /** What its parsers know: mutations put these in. */
  readonly words: readonly string[]
  /** No input is longer. */
  readonly mostBytes: number
  /** Makes an input by somebody who knows the form. Others are mutations of these, and of what the corpus has. */
  readonly make: (random: Random) => Buffer
  readonly open: () => Trial | Promise<Trial>
  /** The same promise about something that has a mistake: a fuzzer that does not find it finds nothing. */
  readonly openMistaken: () => Trial | Promise<Trial>
}

/** A promise that an input breaks. The message is the same for every such input; what was found stands in `details`. */
export class Broken extends Error {
  override readonly name = 'Broken'
  readonly details: string

  constructor(promise: string, details = '') {
    super(promise)
    this.details = details
  }
}

/** Throws when a promise does not hold. */
export function holds(promise: string, isKept: boolean, details?: () => string): void {
  if (!isKept) throw new Broken(promise, details?.())
}

const UTF16 = Buffer.from([0xff, 0xfe])

/** A text as an input. UTF-8 has no place for half a surrogate pair: a text that has one is kept in UTF-16, behind two bytes that UTF-8 never has. */
export function bytesOf(text: string): Buffer {
  return text.isWellFormed() ? Buffer.from(text) : Buffer.concat([UTF16, Buffer.from(text, 'utf16le')])
}

/** The text that an input is. Every input is one. */
export function textOf(input: Buffer): string {
  if (!input.subarray(0, UTF16.length).equals(UTF16)) return input.toString()
  // Whole characters only: of an odd number of bytes some versions of Node.js write one more than they have room for.
  return input.subarray(UTF16.length, input.length & ~1).toString('utf16le')
}
