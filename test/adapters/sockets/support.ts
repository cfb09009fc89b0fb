import type { IncomingHttpHeaders, IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import express from 'express'
import { onTestFinished } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { session } from '../../../src/adapters/express.ts'
import { readSession } from '../../../src/adapters/node.ts'
import type { ReadOptions } from '../../../src/adapters/node.ts'
import type { LockingDriver } from '../../../src/contracts/driver.ts'
import type { SessionManagerOptions } from '../../../src/manager/options.ts'
import { SessionManager } from '../../../src/manager/session-manager.ts'
import { isSessionError } from '../../../src/session/errors.ts'
import type { DefaultData } from '../../../src/session/path-types.ts'
import { gate } from '../../manager/support/shop.ts'
import type { Gate } from '../../manager/support/shop.ts'
import { ask, serve } from '../node/support.ts'
import type { Served } from '../node/support.ts'

export type ManagerOptions = Partial<Omit<SessionManagerOptions<DefaultData>, 'driver' | 'concurrency' | 'assumeSingleProcess'>>

/** An application with logins, and one browser that uses it. */
export interface SocketApp extends Served {
  readonly sessions: SessionManager
  /** Asks a page and keeps the cookie. Answers the body. */
  readonly post: (path: string) => Promise<string>
  /** The browser's `Cookie` header, `undefined` before the first login. */
  cookie: string | undefined
  /** Opened when a request is inside `/slow`, and what lets it go on. */
  readonly slow: { readonly inside: Gate; readonly goOn: Gate }
}

/** Makes the application, on a driver that nobody else uses. Everything is closed when the test is over. */
export async function openSocketApp(
  driver: LockingDriver,
  options: ManagerOptions,
  attach: (server: Server, sessions: SessionManager) => void,
): Promise<SocketApp> {
  const sessions = new SessionManager({ driver, collectEverySeconds: 0, cookie: { secure: 'auto' }, ...options })
  const slow = { inside: gate(), goOn: gate() }
  const app = express()
  app.use(session(sessions))
  app.post('/login', async (req, res) => {
    await req.session.regenerate({ destroy: true })
    req.session.setUserId(42)
    req.session.set('name', 'Ada')
    res.end()
  })
  app.post('/logout', async (req, res) => {
    await req.session.destroy()
    res.end()
  })
  app.post('/visit', (req, res) => {
    res.end(`${req.session.increment('visits')}`)
  })
  app.post('/slow', async (req, res) => {
    req.session.increment('visits')
    slow.inside.open()
    await slow.goOn.opened
    res.end()
  })
  const served = await serve(app, (server) => attach(server, sessions))
  onTestFinished(async () => {
    slow.goOn.open()
    await sessions.close({ waitSeconds: 1 })
  })
  const socketApp: SocketApp = {
    ...served,
    sessions,
    slow,
    cookie: undefined,
    post: async (path) => {
      const answer = await ask(served, path, {
        method: 'POST',
        headers: { ...(socketApp.cookie !== undefined && { cookie: socketApp.cookie }) },
      })
      socketApp.cookie = cookieIn(answer.headers) ?? socketApp.cookie
      return answer.body
    },
  }
  return socketApp
}

function cookieIn(headers: IncomingHttpHeaders): string | undefined {
  return headers['set-cookie']?.[0]?.split(';', 1)[0]
}

/** Lets visitors who are logged in open a WebSocket that closes when their session ends, as an application would. */
export function attachWs(options: ReadOptions = {}): (server: Server, sessions: SessionManager) => void {
  return (server, sessions) => {
    const sockets = new WebSocketServer({ noServer: true })
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on('error', () => undefined)
      readSession(sessions, request, options).then(
        (visitor) => {
          if (visitor.userId === undefined) return refuse(socket, 401)
          sockets.handleUpgrade(request, socket, head, (ws) => {
            const closed = new AbortController()
            ws.on('close', () => closed.abort())
            ws.send(`Hello ${String(visitor.get('name'))}`)
            void visitor.watch({ everySeconds: 0.05, signal: closed.signal }).then(({ reason }) => ws.close(4401, reason))
          })
        },
        (error: unknown) => refuse(socket, isSessionError(error) ? error.status : 500),
      )
    })
  }
}

function refuse(socket: Duplex, status: number): void {
  socket.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

/** One end of a WebSocket, in a browser's place. */
export interface Dialled {
  readonly ws: WebSocket
  /** What the server said first. */
  readonly greeting: string
  /** The reason that the server gives when it closes. */
  readonly closed: Promise<string>
}

/** Opens a WebSocket with the browser's cookie. Rejects with the status of a refusal. */
export async function dialWs({ port, cookie }: SocketApp, headers: Record<string, string> = {}): Promise<Dialled> {
  const ws = new WebSocket(`ws://127.0.0.1:${port}/`, { headers: { ...(cookie !== undefined && { cookie }), ...headers } })
  onTestFinished(() => ws.terminate())
  const closed = new Promise<string>((resolve) => ws.on('close', (_code, reason) => resolve(reason.toString())))
  const greeting = await new Promise<string>((resolve, reject) => {
    ws.on('message', (data) => resolve(Buffer.isBuffer(data) ? data.toString() : ''))
    ws.on('unexpected-response', (_request, { statusCode }) => reject(new Error(`refused with ${statusCode}`)))
    ws.on('error', reject)
  })
  return { ws, greeting, closed }
}
