// Anything that a client library may hand on of what a server answered, as bytes: a byte for the kind, then what the kind needs.
import type { Reader } from './reader.ts'

const MOST_DEEP = 4
const NUMBERS = [0, -0, 1, -1, 1.5, NaN, Infinity, -Infinity, 2 ** 31, 2 ** 53 - 1, 2 ** 53, 1e300, 1_800_000_000_000]
const TEXTS = [
  '',
  '0',
  '1',
  '-1',
  '1.5',
  ' ',
  'abc',
  '1e3',
  '0x10',
  '007',
  '1800000000000',
  '9007199254740992',
  '__proto__',
  'null',
  '[]',
  '\u0000',
  '\ud800',
]

/** A value of any kind. Errors, dates and tables among them: what comes by the newer protocol, or through a proxy. */
export function answerFrom(reader: Reader, deep = 0): unknown {
  const kind = reader.byte() % 16
  switch (kind) {
    case 0:
      return null
    case 1:
      return undefined
    case 2:
      return NUMBERS[reader.byte() % NUMBERS.length]
    case 3:
      return reader.byte() - 128
    case 4:
      return TEXTS[reader.byte() % TEXTS.length]
    case 5:
      return reader.bytes(reader.byte()).toString()
    case 6:
      return Buffer.from(reader.bytes(reader.byte()))
    case 7:
      return Uint8Array.from(reader.bytes(reader.byte()))
    case 8:
      return BigInt(reader.short())
    case 9:
      return reader.byte() % 2 === 0
    case 10:
      return new Error(`ERR ${reader.bytes(reader.byte() % 32).toString('latin1')}`)
    case 11:
      return new Date(NUMBERS[reader.byte() % NUMBERS.length] ?? 0)
    case 12:
      return new Map(deep < MOST_DEEP ? [[answerFrom(reader, deep + 1), answerFrom(reader, deep + 1)]] : [])
    case 13:
      return Object.fromEntries(deep < MOST_DEEP ? [[String(answerFrom(reader, deep + MOST_DEEP)), answerFrom(reader, deep + 1)]] : [])
    default:
      return Array.from({ length: deep < MOST_DEEP ? reader.byte() % 6 : 0 }, () => answerFrom(reader, deep + 1))
  }
}
