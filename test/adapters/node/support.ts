import { once } from 'node:events'
import { createServer, request as httpRequest } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage, RequestListener, RequestOptions, Server, ServerResponse } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { sessionWithin } from '../../../src/adapters/node/session-middleware.ts'
import type { SessionOptions } from '../../../src/adapters/node/session-options.ts'
import type { SessionOpener } from '../../../src/adapters/node/passage.ts'

export interface Served {
  readonly server: Server
  readonly port: number
}

/** Serves until the test is over. */
export async function serve(listener: RequestListener, prepare: (server: Server) => void = () => undefined): Promise<Served> {
  const server = createServer(listener)
  prepare(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { server, port: portOf(server) }
}

/** Serves a handler of plain `node:http` behind `session()`. */
export function serveHeld(
  manager: SessionOpener,
  handler: (request: IncomingMessage, response: ServerResponse) => unknown,
  { goneMs = 5000, ...options }: SessionOptions & { readonly goneMs?: number } = {},
): Promise<Served> {
  const middleware = sessionWithin(goneMs, manager, options)
  return serve((request, response) => middleware(request, response, () => handler(request, response)))
}

export function portOf(server: { address(): AddressInfo | string | null }): number {
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the server does not listen')
  return address.port
}

export interface Answer {
  readonly status: number
  readonly statusMessage: string
  readonly headers: IncomingHttpHeaders
  readonly rawHeaders: readonly string[]
  readonly body: string
  readonly bytes: Buffer
  readonly trailers: Record<string, string | undefined>
  readonly informed: readonly number[]
}

/** Sends one request on a connection of its own and reads the whole answer. */
export async function ask({ port }: Served, path = '/', options: RequestOptions = {}, body?: string): Promise<Answer> {
  const request = httpRequest({ port, path, agent: false, ...options })
  const informed: number[] = []
  request.on('information', (info) => informed.push(info.statusCode))
  request.end(body)
  const [response]: IncomingMessage[] = await once(request, 'response')
  if (response === undefined) throw new Error('no response')
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(Buffer.from(chunk))
  const bytes = Buffer.concat(chunks)
  const { statusCode = 0, statusMessage = '', headers, rawHeaders, trailers } = response
  return { status: statusCode, statusMessage, headers, rawHeaders, body: bytes.toString(), bytes, trailers, informed }
}

/** A bare connection: for pipelining, and for clients that hang up. */
export async function dial({ port }: Served): Promise<Socket & { readonly received: () => string }> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
  })
  // A server that cuts the connection is a result, not a failure of the test.
  socket.on('error', () => undefined)
  onTestFinished(() => {
    socket.destroy()
  })
  return Object.assign(socket, { received: () => text })
}

export const GET = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'

/** Calls a method of a response with what its types do not know, or forbid. */
export function call(response: object, method: string, ...args: unknown[]): unknown {
  return Reflect.apply(Object(Reflect.get(response, method)), response, args)
}

/** Waits until a condition holds; the test's own time-out is the bound. */
export async function until(condition: () => boolean | undefined): Promise<void> {
  while (condition() !== true) await new Promise((resolve) => setImmediate(resolve))
}
