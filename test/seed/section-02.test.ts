import { createServer } from 'node:http'
import express from 'express'
import { describe, expect, it } from 'vitest'
import { csrf as expressCsrf, session as expressSession } from '../../src/adapters/express.ts'
import { csrf, session } from '../../src/adapters/fetch.ts'
import { csrf as nodeCsrf, session as nodeSession } from '../../src/adapters/node.ts'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { isSessionError } from '../../src/session/errors.ts'
import type { Session } from '../../src/session/session.ts'
import { testClient } from '../../src/testing/test-client.ts'
import type { TestApp } from '../../src/testing/test-client.ts'

function newManager(): SessionManager {
  return new SessionManager({ driver: new MemoryDriver({ acknowledged: true }), cookie: { secure: 'auto' } })
}

/** The controller of the seed's README. */
function controller(visitor: Session): string {
  const name = visitor.get('user.profile.name', 'Guest')
  visitor.set('last_visited', 1_700_000_000)
  visitor.flash('status', 'Welcome back!')
  return String(name)
}

const seen = (visitor: Session): string => `${String(visitor.get('last_visited'))} ${String(visitor.getFlash('status', 'nothing'))}`
const answer = (visitor: Session, path: string): string => (path === '/' ? controller(visitor) : seen(visitor))

function fetchApp(sessions: SessionManager): TestApp {
  return session(sessions)(
    csrf()((request, context: { readonly session: Session }) => new Response(answer(context.session, new URL(request.url).pathname))),
  )
}

function expressApp(sessions: SessionManager): TestApp {
  const app = express()
  app.set('env', 'test')
  app.use(express.urlencoded())
  app.use(expressSession(sessions), expressCsrf())
  app.all('/{*path}', (req, res) => {
    res.send(answer(req.session, req.path))
  })
  return app
}

function nodeApp(sessions: SessionManager): TestApp {
  const [withSession, checked] = [nodeSession(sessions), nodeCsrf()]
  return createServer((request, response) => {
    const failed = (error: unknown): boolean => {
      if (error !== undefined) response.writeHead(isSessionError(error) ? error.status : 500).end()
      return error !== undefined
    }
    withSession(request, response, (error) => {
      if (failed(error)) return
      checked(request, response, (refusal) => {
        if (!failed(refusal)) response.end(answer(request.session, request.url ?? '/'))
      })
    })
  })
}

async function tryOut(app: TestApp): Promise<void> {
  await using client = testClient(app)
  expect(await (await client.get('/')).text()).toBe('Guest')
  expect(await (await client.get('/seen')).text()).toBe('1700000000 Welcome back!')
  expect(await (await client.get('/seen')).text()).toBe('1700000000 nothing')
}

describe('the quick start', () => {
  it('S-024 S-026 S-027: the seed’s controller works behind Express', () => tryOut(expressApp(newManager())))

  it('S-024 S-026 S-027: the seed’s controller works behind fetch', () => tryOut(fetchApp(newManager())))

  it('S-024 S-026 S-027: the seed’s controller works behind node:http', () => tryOut(nodeApp(newManager())))

  it('S-025 S-029: session, csrf, application: the order in which a form is checked', async () => {
    for (const build of [expressApp, fetchApp, nodeApp]) {
      const sessions = newManager()
      await using client = testClient(build(sessions), { sessions })
      await client.get('/')
      expect((await client.post('/', { csrf: false, form: {} })).status, build.name).toBe(403)
      expect((await client.post('/')).status, build.name).toBe(200)
    }
  })

  it('S-025: csrf() without session() fails at once, says so, and opens nothing', async () => {
    const bare = csrf()(() => new Response())
    await expect(bare(new Request('https://shop.example/', { method: 'POST' }), {})).rejects.toThrow('Put csrf() inside session()')

    const app = express()
    let error: unknown
    app.use(expressCsrf())
    app.use((cause: unknown, _req: express.Request, res: express.Response, _next: express.NextFunction) => {
      error = cause
      res.status(500).end()
    })
    await using client = testClient(app)
    expect((await client.get('/')).headers.getSetCookie()).toEqual([])
    expect(String(error)).toContain('Mount csrf() behind session().')
  })

  it('S-021: the folder for the sessions must be named, and a temporary one that others share is no default', async () => {
    const { FileDriver } = await import('../../src/drivers/file/file-driver.ts')
    // @ts-expect-error -- the path is missing
    expect(() => new FileDriver({})).toThrow("Option 'path': must be the path of a folder, such as 'var/sessions'")
  })
})
