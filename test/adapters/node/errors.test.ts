import { describe, expect, it } from 'vitest'
import { session } from '../../../src/adapters/node/session-middleware.ts'
import type { SessionOptions } from '../../../src/adapters/node/session-options.ts'
import { MemoryDriver } from '../../../src/drivers/memory.ts'
import { FakeManager, failsLater, STORE_DOWN, storesLater } from './fake-open-session.ts'
import { realManager } from './real-manager.ts'
import { ask, serve, serveHeld } from './support.ts'

describe('an error in plain node:http', () => {
  it('goes to onError: of opening, of storing, and what the handler throws', async () => {
    const errors: unknown[] = []
    const options: SessionOptions = {
      onError: (error, _, res) => {
        errors.push(error)
        if (!res.headersSent) {
          res.statusCode = 500
          res.end('mine')
        }
      },
    }
    const unopened = new FakeManager()
    unopened.onOpen = () => Promise.reject(STORE_DOWN)
    const thrown = new Error('thrown')
    const manager = storesLater()
    const bodies = [
      await ask(await serveHeld(unopened, (_, res) => res.end('x'), options)),
      await ask(await serveHeld(failsLater(), (_, res) => res.end('x'), options)),
      await ask(
        await serveHeld(
          manager,
          () => {
            throw thrown
          },
          options,
        ),
      ),
      await ask(await serveHeld(manager, () => Promise.reject(thrown), options)),
    ].map(({ body }) => body)
    expect(bodies).toEqual(Array(4).fill('mine'))
    expect(errors).toEqual([STORE_DOWN, STORE_DOWN, thrown, thrown])
    expect(manager.opened.map(({ discards }) => discards.length)).toEqual([1, 1])
  })

  it('of a function that is an option goes there too, and does not end the process', async () => {
    const thrown = new TypeError('no such header')
    const errors: unknown[] = []
    const concurrency = (): never => {
      throw thrown
    }
    const options: SessionOptions = {
      concurrency,
      onError: (error, _, res) => {
        errors.push(error)
        res.statusCode = 500
        res.end('mine')
      },
    }
    expect((await ask(await serveHeld(storesLater(), () => undefined, options))).body).toBe('mine')
    expect((await ask(await serveHeld(storesLater(), () => undefined, { concurrency }))).status).toBe(500)
    expect(errors).toEqual([thrown])
  })

  it('that a handler throws takes its usual way without onError, and the lock is given back', async () => {
    const manager = storesLater()
    const middleware = session(manager)
    const thrown = new Error('thrown')
    const caught: unknown[] = []
    const served = await serve((req, res) => {
      try {
        middleware(req, res, () => {
          res.writeHead(200)
          throw thrown
        })
      } catch (error) {
        caught.push(error, ...manager.only.discards)
        res.end('late answer')
      }
    })
    expect((await ask(served)).body).toBe('late answer')
    expect(caught).toEqual([thrown, thrown])
    expect(manager.only.commits).toBe(0)
  })
})

it('an answer to what could not be stored has the cookie of what a save in the midst of the request has stored', async () => {
  const driver = new MemoryDriver({ acknowledged: true })
  const withSession = session(realManager(driver))
  const fails = (): Promise<never> => Promise.reject(new Error('down'))
  const served = await serve((req, res) => {
    withSession(req, res, async (error?: unknown) => {
      if (error !== undefined) return res.writeHead(503).end()
      req.session.set('n', 1)
      await req.session.save()
      req.session.set('n', 2)
      driver.commit = fails
      return res.end('stored')
    })
  })
  const { status, headers } = await ask(served)
  expect([status, headers['set-cookie']]).toEqual([503, [expect.stringContaining('ml_session=')]])
})
