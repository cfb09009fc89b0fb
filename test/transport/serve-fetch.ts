import { getRequestListener } from '@hono/node-server'
import { serveListener } from './suite.ts'
import type { Running } from './suite.ts'

export { streamOf } from './stream-of.ts'

/** Starts a server of `node:http` before a fetch handler. What it throws is answered with 500. */
export function serveFetch(handle: (request: Request) => Response | Promise<Response>): Promise<Running> {
  const errorHandler = (): Response => new Response('Internal Server Error', { status: 500 })
  return serveListener(getRequestListener(handle, { overrideGlobalObjects: false, errorHandler }))
}
