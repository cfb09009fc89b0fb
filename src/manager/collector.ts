import type { SessionDriver } from '../contracts/driver.ts'
import type { EventHub } from './event-hub.ts'
import { quietInterval } from '../session/runtime.ts'

/** Removes expired records from time to time, off the request path, one collection at a time. It keeps no process alive. */
export class Collector {
  readonly #driver: SessionDriver
  readonly #ready: () => Promise<void> | undefined
  readonly #events: EventHub
  #timer: ReturnType<typeof setInterval> | undefined
  #running: Promise<number> | undefined
  #abort = new AbortController()

  /** @param ready Opens the store; `undefined` when it is open. */
  constructor(driver: SessionDriver, ready: () => Promise<void> | undefined, events: EventHub) {
    this.#driver = driver
    this.#ready = ready
    this.#events = events
  }

  /** Starts it, or sets its pace anew. */
  start(everyMs: number): void {
    this.stop()
    this.#abort = new AbortController()
    this.#timer = quietInterval(() => void this.collect().catch(() => undefined), everyMs)
  }

  /** Stops it; a collection that runs ends after its batch. */
  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#abort.abort()
  }

  /** Collects now, or joins the collection that runs. Answers how many records it removed. */
  collect(): Promise<number> {
    this.#running ??= this.#collectOnce().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  /** Resolves when no collection runs. */
  async settled(): Promise<void> {
    await this.#running?.catch(() => 0)
  }

  async #collectOnce(): Promise<number> {
    try {
      await this.#ready()
      const removed = await this.#driver.gc({ signal: this.#abort.signal })
      if (removed > 0) this.#events.emit('collected', { key: undefined, removed })
      return removed
    } catch (cause) {
      this.#events.emit('trouble', { operation: 'gc', key: undefined, cause })
      throw cause
    }
  }
}
