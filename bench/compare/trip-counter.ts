import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { Server, Socket } from 'node:net'

const LOOK_MS = 2
/** So often in a row nothing may have happened. */
const QUIET_LOOKS = 3
const PATIENCE_MS = 10_000

/**
 * Stands between an application and its store and counts round trips, whatever they speak: one begins with the first bytes to the store after it
 * has answered, on each connection for itself. What is sent before the answer has come is no trip of its own.
 */
export class TripCounter implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #url: string
  #trips = 0
  #unanswered = 0

  /** @param url Where the store is. */
  static async before(url: string): Promise<TripCounter> {
    const counter = new TripCounter(url)
    counter.#server.listen(0, '127.0.0.1')
    await once(counter.#server, 'listening')
    return counter
  }

  private constructor(url: string) {
    this.#url = url
    this.#server = createServer({ noDelay: true }, (client) => this.#pass(client))
  }

  /** What the application is told. */
  get url(): string {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new TypeError('it does not listen')
    const url = new URL(this.#url)
    url.port = String(address.port)
    return url.href
  }

  /** All trips that were made since the last time, once no more come: some are made when the visitor has been answered already. */
  async take(): Promise<number> {
    const end = performance.now() + PATIENCE_MS
    for (let quiet = 0, before = -1; quiet < QUIET_LOOKS; before = this.#trips) {
      if (performance.now() > end) throw new Error('the store is never left alone')
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
      quiet = this.#unanswered === 0 && this.#trips === before ? quiet + 1 : 0
    }
    const trips = this.#trips
    this.#trips = 0
    return trips
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #pass(client: Socket): void {
    const { hostname, port } = new URL(this.#url)
    const store = connect({ host: hostname, port: Number(port), noDelay: true })
    let isWaiting = false
    const wait = (waits: boolean): void => {
      if (isWaiting !== waits) this.#unanswered += waits ? 1 : -1
      isWaiting = waits
    }
    client.on('data', (bytes) => {
      if (!isWaiting) this.#trips += 1
      wait(true)
      store.write(bytes)
    })
    store.on('data', (bytes) => {
      wait(false)
      client.write(bytes)
    })
    for (const [one, other] of [[client, store] as const, [store, client] as const]) {
      this.#sockets.add(one)
      one.on('error', () => {})
      one.on('close', () => {
        wait(false)
        this.#sockets.delete(one)
        other.destroy()
      })
    }
  }
}
