import { request as httpRequest } from 'node:http'
import fastify from 'fastify'
import { expect, it, onTestFinished } from 'vitest'
import { session } from '../../../src/adapters/fastify.ts'
import { MemoryDriver } from '../../../src/drivers/memory.ts'
import { SessionManager } from '../../../src/manager/session-manager.ts'
import { ask, portOf, until } from '../node/support.ts'

/** What a later request counts when one has counted whose client hung up, and whose handler answers before or after that. A lock that stays makes it fail after a second. */
async function countAfter(answer: () => unknown, when: 'before' | 'after'): Promise<string> {
  const sessions = new SessionManager({
    driver: new MemoryDriver({ acknowledged: true }),
    cookie: { secure: 'auto' },
    lock: { waitSeconds: 1 },
  })
  const app = fastify({ forceCloseConnections: true })
  onTestFinished(async () => {
    await app.close()
    await sessions.close({ waitSeconds: 0 })
  })
  let runs = 0
  app.register(session(sessions))
  app.get('/', async (request) => String(request.session.increment('n')))
  app.get('/web', async (request, reply) => {
    request.session.increment('n')
    runs += 1
    if (when === 'after') await until(() => reply.raw.closed)
    return answer()
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const served = { server: app.server, port: portOf(app.server) }
  const cookie = String((await ask(served)).headers['set-cookie']).split(';', 1)[0] ?? ''
  const leaving = httpRequest({ port: served.port, path: '/web', agent: false, headers: { cookie } })
  leaving.on('error', () => undefined)
  leaving.end()
  await until(() => runs > 0)
  // A turn of the server, in which what answers before that has begun.
  await ask(served)
  leaving.destroy()
  const next = await ask(served, '/', { headers: { cookie } })
  return `${next.status} ${next.body}`
}

const endless = (): ReadableStream => new ReadableStream({ pull: () => new Promise(() => undefined) })

it('a Response of Fastify for a client that is gone gives the lock back at once', async () => {
  expect(await countAfter(() => new Response('text'), 'after')).toBe('200 2')
  expect(await countAfter(() => new Response(endless()), 'before')).toBe('200 2')
})

it('so does a web stream', async () => {
  expect(await countAfter(endless, 'after')).toBe('200 2')
  expect(await countAfter(endless, 'before')).toBe('200 2')
})

it('a Response without a body stores what its request set, as every answer does', async () => {
  expect(await countAfter(() => new Response(null, { status: 204 }), 'after')).toBe('200 3')
})
