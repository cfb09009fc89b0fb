import { describe, expect, it } from 'vitest'
import { MetadataBag } from '../../src/session/metadata-bag.ts'

function bagOf(stored: Record<string, unknown>, seen?: string): MetadataBag {
  const bag = new MetadataBag({ clock: () => 0 })
  bag.initialize(stored, seen)
  return bag
}

const LOOKS = [
  { look: 'userAgent', of: (bag: MetadataBag) => bag.userAgent },
  { look: 'get', of: (bag: MetadataBag) => bag.get('user_agent') },
  { look: 'clear', of: (bag: MetadataBag) => bag.clear()['user_agent'] },
]

describe('the user agent of the request', () => {
  it.each(LOOKS)('is there for $look, newer than what was stored, in its form, and no change by itself', ({ of }) => {
    const bag = bagOf({ user_agent: 'of last week' }, `of today\n${'x'.repeat(600)}`)
    expect(bag.isChanged).toBe(false)
    expect(of(bag)).toBe(`of today\ufffd${'x'.repeat(503)}`)
  })

  it.each(LOOKS)('leaves what was stored for $look where a request has none', ({ of }) => {
    expect(of(bagOf({ user_agent: 'of last week' }))).toBe('of last week')
  })

  it('does not come back over one that was set before anybody had looked', () => {
    const bag = bagOf({}, 'seen')
    bag.setUserAgent('set')
    expect([bag.userAgent, bag.isChanged]).toEqual(['set', true])
  })

  it('does not come back when it was forgotten before anybody had looked', () => {
    const bag = bagOf({}, 'seen')
    bag.setUserAgent(null)
    expect([bag.userAgent, bag.isChanged]).toEqual([undefined, true])
    const cleared = bagOf({}, 'seen')
    cleared.clear()
    expect(cleared.userAgent).toBeUndefined()
  })

  it('is no change when it is set to what it is', () => {
    const bag = bagOf({}, 'seen')
    bag.setUserAgent('seen')
    expect(bag.isChanged).toBe(false)
  })
})
