import { createHash } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import { newSessionId } from '../../../src/session/id.ts'
import { openShop } from '../../manager/support/shop.ts'
import { loginOf } from '../support/session-world.ts'

const COUNT = 1_000_000
const USER = 'ada.lovelace'
const DIGITS = 40
/** How many standard deviations a fair bit strays at most: of all that are looked at here, one in a thousand million runs. */
const MOST_DEVIATIONS = 7.5

/** How far a count of heads is from half of the throws, in standard deviations. */
function deviations(heads: number, throws: number): number {
  return Math.abs(heads - throws / 2) / Math.sqrt(throws / 4)
}

/** Counts the bits of ids, at each place of them. */
class BitCounts {
  /** How often each two digits in a row were which, at each place. */
  readonly #pairs = new Float64Array(DIGITS * 256)

  take(id: string): void {
    let pair = 0
    for (let digit = 0; digit < DIGITS; digit++) {
      const code = id.charCodeAt(digit)
      pair = ((pair & 15) << 4) | (code < 58 ? code - 48 : code - 87)
      const at = digit * 256 + pair
      this.#pairs[at] = (this.#pairs[at] ?? 0) + 1
    }
  }

  /** How often the digits at a place were such that the answer is 1. */
  sum(digit: number, ask: (pair: number) => number): number {
    let sum = 0
    for (let pair = 0; pair < 256; pair++) sum += ask(pair) * (this.#pairs[digit * 256 + pair] ?? 0)
    return sum
  }
}

describe('session ids', () => {
  it('ASVS-7.2.3 a million of them hold no duplicate, and each of their 160 bits is a fair one', () => {
    const counts = new BitCounts()
    const ids = new Set<string>()
    for (let n = 0; n < COUNT; n++) {
      const id = newSessionId()
      ids.add(id)
      counts.take(id)
    }
    expect(ids.size).toBe(COUNT)
    let all = 0
    for (let digit = 0; digit < DIGITS; digit++) {
      for (let bit = 0; bit < 4; bit++) {
        const ones = counts.sum(digit, (pair) => (pair >> bit) & 1)
        all += ones
        expect([digit, bit, deviations(ones, COUNT) < MOST_DEVIATIONS]).toEqual([digit, bit, true])
        // Each bit and the one before it: alike as often as not.
        const alike = counts.sum(digit, (pair) => ((pair >> bit) ^ (pair >> (bit + 1)) ^ 1) & 1)
        if (digit > 0 || bit < 3) expect([digit, bit, deviations(alike, COUNT) < MOST_DEVIATIONS]).toEqual([digit, bit, true])
      }
    }
    expect(deviations(all, COUNT * DIGITS * 4)).toBeLessThan(MOST_DEVIATIONS)
  })

  it('ASVS-7.2.3 they are no UUIDs, and come of the platform’s secure generator alone', async () => {
    const { sessions } = openShop()
    vi.spyOn(Math, 'random').mockReturnValue(0.5)
    const ids = [await loginOf(sessions), await loginOf(sessions)]
    expect(new Set(ids).size).toBe(2)
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{40}$/)
    // Version and variant of a UUID would stand at fixed places.
    const many = Array.from({ length: 400 }, () => newSessionId())
    for (const at of [12, 14, 16, 19]) expect(new Set(many.map((id) => id.charAt(at))).size).toBe(16)
    vi.spyOn(crypto, 'getRandomValues').mockImplementation((array) => array)
    const zeros = Array.from({ length: 500 }, () => newSessionId())
    expect(zeros).toContain('0'.repeat(40))
    vi.restoreAllMocks()
    // What was drawn meanwhile is used up, so that nobody else gets it.
    for (let n = 0; n < 500; n++) newSessionId()
  })

  it('CS-SM "Entropy/Length" an id has 160 bits, and no digit of it is fixed', () => {
    const many = Array.from({ length: 1000 }, () => newSessionId())
    for (const id of many) expect(Buffer.from(id, 'hex')).toHaveLength(20)
    for (let at = 0; at < 40; at++) expect(new Set(many.map((id) => id.charAt(at))).size).toBe(16)
  })

  it('CS-SM "Content" an id says nothing of its user, its time or its place: two of the same have nothing in common', async () => {
    const { sessions, clock } = openShop()
    const ids: string[] = []
    for (let n = 0; n < 600; n++) ids.push(await loginOf(sessions, USER))
    const facts = [
      `${clock.now()}`,
      clock.now().toString(16),
      Buffer.from(USER).toString('hex'),
      createHash('sha1').update(USER).digest('hex').slice(0, 20),
    ]
    for (const id of ids) for (const fact of facts) expect(id).not.toContain(fact)
    // Whatever all of them had in common would be what they say.
    for (let at = 0; at < 40; at++) expect(new Set(ids.map((id) => id.charAt(at))).size).toBe(16)
  })

  it('NIST-5.1 a the secret of a login has 160 bits of the platform’s generator', async () => {
    const { sessions } = openShop()
    const drawn = vi.spyOn(crypto, 'getRandomValues')
    const ids = new Set<string>()
    for (let n = 0; n < 200; n++) ids.add(await loginOf(sessions))
    expect(ids.size).toBe(200)
    const bytes = drawn.mock.calls.reduce((sum, [array]) => sum + (array?.byteLength ?? 0), 0)
    expect(bytes).toBeGreaterThanOrEqual(200 * 20)
  })
})
