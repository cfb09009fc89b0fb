import type { SerializerContext } from '../../src/contracts/serializer.ts'
import { partsOf } from './support.ts'
import { type Target, pick } from './targets.ts'

/** A text of no kind in particular, and the target in whose place it stands. */
export interface Fuzzed {
  readonly kind: string
  readonly text: string
  readonly context: SerializerContext
  readonly target: Target
}

type Draw = (below: number) => number
type Make = (draw: Draw, target: Target, other: Target) => string

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const LONGEST = 300
const NAMES = ['__proto__', 'constructor', 'prototype', 'iv', 'value', 'tag', 'key_id', 'toJSON', 'then', 'length', 'a', '']
/** Parts of texts that parsers have fallen for. */
const PIECES = [
  '{"__proto__":{"polluted":true}}',
  '{"constructor":{"prototype":{"polluted":true}}}',
  '["__proto__",{"polluted":true}]',
  '~[{"__proto__":1},{"polluted":2},true]',
  '~[["null","__proto__",1],{}]',
  '~[["Function","return process"]]',
  '~[["Map",1,2],"__proto__",{"polluted":3},true]',
  '~[[-7,4294967295]]',
  '{"iv":"AAAAAAAAAAAAAAAA","value":"","tag":"AAAAAAAAAAAAAAAAAAAAAA==","key_id":"__proto__"}',
  '{"iv":"","value":"","tag":""}',
  'hf1.__proto__.',
  'hf1.constructor.',
  'hf1..',
  'null',
  '[]',
  '{}',
  '""',
  '\ufeff',
  '\ud800',
]

const kinds: readonly { readonly kind: string; readonly make: Make }[] = [
  { kind: 'random characters', make: randomText },
  { kind: 'changed in some places', make: changed },
  { kind: 'put together of two', make: spliced },
  { kind: 'JSON, devalue, __proto__', make: structured },
  { kind: 'another version', make: otherVersion },
]

/** So many texts, the same with the same random numbers. None of them is one that opens where it stands. */
export function* fuzzed(targets: readonly Target[], count: number, random: () => number): Generator<Fuzzed> {
  const draw: Draw = (below) => Math.floor(random() * below)
  for (let made = 0; made < count;) {
    const { kind, make } = pick(kinds, made)
    const target = pick(targets, draw(targets.length))
    const text = make(draw, target, pick(targets, draw(targets.length)))
    if (text === target.text) continue
    made += 1
    const { context } = target
    yield { kind, text, context, target }
  }
}

/** Some with all that an envelope has, but what is sealed. */
function randomText(draw: Draw, target: Target): string {
  const { head, keyName } = partsOf(target.text)
  const length = draw(LONGEST)
  switch (draw(5)) {
    case 0:
      return ofCodes(draw, length, 0x100)
    case 1:
      return ofCodes(draw, length, 0x1_0000)
    case 2:
      return `hf1.${keyName}.${ofLetters(draw, length)}`
    case 3:
      return `hf1.${ofLetters(draw, draw(34))}.${ofLetters(draw, length)}`
    default:
      return head + ofLetters(draw, length)
  }
}

function changed(draw: Draw, { text }: Target): string {
  let now = text
  for (let left = 1 + draw(8); left > 0; left--) {
    const at = draw(now.length + 1)
    const end = at + draw(9)
    switch (draw(6)) {
      case 0:
        now = now.slice(0, at) + ofLetters(draw, 1) + now.slice(at + 1)
        break
      case 1:
        now = now.slice(0, at) + ofCodes(draw, 1 + draw(3), 0x1_0000) + now.slice(at)
        break
      case 2:
        now = now.slice(0, at) + now.slice(end)
        break
      case 3:
        now = now.slice(0, end) + now.slice(at)
        break
      case 4:
        now = now.slice(0, at) + now.slice(at, end).toUpperCase() + now.slice(end)
        break
      default:
        now = now.slice(0, at) + pick(PIECES, draw(PIECES.length)) + now.slice(end)
    }
  }
  return now
}

function spliced(draw: Draw, target: Target, other: Target): string {
  const from = pick([other.text, target.neighbour.text, target.stranger.text], draw(3))
  const [own, others] = [partsOf(target.text), partsOf(from)]
  const at = draw(target.text.length)
  switch (draw(5)) {
    case 0:
      return target.text.slice(0, at) + from.slice(at)
    case 1:
      return target.text.slice(0, at) + from.slice(draw(from.length))
    case 2:
      return from.slice(0, at) + target.text.slice(at)
    case 3:
      return own.head + others.box
    default:
      return target.text + from
  }
}

function structured(draw: Draw, target: Target): string {
  switch (draw(4)) {
    case 0:
      return pick(PIECES, draw(PIECES.length)) + (draw(2) === 0 ? '' : pick(PIECES, draw(PIECES.length)))
    case 1:
      return `~${jsonText(draw, 3)}`
    case 2: {
      const { head, box } = partsOf(target.text)
      const fields = {
        iv: box.slice(0, 16),
        value: box.slice(16, -22),
        tag: `${box.slice(-22)}==`,
        key_id: pick(NAMES, draw(NAMES.length)),
      }
      return draw(2) === 0 ? JSON.stringify(fields) : JSON.stringify({ ...fields, [pick(NAMES, draw(NAMES.length))]: head })
    }
    default:
      return jsonText(draw, 4)
  }
}

/** Written by hand: no object need have a key of such a name. */
function jsonText(draw: Draw, depth: number): string {
  const inner = (): string => jsonText(draw, depth - 1)
  const many = Array.from({ length: draw(4) })
  switch (depth === 0 ? draw(3) : draw(5)) {
    case 0:
      return String(draw(1000) - 500)
    case 1:
      return pick(['null', 'true', '1e999', '-0', '[', '{"', '"\\u0000"'], draw(7))
    case 2:
      return JSON.stringify(ofCodes(draw, draw(12), 0x1_0000))
    case 3:
      return `[${many.map(inner).join(',')}]`
    default:
      return `{${many.map(() => `${JSON.stringify(pick(NAMES, draw(NAMES.length)))}:${inner()}`).join(',')}}`
  }
}

function otherVersion(draw: Draw, { text }: Target): string {
  const rest = text.slice(text.indexOf('.') + 1)
  const marks = [
    'hf2',
    'hf0',
    'hf01',
    'hf9999',
    'hf12345',
    'HF1',
    'Hf1',
    'hf',
    'hf1 ',
    ' hf1',
    'hf-1',
    'hf1.0',
    'hf\uff11',
    'hf1\0',
    `hf${draw(10_000)}`,
  ]
  const mark = pick(marks, draw(marks.length))
  return mark === 'hf1' ? `hf2.${rest}` : `${mark}.${rest}`
}

function ofCodes(draw: Draw, length: number, below: number): string {
  return String.fromCharCode(...Array.from({ length }, () => draw(below)))
}

function ofLetters(draw: Draw, length: number): string {
  return Array.from({ length }, () => BASE64URL.charAt(draw(64))).join('')
}
