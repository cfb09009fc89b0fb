import { once } from 'node:events'
import { type Server, type Socket, connect, createServer } from 'node:net'

/** A line to a server that tells when so many bytes were asked over it: what is to happen in the midst of some work happens there on every machine. */
export class Relay {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #asked = 0
  #due: { readonly bytes: number; readonly act: () => void } | undefined

  /** Use `startRelay`. */
  constructor(target: number) {
    this.#server = createServer({ noDelay: true }, (client) => {
      const server = connect({ port: target, host: '127.0.0.1', noDelay: true })
      for (const socket of [client, server]) {
        this.#sockets.add(socket)
        // Who is killed leaves its connections as they are.
        socket.on('error', () => undefined)
        socket.once('close', () => {
          this.#sockets.delete(socket)
          client.destroy()
          server.destroy()
        })
      }
      client.on('data', (bytes: Buffer) => this.#count(bytes.length))
      client.pipe(server)
      server.pipe(client)
    })
  }

  get port(): number {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('the relay does not listen')
    return address.port
  }

  /** Bytes since it was started, or since the last call of `after`. */
  get asked(): number {
    return this.#asked
  }

  /** Acts once, before what is asked next is passed on. */
  after(bytes: number, act: () => void): void {
    this.#asked = 0
    this.#due = { bytes, act }
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #count(bytes: number): void {
    this.#asked += bytes
    if (this.#due === undefined || this.#asked < this.#due.bytes) return
    const { act } = this.#due
    this.#due = undefined
    act()
  }
}

/** Starts one on a free port of 127.0.0.1. Say `await using`. */
export async function startRelay(target: number): Promise<Relay> {
  const relay = new Relay(target)
  await relay.listen()
  return relay
}
