import type { Socket } from 'node:net'
import type { Brake } from './brake.ts'

/** Bytes that may wait in a lane before it stops reading. */
const MOST_WAITING = 1_000_000

export interface LaneOptions {
  readonly from: Socket
  readonly to: Socket
  readonly brake: Brake
  /** What is to be written for bytes that have come. The code after a `yield` runs once that piece is written. */
  readonly pieces: (bytes: Buffer) => Iterable<Buffer>
}

/** One direction of a connection: what comes goes out in the same order, the end of the stream too. */
export class Lane {
  readonly #options: LaneOptions
  #queue: Promise<void> = Promise.resolve()
  #waiting = 0
  #closed = false

  constructor(options: LaneOptions) {
    this.#options = options
    const { from, to } = options
    from.on('data', (bytes) => {
      const arrivedAt = Date.now()
      this.#waiting += bytes.length
      if (this.#waiting > MOST_WAITING) from.pause()
      this.#then(async () => {
        await this.#pass(bytes, arrivedAt)
        this.#waiting -= bytes.length
        if (from.isPaused()) from.resume()
      })
    })
    from.on('end', () => {
      const arrivedAt = Date.now()
      this.#then(async () => {
        await options.brake.due(arrivedAt)
        to.end()
      })
    })
  }

  /** Ends the stream here; what still comes is dropped. Nothing is said to the other side of the lane. */
  close(): void {
    this.#closed = true
    this.#options.to.end()
  }

  get #isOpen(): boolean {
    return !this.#closed && !this.#options.to.destroyed
  }

  #then(step: () => Promise<void>): void {
    // A failed write is no failure of the lane: the socket's own events say what has become of it.
    this.#queue = this.#queue.then(step).catch(() => {})
  }

  async #pass(bytes: Buffer, arrivedAt: number): Promise<void> {
    const { brake, pieces } = this.#options
    await brake.due(arrivedAt)
    if (!this.#isOpen) return
    for (const piece of pieces(bytes)) {
      for await (const slice of brake.slices(piece)) {
        if (!this.#isOpen) return
        await this.#write(slice)
      }
    }
  }

  #write(bytes: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#options.to.write(bytes, (error) => (error ? reject(error) : resolve()))
    })
  }
}
