import type { Random } from '../simulation/seeded.ts'

/** What a mutation has at hand. */
export interface Supply {
  readonly words: readonly Buffer[]
  /** Another input, to take a part of. */
  readonly other: Buffer
  readonly mostBytes: number
}

type Mutation = (input: Buffer, random: Random, supply: Supply) => Buffer

const NUMBERS = [
  0,
  1,
  2,
  7,
  8,
  15,
  16,
  31,
  32,
  39,
  40,
  41,
  63,
  64,
  65,
  127,
  128,
  255,
  256,
  4095,
  4096,
  65_535,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
]
const DIGITS = [
  '0',
  '-0',
  '-1',
  '1e999',
  '00',
  '0x1',
  '1.5',
  '9007199254740991',
  '9007199254740992',
  '1e21',
  '999999999999999999999',
  'NaN',
  '',
]
const LONGEST_PART = 40
const MOST_REPEATS = 4000

const mutations: readonly Mutation[] = [
  (input, random) => changed(input, random, (byte) => byte ^ (1 << random.below(8))),
  (input, random) => changed(input, random, () => random.below(256)),
  (input, random) => changed(input, random, (byte) => byte + random.pick([-1, 1])),
  (input, random) => put(input, random.below(input.length + 1), 0, bytes(random, 1 + random.below(4))),
  (input, random, { words }) => put(input, random.below(input.length + 1), 0, word(random, words)),
  (input, random, { words }) => {
    const part = word(random, words)
    return put(input, random.below(input.length + 1), part.length, part)
  },
  (input, random) => {
    const { at, length } = somePart(input, random)
    return put(input, at, length, '')
  },
  (input, random) => input.subarray(0, random.below(input.length + 1)),
  (input, random) => {
    const { at, length } = somePart(input, random)
    return put(input, random.below(input.length + 1), 0, input.subarray(at, at + length))
  },
  // What is quadratic shows in what is long.
  (input, random, { mostBytes }) => {
    const { at, length } = somePart(input, random)
    const times = Math.min(1 + random.below(random.perMille(50) ? MOST_REPEATS : 8), Math.floor((mostBytes - input.length) / (length || 1)))
    return times < 1 ? input : put(input, at, 0, Buffer.alloc(times * length, input.subarray(at, at + length)))
  },
  (input, random, { other }) => {
    const { at, length } = somePart(other, random)
    return put(input, random.below(input.length + 1), random.pick([0, length]), other.subarray(at, at + length))
  },
  (input, random, { other }) =>
    Buffer.concat([input.subarray(0, random.below(input.length + 1)), other.subarray(random.below(other.length + 1))]),
  numberOfBytes,
  numberOfDigits,
]

/** An input that differs from another in one to eight places. */
export function mutated(input: Buffer, random: Random, supply: Supply): Buffer {
  let now = input
  for (let left = 1 + random.below(random.pick([1, 2, 4, 8])); left > 0; left--) now = random.pick(mutations)(now, random, supply)
  return now.subarray(0, supply.mostBytes)
}

function changed(input: Buffer, random: Random, change: (byte: number) => number): Buffer {
  if (input.length === 0) return bytes(random, 1)
  const at = random.below(input.length)
  const now = Buffer.from(input)
  now[at] = change(input[at] ?? 0) & 0xff
  return now
}

/** A number where one may stand: of one, two, four or eight bytes, in either order. */
function numberOfBytes(input: Buffer, random: Random): Buffer {
  const size = random.pick([1, 2, 4, 8])
  const number = Buffer.alloc(8)
  number.writeUInt32LE(random.pick([random.pick(NUMBERS), input.length, random.below(input.length + 1)]) >>> 0)
  const field = number.subarray(0, size)
  return put(input, random.below(input.length + 1), size, random.below(2) === 0 ? field : field.toReversed())
}

/** Another number in place of one that is written in digits. */
function numberOfDigits(input: Buffer, random: Random): Buffer {
  const written = [...input.toString('latin1').matchAll(/-?\d+/g)]
  if (written.length === 0) return input
  const { index, 0: digits } = random.pick(written)
  return put(input, index, digits.length, random.pick([random.pick(DIGITS), String(random.pick(NUMBERS)), String(Number(digits) + 1)]))
}

function put(input: Buffer, at: number, instead: number, part: Uint8Array | string): Buffer {
  return Buffer.concat([input.subarray(0, at), typeof part === 'string' ? Buffer.from(part) : part, input.subarray(at + instead)])
}

function somePart(input: Buffer, random: Random): { readonly at: number; readonly length: number } {
  const at = random.below(input.length + 1)
  return { at, length: Math.min(input.length - at, 1 + random.below(random.pick([4, LONGEST_PART, 8 * LONGEST_PART]))) }
}

function word(random: Random, words: readonly Buffer[]): Buffer {
  return words.length === 0 ? bytes(random, 2) : random.pick(words)
}

function bytes(random: Random, count: number): Buffer {
  return Buffer.from(Array.from({ length: count }, () => random.below(256)))
}
