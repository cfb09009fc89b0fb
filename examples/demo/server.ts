import cluster from 'node:cluster'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { demoApp } from './app.ts'
import type { FailureToStart } from './failure-to-start.ts'
import { EncryptedSerializer, SessionManager } from './holdfast.ts'
import { chosenStore } from './store.ts'

const STOP_SECONDS = 5

/** Serves the demo until the front process ends or disconnects this one. */
export async function startServer(port: number): Promise<void> {
  // Ctrl+C reaches every process of the terminal. The front process is the one that ends the others.
  process.on('SIGINT', () => {})
  cluster.worker?.on('error', () => process.exit(1)) // the front process is gone
  const store = chosenStore()
  try {
    const driver = await store.makeDriver()
    // The demo is served over plain HTTP. Chromium and Firefox take a Secure cookie from http://127.0.0.1 all the same, Safari does not.
    const sessions = new SessionManager({ driver, cookie: { secure: 'auto' }, serializer: sealing(process.env['SESSION_KEY']) })
    sessions.on('trouble', ({ operation, cause }) => console.error(`${operation}: ${messageOf(cause)}`))
    const server = createServer(demoApp(sessions, driver, store))
    process.once('disconnect', () => void stop(server, sessions))
    await sessions.ready()
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  } catch (error) {
    const failure: FailureToStart = { failedToStart: reasonFor(error, port) }
    process.send?.(failure)
  }
}

/** With a key in `SESSION_KEY` sessions are sealed, and those from before are taken over. */
function sealing(key: string | undefined): EncryptedSerializer | undefined {
  try {
    return key ? new EncryptedSerializer({ keys: { v1: key }, acceptPlaintext: true }) : undefined
  } catch (error) {
    throw new Error(`SESSION_KEY cannot be used. ${messageOf(error)}`, { cause: error })
  }
}

async function stop(server: Server, sessions: SessionManager): Promise<void> {
  const closed = new Promise((done) => server.close(done))
  await sessions.close({ waitSeconds: STOP_SECONDS })
  server.closeIdleConnections()
  setTimeout(() => server.closeAllConnections(), STOP_SECONDS * 1000).unref()
  await closed
  process.exit()
}

function reasonFor(error: unknown, port: number): string {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined
  if (code === 'EADDRINUSE') return `Port ${port} is in use. Stop what uses it, or choose another: PORT=${port + 1} npm start`
  if (code === 'EACCES') return `Port ${port} may not be used by this user. Choose another: PORT=3000 npm start`
  return messageOf(error)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
