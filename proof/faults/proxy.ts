import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { Brake } from './brake.ts'
import { Connection } from './connection.ts'
import { type Direction, type Moment, type PlannedCut, PlannedCuts, type WhichCommand } from './planned-cuts.ts'

export interface ProxyOptions {
  /** Where connections go on to. */
  readonly target: { readonly host?: string; readonly port: number }
  /** `redis`: commands and replies are told apart, which `cutAtCommand` needs. Default: bytes are bytes. */
  readonly protocol?: 'redis'
}

const BOTH: readonly Direction[] = ['toServer', 'toClient']

/** A TCP proxy that breaks connections on demand. A fault without a direction strikes both. */
export class Proxy {
  readonly #options: ProxyOptions
  readonly #brakes: Readonly<Record<Direction, Brake>> = { toServer: new Brake(), toClient: new Brake() }
  readonly #cuts = new PlannedCuts()
  readonly #connections = new Set<Connection>()
  #turnsAway = false
  #server: Server | undefined
  #port = 0

  /** Use `startProxy`. */
  constructor(options: ProxyOptions) {
    this.#options = options
  }

  /** Where it listens, on 127.0.0.1. */
  get port(): number {
    return this.#port
  }

  /** How many are open now. */
  get connections(): number {
    return this.#connections.size
  }

  /** Listens. For `startProxy` and `heal`; a second call does nothing. */
  async listen(): Promise<void> {
    if (this.#server !== undefined) return
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#accept(client))
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
    const address = this.#server.address()
    if (address !== null && typeof address === 'object') this.#port = address.port
  }

  /** Resets every connection, both sides of it. New ones are served. */
  cut(): void {
    for (const connection of this.#connections) connection.cut()
  }

  /** Resets a connection once that many more bytes of all connections have passed in a direction. Not one passes after them. */
  cutAfterBytes(direction: Direction, count: number): PlannedCut<undefined> {
    return this.#cuts.afterBytes(direction, count)
  }

  /**
   * Resets a connection when the server begins to answer, before a byte of that passes: the server has done what it was asked, and the client never
   * learns that. An answer begins with the first bytes from the server after some were sent to it; those of all connections are counted, from now
   * on (1 is the next).
   */
  cutAtAnswer(which: number): PlannedCut<undefined> {
    return this.#cuts.atAnswer(which)
  }

  /**
   * Resets the connection of a command, before the server gets it or after it has answered it. Needs a `protocol`.
   *
   * `before`: all commands before it have been answered, and it never reaches the server. `after`: the server has done it, and the
   * client never learns that. What follows it on the connection reaches nobody. (Not for connections that subscribe: there a reply
   * answers no command.)
   */
  cutAtCommand(which: WhichCommand, moment: Moment): PlannedCut<readonly string[]> {
    if (this.#options.protocol === undefined) throw new TypeError('cutAtCommand needs a protocol: startProxy({ target, protocol })')
    return this.#cuts.atCommand(which, moment)
  }

  /** Lets bytes arrive this much later. */
  delay(ms: number, direction?: Direction): void {
    for (const brake of this.#braked(direction)) brake.delay(ms)
  }

  /** Lets bytes trickle, in each connection. Less than one a second is possible. */
  throttle(bytesPerSecond: number, direction?: Direction): void {
    for (const brake of this.#braked(direction)) brake.throttle(bytesPerSecond)
  }

  /**
   * Accepts, and lets nothing through: with `toClient` the server does what it is told, and nobody hears of it. As in a network that
   * was interrupted, what has waited arrives after `heal`, also when its sender has given up meanwhile.
   */
  blackhole(direction?: Direction): void {
    for (const brake of this.#braked(direction)) brake.hold()
  }

  /** Ends one direction of every connection: `toClient` looks to clients as if the server had ended it. The other goes on. */
  halfClose(direction: Direction): void {
    for (const connection of this.#connections) connection.halfClose(direction)
  }

  /** Refuses new connections. Those that are open go on. */
  refuse(): void {
    this.#server?.close()
    this.#server = undefined
  }

  /** Resets new connections as soon as they are made, and keeps its port: after `refuse` another may take it. Those that are open go on. */
  turnAway(): void {
    this.#turnsAway = true
  }

  /** Ends every fault and forgets the cuts that have not been made. What has waited arrives. */
  async heal(): Promise<void> {
    this.#cuts.forget()
    this.#turnsAway = false
    for (const brake of this.#braked()) brake.release()
    await this.listen()
  }

  /** Resets what is open and stops listening. A second call does nothing. */
  async close(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    const ended = server === undefined ? undefined : once(server, 'close')
    server?.close()
    this.cut()
    for (const brake of this.#braked()) brake.release()
    await ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #braked(direction?: Direction): Brake[] {
    return (direction === undefined ? BOTH : [direction]).map((one) => this.#brakes[one])
  }

  #accept(client: Socket): void {
    if (this.#turnsAway) return void client.resetAndDestroy()
    const { target, protocol } = this.#options
    const connection = new Connection({
      client,
      target: { host: '127.0.0.1', ...target },
      brakes: this.#brakes,
      cuts: this.#cuts,
      readsCommands: protocol === 'redis',
    })
    this.#connections.add(connection)
    connection.onceClosed(() => this.#connections.delete(connection))
  }
}

/** Starts a proxy on a free port of 127.0.0.1. Close it afterwards, or say `await using`. */
export async function startProxy(options: ProxyOptions): Promise<Proxy> {
  const proxy = new Proxy(options)
  await proxy.listen()
  return proxy
}
