import { H3, HTTPError, onError } from 'h3'
import type { H3Config } from 'h3'
import { describe, expect, it } from 'vitest'
import { session } from '../../../src/adapters/h3.ts'
import { MemoryDriver } from '../../../src/drivers/memory.ts'
import { SessionManager } from '../../../src/manager/session-manager.ts'
import { testClient } from '../../../src/testing/test-client.ts'
import type { TestClient } from '../../../src/testing/test-client.ts'

const memory = (): MemoryDriver => new MemoryDriver({ acknowledged: true })

function clientOf(app: H3): TestClient {
  return testClient((request: Request) => app.fetch(request))
}

/** An application that counts at `/`, and at `/refused` before it throws a 404. */
function counting(config: H3Config, app = new H3({ silent: true, ...config })): H3 {
  app.use(session(new SessionManager({ driver: memory() })))
  app.use(({ context }) => void context.session.increment('count'))
  app.get('/', ({ context }) => String(context.session.get('count')))
  return app.get('/refused', () => {
    throw new HTTPError({ status: 404, message: 'no such thing' })
  })
}

const handlers: readonly [string, (error: HTTPError) => unknown][] = [
  ['a response', ({ status }) => new Response('sorry', { status })],
  ['a text', () => 'sorry'],
  ['nothing', () => undefined],
  [
    'an error',
    () => {
      throw new HTTPError({ status: 410 })
    },
  ],
]

describe('an error behind session() of h3', () => {
  it.each(handlers)('has the cookie of what was stored where the application’s onError gives %s', async (_, answer) => {
    for (const path of ['/refused', '/nowhere']) {
      const asked: string[] = []
      const told: number[] = []
      const client = clientOf(
        counting({
          onError(error) {
            asked.push(error.message)
            return answer(error)
          },
          onResponse: ({ status }) => void told.push(status),
        }),
      )
      const response = await client.get(path)
      expect(response.headers.getSetCookie()).toEqual([expect.stringContaining('ml_session=')])
      expect(response.headers.get('cache-control')).toBe('no-store')
      expect([asked.length, told]).toEqual([1, [response.status]])
      expect(await (await client.get('/')).text()).toBe('2')
    }
  })

  it.each([
    ['a text', () => 'sorry'],
    ['a response', () => new Response('sorry', { status: 404 })],
  ])('has the cookie of what was stored where what is mounted around it answers with %s', async (_, answer) => {
    const app = new H3({ silent: true }).use(onError(answer))
    const client = clientOf(counting({}, app))
    const response = await client.get('/refused')
    expect(await response.text()).toBe('sorry')
    expect(response.headers.getSetCookie()).toEqual([expect.stringContaining('ml_session=')])
    expect(await (await client.get('/')).text()).toBe('2')
  })

  it('has the cookie of what a save in the midst of a request has stored, also where the rest could not be', async () => {
    const driver = memory()
    const app = new H3({ silent: true }).use(session(new SessionManager({ driver })))
    app.get('/', async ({ context }) => {
      context.session.set('count', 1)
      await context.session.save()
      context.session.set('count', 2)
      driver.commit = () => Promise.reject(new Error('down'))
      throw new HTTPError({ status: 404 })
    })
    const response = await clientOf(app).get('/')
    expect([response.status, response.headers.getSetCookie().length]).toEqual([503, 1])
  })

  it('has it also where nobody serves the path', async () => {
    const driver = memory()
    const app = new H3({ silent: true }).use(session(new SessionManager({ driver })))
    app.use(async ({ context }) => {
      context.session.set('count', 1)
      await context.session.save()
      context.session.set('count', 2)
      driver.commit = () => Promise.reject(new Error('down'))
    })
    const response = await clientOf(app).get('/nowhere')
    expect([response.status, response.headers.getSetCookie().length]).toEqual([503, 1])
  })

  it('stays the first where what the request set is to be kept all the same, and could not be', async () => {
    const driver = memory()
    const errors: unknown[] = []
    const app = new H3({ silent: true, onError: ({ cause, message }) => void errors.push(cause ?? message) })
    app.use(session(new SessionManager({ driver }), { saveOnError: true }))
    driver.insert = () => Promise.reject(new Error('down'))
    const thrown = new RangeError('broken')
    app.get('/', ({ context }) => {
      context.session.set('count', 1)
      throw thrown
    })
    expect((await clientOf(app).get('/')).status).toBe(500)
    expect(errors).toEqual([thrown])
  })

  it('lets the application’s onError read the session, which takes no writes any more', async () => {
    const seen: unknown[] = []
    const app = counting({
      onError(_error, { context }) {
        seen.push(context.session.get('count'), context.session.mode)
        context.session.set('count', 7)
      },
    })
    const client = clientOf(app)
    await client.get('/refused')
    expect(seen).toEqual([1, 'exclusive'])
    expect(await (await client.get('/')).text()).toBe('2')
  })
})
