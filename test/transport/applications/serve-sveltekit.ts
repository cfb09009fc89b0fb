import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { serveListener } from '../suite.ts'
import type { Running } from '../suite.ts'
import type { Built } from './build.ts'

/** Starts what `@sveltejs/adapter-node` has built, behind what a proxy and a browser would say of a request. */
export async function serveSvelteKit({ folder }: Built): Promise<Running> {
  process.env['PROTOCOL_HEADER'] = 'x-forwarded-proto'
  const { handler }: { handler: (request: IncomingMessage, response: ServerResponse) => unknown } = await import(
    join(folder, 'app/handler.js')
  )
  return serveListener((request, response) => {
    const { headers, method } = request
    headers['x-forwarded-proto'] = 'http'
    // SvelteKit refuses forms without it, and every browser sends it.
    if (method === 'POST') headers.origin ??= `http://${headers.host ?? ''}`
    return handler(request, response)
  })
}
