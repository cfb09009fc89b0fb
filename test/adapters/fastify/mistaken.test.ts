import fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import { describe, expect, it, onTestFinished } from 'vitest'
import { csrf, ownPages, requireFresh, session } from '../../../src/adapters/fastify.ts'
import { FakeManager } from '../node/fake-open-session.ts'

function newApp(): FastifyInstance {
  const app = fastify()
  onTestFinished(() => app.close())
  return app
}

describe('a mistake in how Fastify is given a session', () => {
  it.each([
    ['csrf', csrf],
    ['requireFresh', requireFresh],
    ['ownPages', ownPages],
  ])('%s() registered as a plugin is told that it is a hook, before any request', async (name, make) => {
    const app = newApp()
    app.register(session(new FakeManager()))
    // @ts-expect-error -- as JavaScript can
    app.register(make())
    await expect(app.ready()).rejects.toThrow(`Option '${name}': is a hook, and no plugin: app.addHook('preValidation', ${name}()).`)
  })

  it('session() added as a hook is told that it is a plugin', async () => {
    const app = newApp()
    // @ts-expect-error -- as JavaScript can
    app.addHook('onRequest', session(new FakeManager()))
    app.get('/', async () => 'x')
    const answer = await app.inject('/')
    expect([answer.statusCode, answer.json().message]).toEqual([
      500,
      "Option 'session': is a plugin, and no hook: app.register(session(sessions)).",
    ])
  })
})
