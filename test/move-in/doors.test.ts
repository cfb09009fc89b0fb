import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import express from 'express'
import { fastify } from 'fastify'
import { H3 } from 'h3'
import { Hono } from 'hono'
import Koa from 'koa'
import { describe, expect, it, onTestFinished } from 'vitest'
import { session as expressDoor } from '../../src/adapters/express.ts'
import { session as fastifyDoor } from '../../src/adapters/fastify.ts'
import { readSession, session as fetchDoor } from '../../src/adapters/fetch.ts'
import { session as h3Door } from '../../src/adapters/h3.ts'
import { session as honoDoor } from '../../src/adapters/hono.ts'
import type { SessionVariables } from '../../src/adapters/hono.ts'
import { session as koaDoor } from '../../src/adapters/koa.ts'
import { session as nodeDoor } from '../../src/adapters/node.ts'
import { testClient } from '../../src/testing/test-client.ts'
import { World, ours } from './world.ts'
import type { Anything } from './world.ts'

type Send = (path: string, cookie: string) => Promise<Response>
type Sessions = World['sessions']

const ADA = { passport: { user: 'ada' } }

async function listening(listener: RequestListener): Promise<Send> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void (server.closeAllConnections(), server.close()))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return (path, cookie) => fetch(`http://127.0.0.1:${port}${path}`, { headers: { cookie } })
}

const doors: readonly [string, (sessions: Sessions) => Send | Promise<Send>][] = [
  [
    'fetch',
    (sessions) => {
      const handle = fetchDoor(sessions)(async ({ url }, { session }) => {
        if (url.endsWith('/logout')) await session.destroy()
        return new Response(session.userId ?? 'nobody')
      })
      return (path, cookie) => handle(new Request(`https://shop.example${path}`, { headers: { cookie } }))
    },
  ],
  [
    'Hono',
    (sessions) => {
      const app = new Hono<{ Variables: SessionVariables<Anything> }>()
      app.use(honoDoor(sessions))
      app.get('/', (c) => c.text(c.var.session.userId ?? 'nobody'))
      app.get('/logout', async (c) => {
        await c.var.session.destroy()
        return c.text('nobody')
      })
      return async (path, cookie) => app.request(`https://shop.example${path}`, { headers: { cookie } })
    },
  ],
  [
    'h3',
    (sessions) => {
      const app = new H3()
      app.use(h3Door(sessions))
      app.get('/', ({ context }) => (context['session'] as { userId?: string }).userId ?? 'nobody')
      app.get('/logout', async ({ context }) => {
        await (context['session'] as { destroy(): Promise<void> }).destroy()
        return 'nobody'
      })
      return async (path, cookie) => app.request(`https://shop.example${path}`, { headers: { cookie } })
    },
  ],
  [
    'node:http',
    (sessions) => {
      const door = nodeDoor(sessions)
      return listening((request, response) =>
        door(request, response, async () => {
          if (request.url === '/logout') await request.session.destroy()
          response.end(request.session.userId ?? 'nobody')
        }),
      )
    },
  ],
  [
    'Express',
    (sessions) => {
      const app = express()
      app.use(expressDoor(sessions))
      app.get('/', (req, res) => void res.send(req.session.userId ?? 'nobody'))
      app.get('/logout', async (req, res) => {
        await req.session.destroy()
        res.send('nobody')
      })
      return listening(app)
    },
  ],
  [
    'Koa',
    (sessions) => {
      const app = new Koa()
      app.use(koaDoor(sessions))
      app.use(async (ctx) => {
        if (ctx.path === '/logout') await ctx.session.destroy()
        ctx.body = ctx.session.userId ?? 'nobody'
      })
      return listening((request, response) => void app.callback()(request, response))
    },
  ],
  [
    'Fastify',
    async (sessions) => {
      const app = fastify()
      await app.register(fastifyDoor(sessions))
      app.get('/', async ({ session }) => session.userId ?? 'nobody')
      app.get('/logout', async ({ session }) => {
        await session.destroy()
        return 'nobody'
      })
      const url = await app.listen({ port: 0, host: '127.0.0.1' })
      onTestFinished(() => app.close())
      return (path, cookie) => fetch(url + path, { headers: { cookie, connection: 'close' } })
    },
  ],
]

describe.each(doors)('behind %s', (_name, open) => {
  it('a visitor moves in with the first response, which no cache keeps and which clears the old cookie', async () => {
    await using world = new World()
    const send = await open(world.sessions)
    const response = await send('/', world.store.put('sid-1', ADA))
    const cookies = response.headers.getSetCookie()
    expect(await response.text()).toBe('ada')
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(cookies).toHaveLength(2)
    expect(cookies.find((line) => line.startsWith('connect.sid='))).toMatch(/^connect\.sid=; Max-Age=0; Path=\//)
    expect(await (await send('/', ours({ cookies }))).text()).toBe('ada')
  })

  it('a logout clears both cookies', async () => {
    await using world = new World({ keepOldUntil: new Date(Date.now() + 60_000) })
    const send = await open(world.sessions)
    const cookie = world.store.put('sid-1', ADA)
    const first = await send('/', cookie)
    const response = await send('/logout', `${cookie}; ${ours({ cookies: first.headers.getSetCookie() })}`)
    const cleared = response.headers.getSetCookie().map((line) => line.split('=', 1)[0])
    expect(cleared.toSorted()).toEqual(['__Host-ml_session', 'connect.sid'])
    expect(await (await send('/', cookie)).text()).toBe('nobody')
  })
})

describe('where a session is only read', () => {
  it('`readSession` shows who has not moved in yet', async () => {
    await using world = new World()
    const headers = { cookie: world.store.put('sid-1', ADA) }
    const session = await readSession(world.sessions, new Request('https://shop.example/', { headers }))
    expect(session.userId).toBe('ada')
  })

  it('a test client that logs in forgets the old cookie', async () => {
    await using world = new World()
    const handle = fetchDoor(world.sessions)((_request, { session }) => new Response(session.userId ?? 'nobody'))
    const client = testClient(handle, { sessions: world.sessions })
    const [name = '', value = ''] = world.store.put('sid-1', ADA).split('=')
    client.jar.set(name, value)
    await client.login('grace')
    expect(client.jar.get(name)).toBe(undefined)
    expect(await (await client.get('/')).text()).toBe('grace')
  })
})
