import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'

// SvelteKit takes every request for one of HTTPS, unless a header says otherwise, which a proxy sets: here this server itself.
process.env['PROTOCOL_HEADER'] = 'x-forwarded-proto'
const { handler }: { handler: (request: IncomingMessage, response: ServerResponse) => void } = await import(
  join(import.meta.dirname, 'dist/app/handler.js')
)

const server = createServer((request, response) => {
  request.headers['x-forwarded-proto'] = 'http'
  handler(request, response)
})
const port = Number(process.env['PORT'] || 3000)
server.listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port}`))
