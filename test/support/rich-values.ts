import fc from 'fast-check'

const KEYS = [
  'a',
  'b',
  '',
  '0',
  '10',
  'a.b',
  '__proto__',
  '~__proto__',
  '~~__proto__',
  'constructor',
  'toString',
  'toJSON',
  'length',
  'then',
  '\ud800',
]

const key = fc.oneof(fc.constantFrom(...KEYS), fc.string({ unit: 'grapheme', maxLength: 4 }))
const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 12 }), fc.constantFrom('\ud800', '</script>', '\u2028', '~', '["Date",""]'))
const bytes = fc.uint8Array({ maxLength: 24 })

/** What JSON keeps and no object: numbers as they are, but -0. */
const plainLeaf = fc.oneof(
  text,
  fc.boolean(),
  fc.constant(null),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0),
)

const richLeaf = fc.oneof(
  fc.constantFrom(undefined, Number.NaN, Infinity, -Infinity, -0),
  fc.bigInt(),
  fc.date({ noInvalidDate: false }),
  fc
    .constantFrom('a+b', 'a/b', '\\d{2}', '(?<x>.)')
    .chain((source) => fc.constantFrom('', 'g', 'iu', 'v').map((flags) => new RegExp(source, flags))),
  fc.webUrl().map((url) => new URL(url)),
  fc.array(fc.tuple(text, text), { maxLength: 3 }).map((pairs) => new URLSearchParams(pairs)),
  bytes.map((data) => data.buffer),
  bytes.chain((data) =>
    fc.constantFrom(
      data,
      data.subarray(1),
      new Uint16Array(data.buffer, 0, data.length >> 1),
      new Float64Array(data.buffer.slice(0, data.length & ~7)),
      new BigInt64Array(data.buffer, 0, data.length >> 3),
      new DataView(data.buffer, 0, data.length >> 1),
    ),
  ),
)

/** Data that JSON keeps whole. */
export const plainValue: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 5, withCrossShrink: true }, plainLeaf, fc.array(tie('value'), { maxLength: 4 }), objectOf(tie('value'))),
})).value

/** Anything that NativeSerializer keeps, but for shared and circular references. */
const richTree: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    plainLeaf,
    richLeaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(fc.nat({ max: 60 }), tie('value')), { maxLength: 3 }).map(arrayWithHoles),
    objectOf(tie('value')),
    objectOf(tie('value')).map((object) => Object.setPrototypeOf(object, null) as object),
    fc.array(fc.tuple(fc.oneof(text, tie('value')), tie('value')), { maxLength: 3 }).map((pairs) => new Map(pairs)),
    fc.array(tie('value'), { maxLength: 3 }).map((members) => new Set(members)),
  ),
})).value

/** Anything that NativeSerializer keeps: objects met more than once, and objects within themselves, too. */
export const richValue: fc.Arbitrary<unknown> = linked(richTree)

/** Plain data in which objects may be met more than once. */
export const linkedPlainValue: fc.Arbitrary<unknown> = linked(plainValue)

function linked(tree: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const links = fc.array(fc.tuple(fc.nat(), fc.nat(), key), { maxLength: 4 })
  return fc.tuple(fc.array(tree, { minLength: 1, maxLength: 4 }), links).map(([trees, pairs]) => {
    const objects: object[] = [trees]
    for (const value of trees) collect(value, objects)
    for (const [from, to, name] of pairs) link(objects[from % objects.length], objects[to % objects.length], name)
    return trees
  })
}

function objectOf(value: fc.Arbitrary<unknown>): fc.Arbitrary<object> {
  return fc.array(fc.tuple(key, value), { maxLength: 4 }).map((entries) => Object.fromEntries(entries))
}

function arrayWithHoles(elements: readonly (readonly [number, unknown])[]): unknown[] {
  const array: unknown[] = []
  for (const [index, element] of elements) array[index] = element
  return array
}

function collect(value: unknown, objects: object[]): void {
  if (typeof value !== 'object' || value === null) return
  objects.push(value)
  if (value instanceof Map || value instanceof Set) for (const member of value.values()) collect(member, objects)
  else if (!ArrayBuffer.isView(value)) for (const member of Object.values(value)) collect(member, objects)
}

function link(from: object | undefined, to: object | undefined, name: string): void {
  if (from instanceof Map) from.set(to, to)
  else if (from instanceof Set) from.add(to)
  else if (Array.isArray(from)) from.push(to)
  else if (from !== undefined && [Object.prototype, null].includes(Object.getPrototypeOf(from) as object | null))
    Object.defineProperty(from, name, { value: to, writable: true, enumerable: true, configurable: true })
}
