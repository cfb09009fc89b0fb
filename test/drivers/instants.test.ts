import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { instantsOf, markerExpiry, sameVersion, touched } from '../../src/drivers/instants.ts'
import { aRecord } from '../../src/testing/suite/records.ts'

const NOW = 1_000_000
const instant = fc.integer({ min: 0, max: 2 * NOW })
const stamp = fc.oneof(instant, fc.constant('now' as const))
const durations = fc.record({
  idleMs: fc.integer({ min: 1, max: NOW }),
  absoluteMs: fc.option(fc.integer({ min: 1, max: NOW }), { nil: undefined }),
})

describe('instantsOf', () => {
  it('never looks into the future, and never gives more than either limit', () => {
    fc.assert(
      fc.property(
        stamp,
        fc.option(stamp, { nil: undefined }),
        fc.option(stamp, { nil: undefined }),
        durations,
        (createdAt, authenticatedAt, regeneratedAt, limits) => {
          const made = instantsOf(aRecord({ createdAt, authenticatedAt, regeneratedAt, durations: limits }), NOW)
          expect(made.lastActivity).toBe(NOW)
          expect(made.createdAt).toBe(createdAt === 'now' ? NOW : Math.min(createdAt, NOW))
          expect(made.authenticatedAt === undefined).toBe(authenticatedAt === undefined)
          expect(made.authenticatedAt ?? 0).toBeLessThanOrEqual(NOW)
          expect(made.regeneratedAt ?? 0).toBeLessThanOrEqual(NOW)
          const ends = [NOW + limits.idleMs, (made.authenticatedAt ?? made.createdAt) + (limits.absoluteMs ?? Number.POSITIVE_INFINITY)]
          expect(made.expiresAt).toBe(Math.min(...ends))
        },
      ),
    )
  })
})

describe('touched', () => {
  const record = fc.record({
    createdAt: instant,
    authenticatedAt: fc.option(instant, { nil: undefined }),
    lastActivity: instant,
    expiresAt: instant,
  })

  it('moves the expiry later only, and never past what the limits allow', () => {
    fc.assert(
      fc.property(record, durations, (old, limits) => {
        const { lastActivity, expiresAt } = touched(old, limits, NOW)
        expect(lastActivity).toBe(NOW)
        if (old.lastActivity <= NOW) expect(expiresAt).toBeGreaterThanOrEqual(old.expiresAt)
        if (expiresAt !== old.expiresAt) {
          expect(expiresAt).toBeLessThanOrEqual(NOW + limits.idleMs)
          const from = Math.min(old.authenticatedAt ?? old.createdAt, NOW)
          expect(expiresAt).toBeLessThanOrEqual(from + (limits.absoluteMs ?? Number.POSITIVE_INFINITY))
        }
      }),
    )
  })

  it('takes the expiry anew when the last activity lies in the future', () => {
    const old = { createdAt: NOW, authenticatedAt: undefined, lastActivity: NOW + 5000, expiresAt: NOW + 6000 }
    expect(touched(old, { idleMs: 1000, absoluteMs: undefined }, NOW)).toEqual({ lastActivity: NOW, expiresAt: NOW + 1000 })
  })
})

describe('markerExpiry', () => {
  it('is what was left, within the two bounds', () => {
    const bounds = { minimumMs: 100, maximumMs: 1000 }
    expect(markerExpiry(NOW + 500, bounds, NOW)).toBe(NOW + 500)
    expect(markerExpiry(NOW + 5, bounds, NOW)).toBe(NOW + 100)
    expect(markerExpiry(NOW - 5, bounds, NOW)).toBe(NOW + 100)
    expect(markerExpiry(NOW + 5000, bounds, NOW)).toBe(NOW + 1000)
  })
})

describe('sameVersion', () => {
  it('compares the counter and the token', () => {
    const version = { counter: 1, writeToken: 'a' }
    expect(sameVersion(version, { counter: 1, writeToken: 'a' })).toBe(true)
    expect(sameVersion(version, { counter: 2, writeToken: 'a' })).toBe(false)
    expect(sameVersion(version, { counter: 1, writeToken: 'b' })).toBe(false)
  })
})
