import type { SurveyPage } from '../../contracts/surveying-driver.ts'

const INSIDE = /^(?:127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|169\.254\.|::1$|::ffff:(?:127|10)\.|f[cd][0-9a-f]{2}:|fe80:)/i
const MOST_KEPT = 1000

/** Where sessions come from: whether one address stands for nearly all. */
export class Addresses {
  readonly #counts = new Map<string, number>()
  total = 0

  add({ records }: SurveyPage): void {
    for (const { metadata } of records) {
      const address = metadata?.ipAddress
      if (address === undefined) continue
      this.total++
      // One that comes from nearly everybody is among the first.
      if (this.#counts.has(address) || this.#counts.size < MOST_KEPT) this.#counts.set(address, (this.#counts.get(address) ?? 0) + 1)
    }
  }

  /** How often the most frequent one was seen. */
  get most(): number {
    return Math.max(0, ...this.#counts.values())
  }

  /** Whether that one is of a network of one's own. */
  get mostIsInside(): boolean {
    const [address = ''] = [...this.#counts].find(([, seen]) => seen === this.most) ?? []
    return INSIDE.test(address)
  }
}
