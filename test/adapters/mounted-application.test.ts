import { Elysia } from 'elysia'
import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import * as elysia from '../../src/adapters/elysia.ts'
import * as hono from '../../src/adapters/hono.ts'
import { currentSession } from '../../src/context/index.ts'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { testClient } from '../../src/testing/test-client.ts'
import type { TestClient } from '../../src/testing/test-client.ts'

type Told = Pick<hono.HonoSessionOptions, 'except'>

/** An application at `/`, and one that is mounted at `/shop`: with a session of its own, or with the one of the application around it. */
const ways: readonly [string, (sessions: SessionManager, outer: Told, isOwn: boolean) => TestClient][] = [
  [
    'Hono',
    (sessions, outer, isOwn) => {
      const shop = new Hono().onError((error, c) => c.text(error.message, 500))
      if (isOwn) shop.use(hono.session(sessions))
      shop.get('/', (c) => c.text(String(currentSession(sessions)?.increment('n'))))
      const app = new Hono<{ Variables: hono.SessionVariables }>().use(hono.session(sessions, outer))
      app.get('/', (c) => c.text(String(c.var.session.increment('n'))))
      app.mount('/shop', shop.fetch)
      return testClient((request: Request) => app.fetch(request))
    },
  ],
  [
    'Elysia',
    (sessions, outer, isOwn) => {
      const shop = new Elysia().onError(({ error }) => (error instanceof elysia.ElysiaSessionError ? error.cause.message : 'another'))
      if (isOwn) shop.use(elysia.session(sessions))
      shop.get('/', () => String(currentSession(sessions)?.increment('n')))
      const app = new Elysia().use(elysia.session(sessions, outer)).get('/', ({ session }) => String(session.increment('n')))
      app.mount('/shop', shop.fetch)
      return testClient((request: Request) => app.handle(request))
    },
  ],
]

describe.each(ways)('an application that is mounted in another of %s', (_, clientOf) => {
  const textOf = async (client: TestClient, path: string): Promise<string> => (await client.get(path)).text()
  const house = (): SessionManager => new SessionManager({ driver: new MemoryDriver({ acknowledged: true }) })

  it('is told what to do where both have the session of one manager', async () => {
    const client = clientOf(house(), {}, true)
    expect(await textOf(client, '/')).toBe('1')
    expect(await textOf(client, '/shop/')).toContain(
      "this request holds it already. Use the session that it has, or start the second one with concurrency 'readonly'. For an application that is mounted in another, except its paths from the session() around it.",
    )
  })

  it('has the same session where the one around it leaves its paths out, and where it asks for the current one', async () => {
    for (const client of [clientOf(house(), { except: ['/shop/'] }, true), clientOf(house(), {}, false)])
      expect([await textOf(client, '/'), await textOf(client, '/shop/'), await textOf(client, '/')]).toEqual(['1', '2', '3'])
  })
})
