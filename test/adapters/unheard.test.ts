import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { RequestEvent } from '@sveltejs/kit'
import { Elysia } from 'elysia'
import { H3 } from 'h3'
import { Hono } from 'hono'
import { NextRequest } from 'next/server.js'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { session as elysiaSession } from '../../src/adapters/elysia.ts'
import { session as fetchSession } from '../../src/adapters/fetch.ts'
import { session as h3Session } from '../../src/adapters/h3.ts'
import { session as honoSession } from '../../src/adapters/hono.ts'
import { session as nextSession } from '../../src/adapters/next.ts'
import { session as nodeSession } from '../../src/adapters/node.ts'
import { session as routerSession } from '../../src/adapters/react-router.ts'
import { session as svelteSession } from '../../src/adapters/sveltekit.ts'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { application } from './react-router/application.ts'

type App = (request: Request) => Response | Promise<Response>

const MINUTE_MS = 60_000
const COOKIE = `__Host-ml_session=${'a'.repeat(40)}`
const SECRET = 'a row that was to be stored'
// The pause is kept for the process: each test begins where no other can have told anything lately.
let now = Date.now()

/** Applications that do nothing about errors. */
const apps: readonly [string, (sessions: SessionManager) => App][] = [
  ['fetch', (sessions) => fetchSession(sessions)(() => new Response('seen'))],
  [
    'node:http',
    (sessions) => async (request) => {
      const open = nodeSession(sessions)
      const server = createServer((incoming, response) => open(incoming, response, () => response.end('seen')))
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const { port } = server.address() as AddressInfo
      try {
        return await fetch(`http://127.0.0.1:${port}/`, { headers: request.headers })
      } finally {
        server.close()
      }
    },
  ],
  [
    'Hono',
    (sessions) => {
      const app = new Hono().use(honoSession(sessions)).get('/', (c) => c.text('seen'))
      return (request) => app.fetch(request)
    },
  ],
  [
    'h3',
    (sessions) => {
      const app = new H3().use(h3Session(sessions)).get('/', () => 'seen')
      return (request) => app.fetch(request)
    },
  ],
  [
    'Elysia',
    (sessions) => {
      const app = new Elysia().use(elysiaSession(sessions)).get('/', () => 'seen')
      return (request) => app.handle(request)
    },
  ],
  [
    'Next.js',
    (sessions) => {
      const GET = nextSession(sessions)(() => new Response('seen'))
      return (request) => GET(new NextRequest(request), { params: Promise.resolve({}) })
    },
  ],
  [
    'React Router',
    (sessions) => {
      const app = application([routerSession(sessions)], { '/': { loader: () => new Response('seen') } })
      return (request) => app.fetch(request)
    },
  ],
  [
    'SvelteKit',
    (sessions) => {
      const handle = svelteSession(sessions)
      return (request) => {
        const known = { request, url: new URL(request.url), locals: {}, getClientAddress: () => '198.51.100.1' }
        return handle({ event: known as RequestEvent, resolve: () => new Response('seen') })
      }
    },
  ],
]

beforeEach(() => {
  now += 2 * MINUTE_MS
  vi.spyOn(Date, 'now').mockImplementation(() => now)
})
afterEach(() => vi.restoreAllMocks())

/** A visitor of an application whose store cannot be read, and what it has told by the console. */
function visitorOf(build: (sessions: SessionManager) => App) {
  const driver = new MemoryDriver({ acknowledged: true })
  const app = build(new SessionManager({ driver }))
  vi.spyOn(driver, 'acquire').mockRejectedValue(new Error('the store is down', { cause: { detail: SECRET } }))
  const told = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  const see = async (): Promise<number> => (await app(new Request('https://shop.example/', { headers: { cookie: COOKIE } }))).status
  const lines = (): string[] => told.mock.calls.map((call) => call.join(' ')).filter((line) => line.startsWith('Requests are answered'))
  return { see, lines }
}

describe.each(apps)('a store that is down behind %s', (_, build) => {
  it('is told of where nothing of the application answers the error', async () => {
    const { see, lines } = visitorOf(build)
    expect(await see()).toBe(503)
    expect(lines()).toEqual([
      expect.stringMatching(/^Requests are answered with 503 .*the event 'refused'.*: SessionError: .*'open' failed/),
    ])
    expect(lines().join()).not.toContain(SECRET)
  })

  it('is told of once a minute', async () => {
    const { see, lines } = visitorOf(build)
    expect([await see(), await see(), await see()]).toEqual([503, 503, 503])
    now += MINUTE_MS - 1
    expect(await see()).toBe(503)
    expect(lines()).toHaveLength(1)
    now += 1
    expect(await see()).toBe(503)
    expect(lines()).toHaveLength(2)
  })
})

const answering: readonly [string, (sessions: SessionManager) => App][] = [
  ['fetch', (sessions) => fetchSession(sessions, { onError: () => new Response('sorry', { status: 503 }) })(() => new Response('seen'))],
  [
    'Hono',
    (sessions) => {
      const app = new Hono()
        .onError((_error, c) => c.text('sorry', 503))
        .use(honoSession(sessions))
        .get('/', (c) => c.text('seen'))
      return (request) => app.fetch(request)
    },
  ],
  [
    'h3, by onError',
    (sessions) => {
      const app = new H3({ onError: () => new Response('sorry', { status: 503 }) }).use(h3Session(sessions)).get('/', () => 'seen')
      return (request) => app.fetch(request)
    },
  ],
  [
    'h3, which was told to be silent',
    (sessions) => {
      const app = new H3({ silent: true }).use(h3Session(sessions)).get('/', () => 'seen')
      return (request) => app.fetch(request)
    },
  ],
]

it.each(answering)('a store that is down is left to the application where it answers: %s', async (_, build) => {
  const { see, lines } = visitorOf(build)
  expect(await see()).toBe(503)
  expect(lines()).toEqual([])
})
