import { getRequestListener } from '@hono/node-server'
import { serveListener } from './suite.ts'
import type { Running } from './suite.ts'

/** Starts a server of `node:http` before a fetch handler. What it throws is answered with 500. */
export function serveFetch(handle: (request: Request) => Response | Promise<Response>): Promise<Running> {
  const errorHandler = (): Response => new Response('Internal Server Error', { status: 500 })
  return serveListener(getRequestListener(handle, { overrideGlobalObjects: false, errorHandler }))
}

/** The body of a response, made of parts. */
export function streamOf(parts: AsyncGenerator<string, void>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await parts.next()
      if (done === true) controller.close()
      else controller.enqueue(encoder.encode(value))
    },
    async cancel() {
      await parts.return()
    },
  })
}
