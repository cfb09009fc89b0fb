import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { startProxy } from '../../proof/faults/proxy.ts'
import { until } from '../../proof/faults/until.ts'

/** What one side of a connection has seen so far. */
export class Watched {
  readonly socket: Socket
  received = ''
  /** `end`: the other side said that it sends no more. A code such as `ECONNRESET`: the connection broke. */
  ending: string | undefined

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (bytes) => {
      this.received += bytes.toString('latin1')
    })
    socket.on('end', () => {
      this.ending ??= 'end'
    })
    socket.on('error', (error) => {
      this.ending = 'code' in error ? String(error.code) : error.message
    })
  }

  /** Sends a text and waits until it has come back. */
  async echo(text: string): Promise<void> {
    const length = this.received.length + text.length
    this.socket.write(text)
    await until(`the echo of ${text}`, () => this.received.length >= length)
  }

  async untilEnding(): Promise<string> {
    return await until('the end of a connection', () => this.ending)
  }
}

/** A server that sends back what it gets, and does not end a connection before its client does. */
export async function startEcho() {
  const connections: Watched[] = []
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    connections.push(new Watched(socket))
    socket.on('data', (bytes) => socket.write(bytes))
    socket.on('end', () => socket.end())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const { socket } of connections) socket.destroy()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('a listening server has a port')
  return { port: address.port, connections }
}

/** A client that leaves its own direction open when the server ends. */
export async function connectTo(port: number): Promise<Watched> {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true })
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  return new Watched(socket)
}

/** An echo server, a proxy before it, and a client of the proxy that has had its first echo. */
export async function echoThroughProxy() {
  const server = await startEcho()
  const proxy = await startProxy({ target: server })
  onTestFinished(() => proxy.close())
  const client = await connectTo(proxy.port)
  await client.echo('hello ')
  const [atServer] = server.connections
  if (atServer === undefined) throw new Error('what was echoed has been at the server')
  return { server, proxy, client, atServer }
}
