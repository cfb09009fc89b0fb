import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AttributeBag } from '../../src/session/attribute-bag.ts'
import { modelForget, modelGet, modelSet, nodeOf, plainOf, REFUSED } from './dot-path-model.ts'
import type { Node } from './dot-path-model.ts'

const segment = fc.constantFrom('a', 'b', 'c', '', '0', '1', '2', '01', '-1', 'length', 'toString', '__proto__', 'constructor', 'prototype')
const key = fc.oneof(
  { weight: 6, arbitrary: fc.array(segment, { minLength: 1, maxLength: 4 }).map((segments) => segments.join('.')) },
  { weight: 1, arbitrary: fc.string() },
)
const value = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(0, 1, 'text', '', false, null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', '', '0', 'length'), tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value
const operation = fc.record({ act: fc.constantFrom('get', 'has', 'set', 'set', 'set', 'forget', 'pull', 'increment'), key, value })
const stored = fc.constantFrom(
  '{}',
  '{"a":{"b":[1,[2],{"c":3}]},"b":["x"]}',
  '{"a.b":1,"a":{"b":2}}',
  '{"a.b":{"c":1},".":0,"":{"":1}}',
  '{"__proto__":{"a":1,"0":2},"a":{"constructor":{"prototype":1}}}',
)

describe('the attribute bag beside a second account of dotted keys', () => {
  it('gives the same answers and ends with the same data, whatever is done to it', () => {
    fc.assert(
      fc.property(stored, fc.array(operation, { maxLength: 25 }), (text, operations) => {
        const bag = new AttributeBag()
        bag.initialize(JSON.parse(text))
        let model = rootOf(JSON.parse(text))
        for (const step of operations) {
          const before = model
          const [answer, next] = onModel(model, step)
          model = next
          expect(onBag(bag, step)).toEqual(answer)
          expect(bag.isChanged || model === before || sameTree(model, before)).toBe(true)
        }
        expect(entriesIn(bag.data)).toEqual(entriesIn(plainOf(model)))
        expect(entriesIn(bag.all())).toEqual(entriesIn(bag.data))
        if (!bag.isTouched) expect(entriesIn(bag.data)).toEqual(entriesIn(JSON.parse(text)))
      }),
      { numRuns: 1000 },
    )
  })

  it('never reaches a prototype, whatever the keys are (ASVS-15.3.6)', () => {
    const names = Reflect.ownKeys(Object.prototype)
    const arrayNames = Reflect.ownKeys(Array.prototype)
    fc.assert(
      fc.property(stored, fc.array(operation, { maxLength: 10 }), (text, operations) => {
        const bag = new AttributeBag()
        bag.initialize(JSON.parse(text))
        for (const step of operations) onBag(bag, step)
        expect(Object.getPrototypeOf(bag.data)).toBe(Object.prototype)
        expect(Object.getPrototypeOf(bag.all())).toBe(Object.prototype)
        expect(Reflect.ownKeys(Object.prototype)).toEqual(names)
        expect(Reflect.ownKeys(Array.prototype)).toEqual(arrayNames)
      }),
      { numRuns: 500 },
    )
  })
})

interface Step {
  readonly act: string
  readonly key: string
  readonly value: unknown
}

function onBag(bag: AttributeBag, step: Step): unknown {
  try {
    if (step.act === 'get') return structuredClone(bag.get(step.key, 'default'))
    if (step.act === 'has') return bag.has(step.key)
    if (step.act === 'pull') return bag.pull(step.key, 'default')
    if (step.act === 'increment') return bag.increment(step.key)
    if (step.act === 'set') return bag.set(step.key, structuredClone(step.value))
    return bag.forget(step.key)
  } catch {
    return REFUSED
  }
}

function onModel(model: Map<string, Node>, step: Step): readonly [answer: unknown, model: Map<string, Node>] {
  const found = modelGet(model, step.key)
  const answer = found === undefined ? 'default' : plainOf(found)
  if (step.act === 'get') return [answer, model]
  if (step.act === 'has') return [found !== undefined && found !== null, model]
  if (step.act === 'pull') return [answer, modelForget(model, step.key)]
  if (step.act === 'forget') return [undefined, modelForget(model, step.key)]
  const raised = typeof (found ?? 0) === 'number' ? Number(found ?? 0) + 1 : undefined
  if (step.act === 'increment' && raised === undefined) return [REFUSED, model]
  const next = modelSet(model, step.key, step.act === 'increment' ? (raised ?? 0) : nodeOf(step.value))
  return next === REFUSED ? [REFUSED, model] : [step.act === 'increment' ? raised : undefined, next]
}

function rootOf(data: unknown): Map<string, Node> {
  const root = nodeOf(data)
  return root instanceof Map ? root : new Map()
}

/** `toEqual` overlooks an own `__proto__`: lists of entries do not. */
function entriesIn(data: unknown): unknown {
  if (typeof data !== 'object' || data === null) return data
  const entries = Object.entries(data).map(([name, part]) => [name, entriesIn(part)])
  return Array.isArray(data) ? { list: entries } : { object: entries.toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1)) }
}

function sameTree(one: Map<string, Node>, other: Map<string, Node>): boolean {
  return JSON.stringify(entriesIn(plainOf(one))) === JSON.stringify(entriesIn(plainOf(other)))
}
