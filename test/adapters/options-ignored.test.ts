import type { RequestEvent } from '@sveltejs/kit'
import { Elysia } from 'elysia'
import express from 'express'
import { H3 } from 'h3'
import { Hono } from 'hono'
import { NextRequest } from 'next/server.js'
import { describe, expect, it } from 'vitest'
import * as elysia from '../../src/adapters/elysia.ts'
import { session } from '../../src/adapters/express.ts'
import type { SessionOptions } from '../../src/adapters/express.ts'
import { session as fetchSession } from '../../src/adapters/fetch.ts'
import { session as h3Session } from '../../src/adapters/h3.ts'
import { session as honoSession } from '../../src/adapters/hono.ts'
import { session as nextSession } from '../../src/adapters/next.ts'
import { session as routerSession, sessionContext } from '../../src/adapters/react-router.ts'
import { session as svelteSession } from '../../src/adapters/sveltekit.ts'
import type { Concurrency } from '../../src/session/session-state.ts'
import type { Session } from '../../src/session/session.ts'
import { realManager } from './node/real-manager.ts'
import { ask, serve } from './node/support.ts'
import { application } from './react-router/application.ts'

type Without = Pick<elysia.ElysiaSessionOptions, 'enabled' | 'except' | 'saveOnError'> & { readonly concurrency: Concurrency | undefined }
type Told = Pick<SessionOptions, 'enabled' | 'except' | 'concurrency' | 'trustProxy' | 'saveOnError'>

/** What a route answers that has a session by `first`, and inside of it another of the same manager by `second`. */
const ways: readonly [string, (first: Told, second: Told) => Promise<string>][] = [
  [
    'Express',
    async (first, second) => {
      const sessions = realManager()
      const app = express()
      app.use(session(sessions, first))
      app.use('/part', session(sessions, second))
      app.get('/part', (request, response) => void response.send(request.session.mode))
      app.use(((error, _request, response, _next) => void response.end(error.message)) satisfies express.ErrorRequestHandler)
      return (await ask(await serve(app), '/part')).body
    },
  ],
  [
    'Elysia',
    async (first, second) => {
      const sessions = realManager()
      // What is used later stands around what was used before.
      const app = new Elysia()
        .onError(({ error }) => (error instanceof elysia.ElysiaSessionError ? error.cause.message : 'an error of another kind'))
        .use(elysia.session(sessions, withoutProxy(second)))
        .use(elysia.session(sessions, withoutProxy(first)))
        .get('/part', ({ session: opened }) => opened.mode)
      return await (await app.handle(partOf())).text()
    },
  ],
  [
    'fetch',
    async (first, second) => {
      const sessions = realManager()
      const outer = fetchSession(sessions, { ...withoutProxy(first), onError: ({ message }) => new Response(message) })
      const app = outer(fetchSession(sessions, withoutProxy(second))((_request, context: Opened) => new Response(context.session.mode)))
      return await (await app(partOf())).text()
    },
  ],
  [
    'Hono',
    async (first, second) => {
      const sessions = realManager()
      const app = new Hono<{ Variables: Opened }>()
      app.onError(({ message }, c) => c.text(message))
      app.use(honoSession(sessions, withoutProxy(first)))
      app.get('/part', honoSession(sessions, withoutProxy(second)), (c) => c.text(c.var.session.mode))
      return await (await app.fetch(partOf())).text()
    },
  ],
  [
    'h3',
    async (first, second) => {
      const sessions = realManager()
      const app = new H3({ onError: ({ cause }) => new Response(messageOf(cause)) })
      app.use(h3Session(sessions, withoutProxy(first))).use('/part', h3Session(sessions, withoutProxy(second)))
      app.get('/part', ({ context }) => context.session.mode)
      return await (await app.fetch(partOf())).text()
    },
  ],
  [
    'Next.js',
    async (first, second) => {
      const sessions = realManager()
      const outer = nextSession(sessions, { ...withoutProxy(first), onError: ({ message }) => new Response(message) })
      const GET = outer(nextSession(sessions, withoutProxy(second))<Opened>((_request, context) => new Response(context.session.mode)))
      return await (await GET(new NextRequest(partOf()), { params: Promise.resolve({}) })).text()
    },
  ],
  [
    'React Router',
    async (first, second) => {
      const sessions = realManager()
      const outer = routerSession(sessions, withoutProxy(first))
      const app = application([outer, routerSession(sessions, withoutProxy(second))], {
        '/part': { loader: ({ context }) => new Response(context.get(sessionContext(sessions)).mode) },
      })
      const text = await (await app.fetch(partOf())).text()
      return app.errors.length === 0 ? text : messageOf(app.errors[0])
    },
  ],
  [
    'SvelteKit',
    async (first, second) => {
      const sessions = realManager()
      const outer = svelteSession(sessions, withoutProxy(first))
      const inner = svelteSession(sessions, withoutProxy(second))
      const known = { request: partOf(), url: new URL(partOf().url), locals: {}, getClientAddress: () => '198.51.100.1' }
      const answer = ({ locals }: RequestEvent): Response => new Response(locals.session.mode)
      const resolve = async (event: RequestEvent): Promise<Response> => inner({ event, resolve: answer })
      try {
        return await (await outer({ event: known as RequestEvent, resolve })).text()
      } catch (error) {
        return messageOf(error)
      }
    },
  ],
]

interface Opened {
  readonly session: Session
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'an error of another kind'
}

function partOf(): Request {
  return new Request('http://x.example/part')
}

function withoutProxy({ enabled, except, concurrency, saveOnError }: Told): Without {
  return { enabled, except, saveOnError, concurrency: typeof concurrency === 'string' ? concurrency : undefined }
}

describe.each(ways)('a second session() of one manager in %s', (_, answer) => {
  it('is refused where what it was told would have no effect', async () => {
    const ignored: [Told, Told, string][] = [
      [{}, { concurrency: 'readonly' }, 'concurrency'],
      [{ concurrency: 'merge' }, { concurrency: 'readonly' }, 'concurrency'],
      [{}, { except: ['/other'] }, 'except'],
      [{}, { except: ['/part'] }, 'except'],
      [{ except: [/^\/other/] }, { except: [/^\/another/] }, 'except'],
      [{}, { enabled: false }, 'enabled'],
      [{}, { saveOnError: true }, 'saveOnError'],
      [{ saveOnError: true }, { saveOnError: false }, 'saveOnError'],
    ]
    for (const [first, second, name] of ignored)
      expect(await answer(first, second)).toBe(
        `Option 'session.${name}': would have no effect: another session() has opened the session already, by its own options. Say it there, or except these paths there.`,
      )
  })

  it('does nothing where it was told the same, what holds anyway, or nothing', async () => {
    expect(await answer({ concurrency: 'merge' }, {})).toBe('merge')
    expect(await answer({ concurrency: 'merge', saveOnError: true }, { concurrency: 'merge' })).toBe('merge')
    expect(await answer({ except: ['/other'] }, { except: ['/other'] })).toBe('exclusive')
    expect(await answer({ except: [/^\/other/] }, { except: [/^\/other/] })).toBe('exclusive')
    expect(await answer({}, { enabled: true, except: [], saveOnError: false, trustProxy: false })).toBe('exclusive')
    const behindProxy = (): Told => ({ trustProxy: { proxies: 1, header: 'forwarded' } })
    expect(await answer(behindProxy(), behindProxy())).toBe('exclusive')
  })

  it('opens the session by its own options where the first one leaves the path out', async () => {
    expect(await answer({ except: ['/part'] }, { concurrency: 'readonly' })).toBe('readonly')
    expect(await answer({ enabled: false }, { concurrency: 'readonly', saveOnError: true })).toBe('readonly')
  })
})
