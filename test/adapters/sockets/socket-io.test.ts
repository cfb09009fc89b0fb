import type { Server as HttpServer, IncomingMessage } from 'node:http'
import { Server } from 'socket.io'
import { io } from 'socket.io-client'
import type { Socket } from 'socket.io-client'
import { describe, expect, it, onTestFinished } from 'vitest'
import { readSession } from '../../../src/adapters/node.ts'
import { MemoryDriver } from '../../../src/drivers/memory.ts'
import type { SessionManager } from '../../../src/manager/session-manager.ts'
import type { Session } from '../../../src/session/session.ts'
import { openSocketApp } from './support.ts'
import type { ManagerOptions, SocketApp } from './support.ts'

interface SocketData {
  session?: Session
}

type Nothing = Record<string, never>

/** Lets visitors who are logged in connect, as an application would. */
function attachSocketIo(server: HttpServer, sessions: SessionManager): void {
  const sockets = new Server<Nothing, { greeting: (text: string) => void }, Nothing, SocketData>(server)
  const admit = async (
    socket: { readonly request: IncomingMessage; readonly data: SocketData },
    next: (refusal?: Error) => void,
  ): Promise<void> => {
    try {
      socket.data.session = await readSession(sessions, socket.request)
      next(socket.data.session.userId === undefined ? new Error('log in first') : undefined)
    } catch (error) {
      next(error instanceof Error ? error : new Error('no session'))
    }
  }
  sockets.use((socket, next) => void admit(socket, next))
  sockets.on('connection', (socket) => {
    const { session } = socket.data
    const closed = new AbortController()
    socket.on('disconnect', () => closed.abort())
    socket.emit('greeting', `Hello ${String(session?.get('name'))}`)
    void session?.watch({ everySeconds: 0.05, signal: closed.signal }).then(() => socket.disconnect(true))
  })
  onTestFinished(async () => {
    await sockets.close()
  })
}

async function loggedIn(options: ManagerOptions = {}): Promise<SocketApp> {
  const app = await openSocketApp(new MemoryDriver(), options, attachSocketIo)
  await app.post('/login')
  return app
}

interface Connected {
  readonly socket: Socket
  readonly greeting: string
  readonly disconnected: Promise<string>
}

async function connectIo({ port, cookie }: SocketApp, transport: 'websocket' | 'polling', headers = {}): Promise<Connected> {
  const extraHeaders = { ...(cookie !== undefined && { cookie }), ...headers }
  const socket = io(`http://127.0.0.1:${port}`, { transports: [transport], extraHeaders, reconnection: false, forceNew: true })
  onTestFinished(() => void socket.close())
  const disconnected = new Promise<string>((resolve) => socket.on('disconnect', resolve))
  const greeting = await new Promise<string>((resolve, reject) => {
    socket.on('greeting', resolve)
    socket.on('connect_error', reject)
  })
  return { socket, greeting, disconnected }
}

describe.each(['websocket', 'polling'] as const)('a socket of socket.io over %s', (transport) => {
  it('ASVS-4.4.3 ASVS-4.4.4: knows its visitor, and is disconnected when all sessions of that user are revoked', async () => {
    const app = await loggedIn()
    const { greeting, disconnected } = await connectIo(app, transport)
    expect(greeting).toBe('Hello Ada')
    await app.sessions.revokeUser(42)
    expect(await disconnected).toMatch(/^(?:io server disconnect|transport close)$/)
    await expect(connectIo(app, transport)).rejects.toThrow('log in first')
  })

  it('is disconnected when its visitor logs out on another page', async () => {
    const app = await loggedIn()
    const { disconnected } = await connectIo(app, transport)
    await app.post('/logout')
    expect(await disconnected).toMatch(/^(?:io server disconnect|transport close)$/)
  })

  it('is disconnected when the session expires', async () => {
    const app = await loggedIn({ lifetime: { idleSeconds: 1.5 } })
    const { disconnected } = await connectIo(app, transport)
    expect(await disconnected).toMatch(/^(?:io server disconnect|transport close)$/)
  })

  it('is refused without a login', async () => {
    const app = await loggedIn()
    app.cookie = undefined
    await expect(connectIo(app, transport)).rejects.toThrow('log in first')
  })
})

describe('a socket of socket.io', () => {
  it('ASVS-4.4.2: is refused where another site’s page opens it', async () => {
    const app = await loggedIn()
    await expect(connectIo(app, 'websocket', { origin: 'https://evil.example' })).rejects.toThrow('CSRF')
    expect((await connectIo(app, 'websocket', { origin: `http://127.0.0.1:${app.port}` })).greeting).toBe('Hello Ada')
  })

  it('opens while another request holds the session', async () => {
    const app = await loggedIn()
    const slow = app.post('/slow')
    await app.slow.inside.opened
    expect((await connectIo(app, 'websocket')).greeting).toBe('Hello Ada')
    app.slow.goOn.open()
    await slow
  })
})
