import { describe, expect, it } from 'vitest'
import { FlashBag } from '../../src/session/flash-bag.ts'
import { isPlainObject } from '../../src/session/plain.ts'
import { asPhpSees, flashVectors } from './vectors.ts'
import type { Deviation, FlashRequest, Operation } from './vectors.ts'

const keepsItsKind = {
  item: 'S-122',
  why: 'flash data follows the value rules of attributes: nothing is lost or turned into something else',
}

// In these, what the PHP library flashed is shown in the next request as it was, and is gone after it.
const deviations: Readonly<Record<string, Deviation>> = {
  'object becomes array': keepsItsKind,
  'binary string': keepsItsKind,
  INF: keepsItsKind,
}

describe('flash data as the PHP FlashBag treats it', () => {
  const following = flashVectors.cases.filter(({ name }) => !(name in deviations))

  it.each(following)('$name', ({ FlashBag: requests }) => {
    let stored: Record<string, unknown> = {}
    for (const [index, request] of requests.entries()) {
      const replayed = replay(stored, request)
      expect(asPhpSees(replayed.visibleAtStart), `request ${index}, at its start`).toEqual(asPhpSees(decoded(request.visibleAtStart)))
      expect(asPhpSees(replayed.returned), `request ${index}`).toEqual(
        asPhpSees(request.ops.map(({ returns }) => decoded(returns ?? null))),
      )
      expect(asPhpSees(replayed.visibleAtEnd), `request ${index}, at its end`).toEqual(asPhpSees(decoded(request.visibleAtEnd)))
      expect(asPhpSees(replayed.stored), `request ${index}, stored`).toEqual(asPhpSees(JSON.parse(String(request.storedFlash))))
      stored = replayed.stored
    }
  })

  it.each(Object.keys(deviations))('%s: not as in PHP', (name) => {
    const requests = flashVectors.cases.find((vector) => vector.name === name)?.FlashBag ?? []
    const [first, second] = requests
    if (first === undefined || second === undefined) throw new Error('no such vector')
    const flashed = replay({}, first)
    const shown = replay(flashed.stored, second)
    expect(shown.visibleAtStart).toEqual(flashed.visibleAtEnd)
    expect(shown.visibleAtStart).not.toEqual(decoded(second.visibleAtStart))
    expect(shown.stored).toEqual({})
  })

  it('40 of the 43 traces are followed, 3 are not', () => {
    expect(flashVectors.cases.length).toBe(flashVectors.count)
    expect([following.length, Object.keys(deviations).length, flashVectors.count]).toEqual([40, 3, 43])
  })
})

function replay(stored: Record<string, unknown>, request: FlashRequest) {
  const bag = new FlashBag()
  bag.initialize(structuredClone(stored))
  const visibleAtStart = visible(bag)
  const returned = request.ops.map(({ op }) => applied(bag, op))
  return { visibleAtStart, returned, visibleAtEnd: visible(bag), stored: structuredClone(bag.pending()) }
}

/** The keys whose `get` does not give the default: what the vectors call visible. */
function visible(bag: FlashBag): Record<string, unknown> {
  return Object.fromEntries(Object.entries(bag.visible()).filter(([key]) => bag.get(key) !== undefined))
}

function applied(bag: FlashBag, [name, ...args]: Operation): unknown {
  const [key, value] = args
  switch (name) {
    case 'flash':
      return bag.set(String(key), decoded(value))
    case 'now':
      return bag.now(String(key), decoded(value))
    case 'get':
      return bag.get(String(key), value)
    case 'keep':
      return bag.keep(...args.map(String))
    case 'reflash':
      return bag.reflash()
    case 'flush':
      return bag.clear()
    default:
      throw new Error(`unknown operation ${name}`)
  }
}

function decoded(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decoded)
  if (!isPlainObject(value)) return value
  if (typeof value['float'] === 'string') return value['float'] === 'INF' ? Infinity : Number(value['float'])
  if (typeof value['b64'] === 'string') return new Uint8Array(Buffer.from(value['b64'], 'base64'))
  if (value['object'] === 'stdClass') return new Map([['x', 1]])
  if (value['object'] === 'DateTimeImmutable') return new Date('2025-06-15T00:00:00Z')
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, decoded(part)]))
}
