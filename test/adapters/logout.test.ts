import { createServer } from 'node:http'
import express from 'express'
import { describe, expect, it } from 'vitest'
import { logout as expressLogout, session as expressSession } from '../../src/adapters/express.ts'
import { csrf, logout, session } from '../../src/adapters/fetch.ts'
import { logout as nodeLogout, session as nodeSession } from '../../src/adapters/node.ts'
import { testClient } from '../../src/testing/test-client.ts'
import type { TestClient } from '../../src/testing/test-client.ts'
import { FakeManager, STORE_DOWN, turns } from './node/fake-open-session.ts'
import { ask, serveHeld } from './node/support.ts'
import { keyOf, openShop } from '../manager/support/shop.ts'

type App = Parameters<typeof testClient>[0]
const OPTIONS = { redirect: '/bye', clearSiteData: ['storage'] } as const

/** An application of each kind with a counter and a logout, over one shop. */
const apps: readonly [string, (shop: ReturnType<typeof openShop>) => App][] = [
  [
    'fetch',
    ({ sessions }) => {
      const leave = logout(OPTIONS)
      return session(sessions)((request, context) =>
        new URL(request.url).pathname === '/logout' ? leave(request, context) : new Response(`${context.session.increment('n')}`),
      )
    },
  ],
  [
    'Express',
    ({ sessions }) => {
      const app = express()
      app.use(expressSession(sessions))
      app.all('/logout', expressLogout(OPTIONS))
      app.get('/', (req, res) => res.send(`${req.session.increment('n')}`))
      return app
    },
  ],
  [
    'node:http',
    ({ sessions }) => {
      const withSession = nodeSession(sessions)
      const leave = nodeLogout(OPTIONS)
      return createServer((req, res) => {
        withSession(req, res, () => {
          if (req.url === '/logout') leave(req, res, () => res.writeHead(500).end())
          else res.end(`${req.session.increment('n')}`)
        })
      })
    },
  ],
]

async function count(client: TestClient): Promise<string> {
  return await (await client.get('/')).text()
}

describe.each(apps)('logout() for %s', (_, build) => {
  it('ASVS-7.4.1, ASVS-14.3.1: ends the session in the store, clears the cookie, and says what to forget', async () => {
    const shop = openShop({ cookie: { secure: 'auto' } })
    await using client = testClient(build(shop), { sessions: shop.sessions })
    expect([await count(client), await count(client)]).toEqual(['1', '2'])
    const id = client.jar.get('ml_session') ?? client.jar.get('__Host-ml_session') ?? ''
    const left = await client.post('/logout')
    expect([left.status, left.headers.get('location'), left.headers.get('clear-site-data')]).toEqual([303, '/bye', '"storage"'])
    expect(left.headers.getSetCookie().join()).toContain('Max-Age=0')
    expect(await shop.memory.read(keyOf(id))).toBeUndefined()
    expect(await count(client)).toBe('1')
  })

  it('ASVS-7.4.4: logs nobody out by a GET', async () => {
    const shop = openShop({ cookie: { secure: 'auto' } })
    await using client = testClient(build(shop), { sessions: shop.sessions })
    await count(client)
    const answer = await client.get('/logout')
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST'])
    expect(await count(client)).toBe('2')
  })
})

describe('logout() for node:http', () => {
  // What it throws there, nobody catches: the process would end.
  it.each(['ends', 'cannot be ended'])(
    'says no more when the session %s after somebody else has answered, such as a time-out',
    async (how) => {
      const ended = Promise.withResolvers<void>()
      const manager = new FakeManager()
      manager.onOpen = (opened) => Object.assign(opened, { destroy: () => ended.promise })
      const told: unknown[] = []
      const leave = nodeLogout()
      const served = await serveHeld(manager, (req, res) => {
        leave(req, res, (error) => told.push(error))
        res.writeHead(503).end('too slow')
      })
      const { status, body } = await ask(served, '/logout', { method: 'POST' })
      expect([status, body]).toEqual([503, 'too slow'])
      if (how === 'ends') ended.resolve()
      else ended.reject(STORE_DOWN)
      await turns()
      expect(told).toEqual([])
    },
  )
})

describe('logout() for fetch', () => {
  it('says so where there is no session, and stands behind csrf()', async () => {
    await expect(async () => logout()(new Request('https://app.example/'), {})).rejects.toThrow(/^Option 'logout'/)
    const { sessions } = openShop()
    const app = session(sessions)(csrf()(logout()))
    expect((await app(new Request('https://app.example/logout', { method: 'POST' }))).status).toBe(403)
  })
})
