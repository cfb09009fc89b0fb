import { Connection } from '../../bench/harness/connection.ts'
import { type NodeProcess, startProcess } from '../faults/node-process.ts'
import { type Proxy, startProxy } from '../faults/proxy.ts'
import { SENTINEL } from './make-driver.ts'
import type { Store } from './store.ts'
import type { Order } from './talk.ts'

export interface HostOptions {
  readonly store: Store
  readonly leaseSeconds: number
}

/** A machine on which much happens at once may be slow. */
const PATIENCE_MS = 120_000

/** One process of the application, with the lines that lead to it and from it to its store. */
export class Host implements AsyncDisposable {
  /** What the cookie is called: the application speaks plain HTTP, which no `__Host-` cookie goes over. */
  readonly cookieName = 'ml_session'
  /** Requests of clients that were sent and not answered yet. */
  underWay = 0
  /** Whether clients may turn to it. */
  isUp = false
  /** The line between clients and this process. */
  readonly clientLine: Proxy
  readonly #options: HostOptions
  readonly #storeLine: Proxy | undefined
  readonly #idle: Connection[] = []
  readonly #target: { port: number }
  #process: NodeProcess | undefined

  private constructor(options: HostOptions, target: { port: number }, clientLine: Proxy, storeLine: Proxy | undefined) {
    this.#options = options
    this.#target = target
    this.clientLine = clientLine
    this.#storeLine = storeLine
  }

  static async start(options: HostOptions): Promise<Host> {
    const { server } = options.store
    // What is in it is ended when this throws.
    await using started = new AsyncDisposableStack()
    // Where the line from the clients ends: at another port after each start.
    const target = { port: 0 }
    const clientLine = started.use(await startProxy({ target }))
    const storeLine = server === undefined ? undefined : started.use(await startProxy({ target: { port: server.port } }))
    const host = started.use(new Host(options, target, clientLine, storeLine))
    await host.begin()
    started.move()
    return host
  }

  /** The line between this process and its store. */
  get storeLine(): Proxy {
    if (this.#storeLine === undefined) throw new TypeError('no line leads from this host to its store')
    return this.#storeLine
  }

  get process(): NodeProcess {
    if (this.#process === undefined) throw new TypeError('this host was never started')
    return this.#process
  }

  /** Starts the process, and lets clients turn to it. */
  async begin(): Promise<void> {
    const { store, leaseSeconds } = this.#options
    const { server, driver, address } = store
    const args = [driver, server === undefined || this.#storeLine === undefined ? address : server.addressAt(this.#storeLine.port)]
    this.#process = await startProcess(new URL('app-process.ts', import.meta.url), [...args, libraryOf(store), String(leaseSeconds)])
    this.#target.port = portIn(await this.#process.next(PATIENCE_MS))
    this.isUp = true
  }

  /** SIGKILL. What clients have asked it stays unanswered. */
  async kill(): Promise<void> {
    this.isUp = false
    await this.process.kill()
    this.hangUp()
  }

  /** Has it do something, and gives what it says when that is done. */
  async order(order: Order): Promise<unknown> {
    this.process.send({ ...order })
    return await this.process.next(PATIENCE_MS)
  }

  /** A connection that nobody uses now. */
  async connection(): Promise<Connection> {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) if (!idle.isClosed) return idle
    return await Connection.to(this.clientLine.port)
  }

  giveBack(connection: Connection): void {
    this.#idle.push(connection)
  }

  /** Closes the connections that nobody uses now. */
  hangUp(): void {
    for (const connection of this.#idle.splice(0)) connection.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.isUp = false
    this.hangUp()
    await this.#process?.kill()
    await this.clientLine.close()
    await this.#storeLine?.close()
  }
}

function libraryOf({ server, sentinel, driver }: Store): string {
  if (sentinel !== undefined) return SENTINEL
  return server?.libraries[0] ?? (driver === 'sqlite' ? 'node:sqlite' : '')
}

function portIn(message: unknown): number {
  if (typeof message !== 'object' || message === null || !('port' in message)) throw new TypeError('the application told no port')
  return Number(message.port)
}
