import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { RespError, RespReader, type RespValue, respCommand } from '../../proof/faults/resp-reader.ts'

const PATIENCE_MS = 10_000

interface Waiter {
  readonly resolve: (value: RespValue) => void
  readonly reject: (error: Error) => void
}

/** A connection to a Redis server without a client package, for tests in which such a package is what is tested. */
export class RespConnection {
  /** What the server has sent unasked. */
  readonly pushed: RespValue[] = []
  readonly #socket: Socket
  readonly #reader = new RespReader()
  readonly #waiters: Waiter[] = []

  /** Use `connectResp`. */
  constructor(socket: Socket) {
    this.#socket = socket
    socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error(`Redis said nothing within ${PATIENCE_MS} ms`)))
    socket.on('data', (bytes) => this.#read(bytes))
    socket.on('error', (error) => this.#fail(error))
    socket.on('close', () => this.#fail(new Error('the connection was closed')))
  }

  /**
   * Sends a command and gives its reply. Commands may follow each other without waiting.
   *
   * @throws {RespError} When the reply is an error.
   * @throws {Error} When the connection ends first.
   */
  command(...words: (string | number)[]): Promise<RespValue> {
    return new Promise((resolve, reject) => {
      if (!this.#socket.writable) return reject(new Error('the connection was closed'))
      this.#waiters.push({ resolve, reject })
      this.#socket.write(respCommand(words))
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #read(bytes: Buffer): void {
    for (const { value, isPush } of this.#reader.push(bytes)) {
      if (isPush) {
        this.pushed.push(value)
        continue
      }
      const waiter = this.#waiters.shift()
      if (value instanceof RespError) waiter?.reject(value)
      else waiter?.resolve(value)
    }
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiters.splice(0)) reject(error)
  }
}

/** Connects to a server on 127.0.0.1. */
export async function connectResp(port: number): Promise<RespConnection> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  await once(socket, 'connect')
  return new RespConnection(socket)
}

/** Sends one command on a connection of its own. */
export async function respOnce(port: number, ...words: (string | number)[]): Promise<RespValue> {
  using connection = await connectResp(port)
  return await connection.command(...words)
}
