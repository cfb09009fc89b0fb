import { describe, expect, it } from 'vitest'
import { AttributeBag } from '../../src/session/attribute-bag.ts'
import { FlashBag } from '../../src/session/flash-bag.ts'
import { MetadataBag } from '../../src/session/metadata-bag.ts'
import { flashVectors } from './vectors.ts'
import type { Deviation } from './vectors.ts'

const NOW = 1_750_000_000 // seconds: where the vectors' clock stands

// What Holdfast says to the same question.
const facts: Readonly<Record<string, () => unknown>> = {
  'FlashBag name / storage key': () => [new FlashBag().name, new FlashBag().storageKey],
  'AttributeBag name / storage key': () => [new AttributeBag().name, new AttributeBag().storageKey],
  'MetadataBag name / storage key': () => [metadata().name, metadata().storageKey],
  'FlashBag without initialize(): set then get': () => {
    const bag = new FlashBag()
    bag.set('x', 1)
    return bag.get('x')
  },
  'FlashBag has() of a null value': () => {
    const bag = new FlashBag()
    bag.set('x', null)
    return [bag.has('x'), bag.get('x', 'd')]
  },
  'FlashBag clear() returns and empties (reference kept?)': () => {
    const bag = new FlashBag()
    const storage = { x: 1 }
    bag.initialize(storage)
    return { returned: bag.clear(), storage: Object.entries(storage) }
  },
  'MetadataBag initialize on empty storage': () => initialized({}),
  'MetadataBag getters without initialize (frozen now 1750000000)': () => [metadata().getCreatedAt(), metadata().getLastUsedAt()],
  'MetadataBag stampNew default threshold 0': () => stamped({ created_at: 1, last_used_at: 1 }),
  'MetadataBag threshold 300, age 299': () => stampedAtAge(299),
  'MetadataBag threshold 300, age 300': () => stampedAtAge(300),
  'MetadataBag threshold 300, age 301': () => stampedAtAge(301),
  'MetadataBag stampNew twice in one request, threshold 300, second after another 10 s': () => {
    let now = NOW
    const bag = new MetadataBag({ clock: () => now * 1000 })
    bag.initialize({ last_used_at: NOW - 300 })
    bag.setUpdateThreshold(300)
    bag.stampNew()
    const first = bag.getLastUsedAt()
    now += 10
    bag.stampNew()
    return { first, second: bag.getLastUsedAt() }
  },
  'MetadataBag non-numeric stored stamp': () => {
    const data = { created_at: '12abc', last_used_at: NOW }
    const bag = metadata()
    bag.initialize(data)
    return [bag.getCreatedAt(), bag.getLastUsedAt(), data]
  },
  'MetadataBag get/set/clear': () => {
    const bag = metadata()
    const data = {}
    bag.initialize(data)
    bag.set('ip_address', '1.2.3.4')
    return [bag.get('ip_address'), bag.get('missing', 'd'), bag.clear(), Object.entries(data), bag.getCreatedAt()]
  },
  'MetadataBag negative threshold': () => {
    try {
      return metadata().setUpdateThreshold(-1)
    } catch {
      return 'refused'
    }
  },
}

const deviations: Readonly<Record<string, Deviation & { readonly result: unknown }>> = {
  'MetadataBag stampNew twice in one request, threshold 300, second after another 10 s': {
    item: 'S-151',
    why: 'a stamp counts for the next one',
    result: { first: NOW, second: NOW },
  },
  'MetadataBag non-numeric stored stamp': {
    item: 'S-150',
    why: 'half a number is no time: the stamp is made anew',
    result: [NOW, NOW, { created_at: NOW, last_used_at: NOW }],
  },
  'MetadataBag negative threshold': { item: 'S-151', why: 'there is no negative time to wait', result: 'refused' },
}

describe('facts about the bags of the PHP library', () => {
  it.each(flashVectors.bagFacts)('$what', ({ what, result }) => {
    const answer = facts[what]
    if (answer === undefined) throw new Error('no answer to this fact')
    expect(answer()).toEqual(deviations[what]?.result ?? result)
    if (what in deviations) expect(answer()).not.toEqual(result)
  })

  it('13 of the 16 facts are the same, 3 are not', () => {
    expect([flashVectors.bagFacts.length, Object.keys(deviations).length]).toEqual([16, 3])
  })
})

function metadata(): MetadataBag {
  return new MetadataBag({ clock: () => NOW * 1000 })
}

function initialized(data: Record<string, unknown>): unknown {
  metadata().initialize(data)
  return data
}

function stamped(data: Record<string, unknown>): unknown {
  const bag = metadata()
  bag.initialize(data)
  bag.stampNew()
  return data
}

function stampedAtAge(seconds: number): 'updated' | 'unchanged' {
  const bag = metadata()
  bag.initialize({ last_used_at: NOW - seconds })
  bag.setUpdateThreshold(300)
  bag.stampNew()
  return bag.getLastUsedAt() === NOW ? 'updated' : 'unchanged'
}
