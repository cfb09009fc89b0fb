import fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import { describe, expect, it, onTestFinished } from 'vitest'
import { session } from '../../../src/adapters/fastify.ts'
import type { FastifySessionOptions } from '../../../src/adapters/fastify.ts'
import type { SessionManager } from '../../../src/manager/session-manager.ts'
import { realManager } from '../node/real-manager.ts'
import { FakeManager } from '../node/fake-open-session.ts'

/** An application with a session, and a context below that registers another one. */
function nested(outer: FastifySessionOptions, inner: FastifySessionOptions, other?: SessionManager): FastifyInstance {
  const sessions = realManager()
  const app = fastify()
  onTestFinished(() => app.close())
  app.register(session(sessions, outer))
  app.register(async (shop) => {
    await shop.register(session(other ?? sessions, inner))
    shop.get('/shop', async (request) => request.session.mode)
  })
  return app
}

describe('session() for Fastify, registered in a context and in one below', () => {
  it('refuses options that the session of the context around it would leave without effect', async () => {
    const ignored: [FastifySessionOptions, string][] = [
      [{ concurrency: 'readonly' }, "'session.concurrency'"],
      [{ except: ['/shop'] }, "'session.except'"],
      [{ enabled: false }, "'session.enabled'"],
      [{ saveOnError: true }, "'session.saveOnError'"],
      [{ trustProxy: 1 }, "'session.trustProxy'"],
      [{ hook: 'preValidation' }, "'session.hook'"],
    ]
    for (const [options, name] of ignored) await expect(nested({}, options).ready(), name).rejects.toThrow(`${name}: would have no effect`)
    const sessions = realManager()
    const app = fastify()
    app.register(session(sessions)).register(session(sessions, { concurrency: 'merge' }))
    await expect(app.ready()).rejects.toThrow("'session.concurrency'")
  })

  it('does nothing the second time where the options are the same, or say what holds anyway', async () => {
    const anyway = { except: [], enabled: true, saveOnError: false, hook: 'onRequest', trustProxy: false, as: 'session' } as const
    expect((await nested({}, anyway).inject('/shop')).body).toBe('exclusive')
    expect((await nested({ concurrency: 'merge', trustProxy: 1 }, { concurrency: 'merge', trustProxy: 1 }).inject('/shop')).body).toBe(
      'merge',
    )
    expect((await nested({ concurrency: 'merge' }, {}).inject('/shop')).body).toBe('merge')
    expect((await nested({ trustProxy: ['10.0.0.0/8'] }, { trustProxy: ['10.0.0.0/8'] }).inject('/shop')).body).toBe('exclusive')
  })

  it('opens the session by its own options where the context around it leaves these paths out', async () => {
    expect((await nested({ except: ['/shop'] }, { concurrency: 'readonly' }).inject('/shop')).body).toBe('readonly')
    expect((await nested({ enabled: false }, { concurrency: 'readonly' }).inject('/shop')).body).toBe('readonly')
  })

  it('refuses a name that another manager has, when it is registered', async () => {
    await expect(nested({}, {}, realManager()).ready()).rejects.toThrow("'session.as': 'session' is taken")
    await expect(nested({}, { as: 'again' }).ready()).rejects.toThrow("'session.as': 'again'")
    expect((await nested({ except: ['/shop'] }, {}, realManager()).inject('/shop')).body).toBe('exclusive')
  })

  it('stands in contexts beside each other with options of their own', async () => {
    const sessions = realManager()
    const app = fastify()
    onTestFinished(() => app.close())
    for (const [path, concurrency] of [
      ['/one', 'readonly'],
      ['/two', 'merge'],
    ] as const) {
      app.register(async (context) => {
        await context.register(session(sessions, { concurrency }))
        context.get(path, async (request) => request.session.mode)
      })
    }
    expect([(await app.inject('/one')).body, (await app.inject('/two')).body]).toEqual(['readonly', 'merge'])
  })

  it('stands beside the session of another manager under a name of its own', async () => {
    const app = fastify()
    onTestFinished(() => app.close())
    app.register(session(realManager()))
    app.register(async (staff) => void staff.register(session(new FakeManager(), { as: 'staff', concurrency: 'readonly' })))
    await app.ready()
  })
})
