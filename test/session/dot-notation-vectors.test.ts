import { describe, expect, it } from 'vitest'
import { AttributeBag } from '../../src/session/attribute-bag.ts'
import { asPhpSees, dotVectors, unserialized, valueOf } from './vectors.ts'
import type { Deviation, DotCase, Operation } from './vectors.ts'

type Expected = Deviation & { readonly steps: Readonly<Record<number, unknown>>; readonly final: unknown }

const REFUSED = 'refused'

// Each entry: what Holdfast gives at the steps that differ, by their number, and at the end.
const deviations: Readonly<Record<string, Expected>> = {
  'literal dotted key present': {
    item: 'S-093',
    why: 'a literal key wins on set and forget too',
    steps: { 3: 'written', 4: { 'a.b': 'written', a: { b: 'nested' } }, 6: 'nested', 7: { a: { b: 'nested' } } },
    final: { a: { b: 'nested' } },
  },
  'literal dotted key only': {
    item: 'S-093',
    why: 'a literal key can be removed',
    steps: { 3: {}, 4: null, 5: {} },
    final: {},
  },
  'numeric key into a list': {
    item: 'S-096',
    why: 'an array stays an array: no holes, no named elements, and forget moves the rest up',
    steps: { 5: REFUSED, 6: { l: ['a', 'B', 'c'] }, 8: { l: ['B', 'c'] }, 9: REFUSED, 10: { l: ['B', 'c'] } },
    final: { l: ['B', 'c'] },
  },
  'zero-padded and negative segments': {
    item: 'S-098',
    why: 'JavaScript puts index-like keys first',
    steps: { 3: { a: { 1: 'z', '01': 'x', '-1': 'y' } } },
    final: { a: { 1: 'z', '01': 'x', '-1': 'y' } },
  },
  'javascript hazard keys': {
    item: 'S-099',
    why: 'segments that reach a prototype are refused',
    steps: { 0: REFUSED, 1: REFUSED, 2: null, 7: { length: 3 } },
    final: { length: 3 },
  },
}

const notOffered: readonly string[] = ['putArray'] // S-101

describe('dotted keys as the PHP library treats them', () => {
  const following = dotVectors.cases.filter(({ name }) => !(name in deviations))

  it.each(following)('$name', (vector) => {
    const { returned, final } = replay(vector)
    for (const [step, { returns }] of vector.AttributeBag.steps.entries()) {
      if (returns !== undefined) expect(returned[step], `step ${step}`).toEqual(asPhpSees(valueOf(returns)))
    }
    expect(final).toEqual(unserialized(vector.AttributeBag.finalSerialized))
  })

  it.each(Object.entries(deviations))('%s: not as in PHP', (name, { steps, final }) => {
    const vector = dotVectors.cases.find((candidate) => candidate.name === name)
    if (vector === undefined) throw new Error('no such vector')
    const replayed = replay(vector)
    for (const [step, { returns }] of vector.AttributeBag.steps.entries()) {
      if (step in steps) expect(replayed.returned[step], `step ${step}`).toEqual(asPhpSees(steps[step]))
      else if (returns !== undefined) expect(replayed.returned[step], `step ${step}`).toEqual(asPhpSees(valueOf(returns)))
    }
    expect(replayed.final).toEqual(asPhpSees(final))
    expect(replayed.final).not.toEqual(unserialized(vector.AttributeBag.finalSerialized))
  })

  it('29 of the 34 traces are followed, 5 are not', () => {
    expect(dotVectors.cases.length).toBe(dotVectors.count)
    expect([following.length, Object.keys(deviations).length, dotVectors.count]).toEqual([29, 5, 34])
  })
})

function replay(vector: DotCase): { readonly returned: readonly unknown[]; readonly final: unknown } {
  const data = Object.assign({}, valueOf(vector.initial))
  const bag = new AttributeBag()
  bag.initialize(data)
  const returned = vector.AttributeBag.steps.map(({ op }) => asPhpSees(applied(bag, op)))
  return { returned, final: asPhpSees(data) } // what was handed in is what changed
}

function applied(bag: AttributeBag, [name, key, value]: Operation): unknown {
  const path = String(key)
  try {
    if (name === 'get') return bag.get(path, value)
    if (name === 'has') return bag.has(path)
    if (name === 'pull') return bag.pull(path, value)
    if (name === 'set') return bag.set(path, structuredClone(value))
    if (name === 'forget') return bag.forget(path)
    if (name === 'all') return bag.all()
    if (name === 'clear') return bag.clear()
  } catch {
    return REFUSED
  }
  if (notOffered.includes(name)) return undefined
  throw new Error(`unknown operation ${name}`)
}
