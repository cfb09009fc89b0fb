import { createServer } from 'node:http'
import type { Server } from 'node:http'
import express from 'express'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { currentSession } from '../../src/context/current-session.ts'
import { session as expressSession } from '../../src/adapters/express.ts'
import { session as fetchSession } from '../../src/adapters/fetch.ts'
import { session as nodeSession } from '../../src/adapters/node.ts'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { testClient } from '../../src/testing/test-client.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

function house<Data extends object = Record<string, unknown>>(name = 'ml_session'): SessionManager<Data> {
  return new SessionManager<Data>({ driver: new MemoryDriver({ acknowledged: true }), name, cookie: { secure: false } })
}

/** What a part of the application does that knows nothing of requests. */
async function count(): Promise<string> {
  await new Promise((resolve) => setImmediate(resolve))
  return String(currentSession()?.increment('count'))
}

async function answerOf(server: Server): Promise<string> {
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return await (await fetch(`http://127.0.0.1:${port}/`)).text()
}

describe('currentSession()', () => {
  it('is the session of the request, below a fetch handler', async () => {
    const client = testClient(fetchSession(house())(async () => new Response(await count())))
    expect(await (await client.get('/')).text()).toBe('1')
    expect(await (await client.get('/')).text()).toBe('2')
  })

  it('is the session of the request, below an Express handler', async () => {
    const app = express()
    app.use(expressSession(house()))
    app.get('/', async (req, res) => {
      const text = await count()
      res.send(`${text} ${currentSession() === req.session}`)
    })
    expect(await answerOf(createServer(app))).toBe('1 true')
  })

  it('is the session of the request, below a handler of plain node:http', async () => {
    const withSession = nodeSession(house())
    const server = createServer((request, response) => withSession(request, response, async () => void response.end(await count())))
    expect(await answerOf(server)).toBe('1')
  })

  it('is the session of SessionManager.run', async () => {
    const sessions = house()
    await sessions.run(undefined, async (session) => {
      await count()
      expect(currentSession()).toBe(session)
      expect(session.get('count')).toBe(1)
    })
  })

  it('is nothing outside of a request', () => {
    expect(currentSession()).toBeUndefined()
    expect(currentSession(house())).toBeUndefined()
  })

  it('is nothing in a request without a session', async () => {
    const serve = fetchSession(house(), { except: ['/health'] })(() => new Response(currentSession() === undefined ? 'none' : 'some'))
    expect(await (await serve(new Request('https://test.example/health'))).text()).toBe('none')
  })

  it('is each request’s own, however many run at once', async () => {
    const serve = fetchSession(house<{ name: string }>())(async (request, { session }) => {
      session.set('name', new URL(request.url).pathname)
      await new Promise((resolve) => setImmediate(resolve))
      return new Response(String(currentSession()?.get('name')))
    })
    const answers = await Promise.all(['/a', '/b', '/c'].map((path) => serve(new Request(`https://test.example${path}`))))
    expect(await Promise.all(answers.map((answer) => answer.text()))).toEqual(['/a', '/b', '/c'])
  })

  it('is the innermost of two, or that of a manager', async () => {
    const [visitors, staff] = [house<{ visits: number }>(), house<{ role: string }>('staff')]
    await visitors.run(undefined, async (visitor) => {
      await staff.run(undefined, (member) => {
        expect(currentSession()).toBe(member)
        expect(currentSession(staff)).toBe(member)
        expect(currentSession(visitors)).toBe(visitor)
        expect(currentSession(house())).toBeUndefined()
      })
      expect(currentSession()).toBe(visitor)
    })
  })

  it('is not lent to what works on after the request', async () => {
    let later: Promise<unknown> | undefined
    let end = (): void => undefined
    const ended = new Promise<void>((resolve) => {
      end = resolve
    })
    const serve = fetchSession(house())((_request, { session }) => {
      session.set('name', 'Ada')
      later = ended.then(() => currentSession())
      return new Response()
    })
    await serve(new Request('https://test.example/'))
    end()
    expect(await later).toBeUndefined()
  })
})

describe('currentSession() where there is no AsyncLocalStorage', () => {
  afterEach(() => void vi.unstubAllGlobals())

  it('says so', async () => {
    vi.resetModules()
    vi.stubGlobal('process', { env: process.env, emitWarning: process.emitWarning.bind(process) })
    const { currentSession: here } = await import('../../src/context/current-session.ts')
    expect(() => here()).toThrow(
      expect.objectContaining({ code: 'ERR_SESSION_CONFIG', message: expect.stringContaining('AsyncLocalStorage') }),
    )
  })
})
