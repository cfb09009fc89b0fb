import { createReadStream } from 'node:fs'
import { createServer } from 'node:http'
import type { ServerResponse } from 'node:http'
import { basename, join } from 'node:path'
import { createRequestListener } from '@react-router/node'
import type { ServerBuild } from 'react-router'

const dist = join(import.meta.dirname, 'dist')
const build: ServerBuild = await import(join(dist, 'server/index.js'))
const listener = createRequestListener({ build, mode: 'production' })

/** What the browser loads besides pages: Vite writes all of it to one folder. */
function sendAsset(name: string, response: ServerResponse): void {
  const types: Readonly<Record<string, string>> = { js: 'text/javascript', css: 'text/css' }
  const file = createReadStream(join(dist, 'client/assets', name))
  file.once('open', () => response.setHeader('content-type', types[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream'))
  file.once('error', () => response.writeHead(404).end())
  file.pipe(response)
}

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost')
  if (pathname.startsWith('/assets/')) sendAsset(basename(pathname), response)
  else listener(request, response)
})
const port = Number(process.env['PORT'] || 3000)
server.listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port}`))
