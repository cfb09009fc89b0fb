import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { LockingDriver } from '../../src/contracts/driver.ts'
import { withoutMarkReadBack } from '../support/unmended.ts'
import { ExploreHistory } from './support/explore-history.ts'
import type { HistoryOptions } from './support/explore-history.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'] })
  return () => void vi.useRealTimers()
})

/** Plays histories from a seed on until one breaks a rule: what was broken, and how much was acknowledged. */
async function explore(
  count: number,
  options: Omit<HistoryOptions, 'seed'>,
  firstSeed = 1,
): Promise<{ found: string | undefined; acknowledged: number }> {
  let acknowledged = 0
  for (let seed = firstSeed; seed < firstSeed + count; seed++) {
    const history = new ExploreHistory({ ...options, seed })
    const broken = await history.play()
    acknowledged += history.oracle.acknowledged
    if (broken !== undefined) return { found: `seed ${seed}: ${broken}\n${history.trace.join('\n')}`, acknowledged }
  }
  return { found: undefined, acknowledged }
}

describe('sessions of two processes over a bad line', () => {
  it.each([
    ['nothing going wrong', { requests: 8, faults: 0 }],
    ['a few things going wrong', { requests: 5, faults: 2 }],
    ['much going wrong', { requests: 9, faults: 6 }],
    ['rotations and logouts', { requests: 5, faults: 3, kinds: ['rotate', 'rotate', 'logout', 'change', 'readonly'] }],
    ['logins and logouts', { requests: 6, faults: 3, kinds: ['login', 'logout', 'rotate', 'change', 'readonly'] }],
  ] as const)('lose no increment, double none, bring nothing back, adopt nothing, and end, with %s', async (_, options) => {
    const { found, acknowledged } = await explore(1000, options)
    expect(found).toBeUndefined()
    expect(acknowledged).toBeGreaterThan(1500)
  })
})

/** A driver of which one method answers something else. */
function changed(method: keyof LockingDriver, change: (answer: never) => unknown): (driver: LockingDriver) => LockingDriver {
  return (driver) =>
    new Proxy(driver, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target)
        if (typeof member !== 'function') return member
        const call = (...given: unknown[]): unknown => Reflect.apply(member, target, given)
        return name === method ? async (...given: unknown[]) => change((await call(...given)) as never) : call
      },
    })
}

/** A driver that gives no lease back. */
function keepingLeases(driver: LockingDriver): LockingDriver {
  return new Proxy(driver, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name, target)
      if (name === 'unlock') return () => Promise.resolve(false)
      return typeof member === 'function' ? (...given: unknown[]): unknown => Reflect.apply(member, target, given) : member
    },
  })
}

describe('the exploration notices', () => {
  const rotated = { requests: 5, faults: 3, kinds: ['rotate', 'rotate', 'logout', 'readonly'] } as const
  const hidden = changed('destroy', (was: { kind: string }) => (was.kind === 'marker' ? { kind: 'record' } : was))
  const written = { kind: 'written', version: { counter: 9, writeToken: 'w' }, expiresAt: 9, lease: undefined, readBack: true }
  const claimed = changed('commit', (result: { kind: string }) => (result.kind === 'lost' ? written : result))

  it.each([
    ['a logout that does not follow a rotation', { ...rotated, mutate: hidden }],
    ['a rotation that is undone when only its answer was lost', { requests: 6, faults: 4, protocol: withoutMarkReadBack }],
    ['a write that is said to be stored and was refused', { requests: 6, faults: 4, mutate: claimed }],
    ['a lease that is not given back', { requests: 6, faults: 0, mutate: keepingLeases }],
  ] as const)('%s', async (_, mutation) => {
    const { found } = await explore(5000, mutation)
    expect(found).toMatch(/^seed/)
  })
})
