import { setTimeout as sleep } from 'node:timers/promises'

/** The longest time that a timer can be set to. */
const LONGEST_MS = 2 ** 31 - 1
const SLICES_PER_SECOND = 20

/** What slows one direction of all connections of a proxy. A change counts at once, also for bytes that are waiting. */
export class Brake {
  #delayMs = 0
  #bytesPerSecond = Infinity
  #held = false
  #changed = new AbortController()

  /** Each byte arrives this much later. */
  delay(ms: number): void {
    this.#delayMs = ms
    this.#change()
  }

  /** Bytes trickle. Less than one a second is possible. */
  throttle(bytesPerSecond: number): void {
    this.#bytesPerSecond = bytesPerSecond
    this.#change()
  }

  /** Nothing arrives until `release`. */
  hold(): void {
    this.#held = true
    this.#change()
  }

  /** Bytes go on as if nothing had been, those first that have waited. */
  release(): void {
    this.#delayMs = 0
    this.#bytesPerSecond = Infinity
    this.#held = false
    this.#change()
  }

  /** Waits until bytes that came at `arrivedAt` (Unix milliseconds) may go on. */
  async due(arrivedAt: number): Promise<void> {
    for (;;) {
      const leftMs = this.#held ? LONGEST_MS : arrivedAt + this.#delayMs - Date.now()
      if (leftMs <= 0) return
      await this.#sleep(leftMs)
    }
  }

  /** Gives bytes slice by slice, each when it may go on. */
  async *slices(bytes: Buffer): AsyncGenerator<Buffer> {
    let rest = bytes
    while (rest.length > 0) {
      await this.due(0)
      const size = Math.max(1, Math.min(rest.length, Math.floor(this.#bytesPerSecond / SLICES_PER_SECOND)))
      yield rest.subarray(0, size)
      rest = rest.subarray(size)
      if (this.#bytesPerSecond < Infinity) await this.#sleep((size / this.#bytesPerSecond) * 1000)
    }
  }

  #change(): void {
    this.#changed.abort()
    this.#changed = new AbortController()
  }

  async #sleep(ms: number): Promise<void> {
    await sleep(Math.min(ms, LONGEST_MS), undefined, { signal: this.#changed.signal }).catch(() => {})
  }
}
