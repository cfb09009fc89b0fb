import { describe, expect, it } from 'vitest'
import { hasEnded } from '../../src/session/lifetime.ts'

const limits = { idleMs: 100, absoluteMs: 1000 }

describe('a session has ended', () => {
  it.each([
    ['in use', { createdAt: 0, authenticatedAt: undefined, lastActivity: 901 }, false],
    ['not used for exactly the idle time', { createdAt: 0, authenticatedAt: undefined, lastActivity: 899 }, true],
    ['used up to the absolute limit', { createdAt: -1, authenticatedAt: undefined, lastActivity: 999 }, true],
    ['authenticated anew since', { createdAt: -5000, authenticatedAt: 0, lastActivity: 999 }, false],
    ['authenticated anew too long ago', { createdAt: -5000, authenticatedAt: -1, lastActivity: 999 }, true],
    ['last used in the future, by a clock that was wrong', { createdAt: 0, authenticatedAt: undefined, lastActivity: 5000 }, false],
  ])('or not: %s', (_, times, ended) => {
    expect(hasEnded(times, limits, 999)).toBe(ended)
  })

  it('never by its age where there is no absolute limit', () => {
    const times = { createdAt: -1e12, authenticatedAt: undefined, lastActivity: 999 }
    expect(hasEnded(times, { idleMs: 100, absoluteMs: undefined }, 999)).toBe(false)
  })
})
