// serve-child.ts NAME: an application behind the runtime's own server (`node:http` for Express), on a port of its own, which it prints. Below `/~` it tells what it has seen.
import { MemoryDriver } from '../../../src/drivers/memory.ts'
import { SessionManager } from '../../../src/manager/session-manager.ts'
import { session } from '../../../src/adapters/fetch.ts'
import { fetchApp, h3App, honoApp } from './doors.ts'
import type { Handle } from './doors.ts'
import { elysiaApp } from './elysia.ts'
import { serveExpress } from './express.ts'
import { count } from './shop.ts'

const sessions = new SessionManager({ driver: new MemoryDriver({ acknowledged: true }), lock: { waitSeconds: 20 } })
const seen = { arrived: 0, aborted: 0, held: 0 }
let open: () => void = () => undefined

/** Counts, and then keeps the session until `/~open`. */
const hold = session(sessions)(async (_, context) => {
  const answer = await count(context.session)
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  seen.held += 1
  await opened
  return new Response(answer)
})

function watched(handle: Handle): Handle {
  return (request) => {
    const { pathname } = new URL(request.url)
    if (pathname === '/~open') open()
    if (pathname.startsWith('/~')) return Response.json(seen)
    seen.arrived += 1
    return tellingAborts(request, pathname === '/hold' ? hold : handle)
  }
}

/** Deno aborts the signal of a request that was answered, too. */
async function tellingAborts(request: Request, handle: Handle): Promise<Response> {
  let isAnswered = false
  request.signal.addEventListener('abort', () => {
    if (!isAnswered) seen.aborted += 1
  })
  try {
    return await handle(request)
  } finally {
    isAnswered = true
  }
}

const listening = { port: 0, hostname: '127.0.0.1' }

function listen(handle: Handle): unknown {
  const bun: unknown = Reflect.get(globalThis, 'Bun')
  if (bun !== undefined) return Object(bun).serve({ ...listening, fetch: handle }).port
  const deno: unknown = Reflect.get(globalThis, 'Deno')
  return Object(deno).serve({ ...listening, onListen: () => undefined }, handle).addr.port
}

function serve(name: string | undefined): unknown {
  switch (name) {
    case 'fetch':
      return listen(watched(fetchApp(sessions)))
    case 'Hono':
      return listen(watched(honoApp(sessions)))
    case 'h3':
      return listen(watched(h3App(sessions)))
    case 'Elysia': {
      // Its own way to listen leads around its `fetch`: Bun finds the route.
      const app = elysiaApp(sessions)
      app.listen(listening)
      return app.server?.port
    }
    case 'Express':
      return serveExpress(sessions)
    default:
      throw new Error(`there is no application ${name}`)
  }
}

console.log(await serve(process.argv[2]))
