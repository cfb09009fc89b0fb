import { describe, expect, it } from 'vitest'
import { Jar } from '../../proof/run/jar.ts'
import { drawVisit, randomOf } from '../../proof/run/plan.ts'
import { type Asked, askedBy, pathOf } from '../../proof/run/talk.ts'

const WORK = { longestWorkMs: 10, longestPauseMs: 10 }

describe('what a visitor of a proof does', () => {
  it('is the same for the same seed and number, and another for each other', () => {
    const visit = (seed: number, number: number) => drawVisit(randomOf(seed, 3, number), WORK)
    expect(visit(1, 2)).toEqual(visit(1, 2))
    const all = Array.from({ length: 200 }, (_, at) => JSON.stringify([visit(1, at), visit(2, at)]))
    expect(new Set(all).size).toBe(200)
  })

  it('is of every kind, in every mode, and by every id', () => {
    const requests = Array.from({ length: 300 }, (_, at) => drawVisit(randomOf(9, at), WORK).rows.flat()).flat()
    const kinds = requests.map(({ deed }) => (deed.kind === 'regenerate' ? `${deed.kind} ${deed.endsOld}` : deed.kind))
    expect(new Set(kinds)).toEqual(new Set(['read', 'write', 'increment', 'regenerate true', 'regenerate false', 'destroy']))
    expect(new Set(requests.map(({ concurrency }) => concurrency))).toEqual(new Set(['exclusive', 'merge', 'readonly']))
    expect(new Set(requests.map(({ by }) => by))).toEqual(new Set(['cookie', 'earlier id', 'invented id']))
    expect(requests.filter(({ deed, concurrency }) => concurrency === 'readonly' && deed.kind !== 'read')).toEqual([])
  })

  it.each<Asked>([
    { deed: { kind: 'create' }, mark: 'v1.2', concurrency: 'exclusive', workMs: 0 },
    { deed: { kind: 'write', argument: 42 }, mark: 'v1.2', concurrency: 'merge', workMs: 3 },
    { deed: { kind: 'regenerate', endsOld: true }, mark: 'v1.2', concurrency: 'exclusive', workMs: 3 },
    { deed: { kind: 'regenerate', endsOld: false }, mark: 'v1.2', concurrency: 'exclusive', workMs: 3 },
    { deed: { kind: 'read' }, mark: 'v1.2', concurrency: 'readonly', workMs: 3 },
  ])('is understood by the application: $deed', (asked) => {
    expect(askedBy(pathOf(asked))).toEqual(asked)
  })
})

describe('the cookie of a browser', () => {
  it('is the last that an answer gave, and the earlier ones are remembered', () => {
    const jar = new Jar()
    jar.take({ given: 'a' }, 0, false)
    jar.take(undefined, 0, false)
    jar.take({ given: 'b' }, 0, false)
    expect([jar.id, jar.earlier]).toEqual(['b', ['a']])
    jar.take('removed', 0, false)
    expect([jar.id, jar.earlier]).toEqual([undefined, ['a', 'b']])
  })

  it('stays that of a login when the answer to an earlier request comes later', () => {
    const jar = new Jar()
    jar.take({ given: 'before' }, 0, false)
    const sent = jar.logins
    jar.take({ given: 'after' }, jar.logins, true)
    jar.take({ given: 'late' }, sent, false)
    expect(jar.id).toBe('after')
  })
})
