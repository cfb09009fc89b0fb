import { context, trace } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import express from 'express'
import type { Express } from 'express'
import { describe, expect, it } from 'vitest'
import { csrf, session } from '../../src/adapters/express.ts'
import { FileDriver } from '../../src/drivers/file/file-driver.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { instrumentSessions, tracedDriver } from '../../src/opentelemetry/index.ts'
import { testClient } from '../../src/testing/test-client.ts'
import { until } from '../adapters/node/support.ts'
import { makeFolder } from '../drivers/file/support.ts'
import { keyOf } from '../manager/support/shop.ts'
import { Watchtower, parentOf, withContext } from './support.ts'

const USER = 'user-0815-of-the-shop'
const SECRETS = { payload: 'PAYLOAD-4242', flash: 'FLASH-1717' }

/** An application as `@opentelemetry/instrumentation-http` and `-express` would show it: one span a request, active in its handler. */
function build(tower: Watchtower, sessions: SessionManager, slow: { begun: number; leastSeconds: number }): Express {
  const tracer = tower.tracerProvider.getTracer('http')
  const app = express()
  app.set('env', 'test')
  app.use((req, res, next) => {
    const span = tracer.startSpan(`${req.method} ${req.path}`)
    if (req.path === '/slow') slow.begun += 1
    res.on('close', () => span.end())
    context.with(trace.setSpan(context.active(), span), next)
  })
  app.use(express.urlencoded())
  app.use(session(sessions))
  app.use(csrf())
  app.get('/begin', (req, res) => {
    req.session.set('card', SECRETS.payload)
    req.session.flash('code', SECRETS.flash)
    res.send(req.session.token())
  })
  app.post('/login', async (req, res) => {
    await req.session.regenerate({ destroy: true })
    req.session.setUserId(USER)
    res.send(req.session.token())
  })
  app.get('/slow', async (req, res) => {
    await until(() => slow.begun === 2)
    const since = performance.now()
    await new Promise((resolve) => setTimeout(resolve, 5))
    if (slow.leastSeconds === 0) slow.leastSeconds = (performance.now() - since) / 1000
    req.session.increment('n')
    res.send('done')
  })
  return app
}

describe('an instrumented Express application', () => {
  withContext()

  it('has spans of its sessions under those of its requests, metrics of them, and no secret in any of it', async () => {
    await using tower = new Watchtower()
    const path = makeFolder()
    await using sessions = new SessionManager({ driver: tracedDriver(new FileDriver({ path }), tower), cookie: { secure: 'auto' } })
    instrumentSessions(sessions, tower)
    const slow = { begun: 0, leastSeconds: 0 }
    await using client = testClient(build(tower, sessions, slow), { sessions })
    const secrets: string[] = [...Object.values(SECRETS), USER]
    const note = async (response: Response): Promise<void> => {
      expect(response.status).toBe(200)
      secrets.push(client.jar.get('ml_session') ?? '-', await response.text())
    }
    await note(await client.get('/begin'))
    await note(await client.post('/login'))
    const key = keyOf(client.jar.get('ml_session') ?? '')
    await Promise.all([client.get('/slow'), client.get('/slow')])
    expect((await client.post('/login', { csrf: false })).status).toBe(403)
    await sessions.close()

    // Each request: its span, and under it what the session did. The first has no cookie, so that it only inserts.
    const under = (request: ReadableSpan | undefined): string[] =>
      tower.spans
        .filter((span) => parentOf(span) === request?.spanContext().spanId)
        .map(({ name }) => name)
        .toSorted()
    expect(under(tower.named('GET /begin')[0])).toEqual(['insert session', 'open session'])
    expect(under(tower.named('POST /login')[0])).toEqual(['acquire session', 'replace session', 'session hold', 'session start'])
    for (const request of tower.named('GET /slow')) {
      expect(under(request)).toEqual(expect.arrayContaining(['commit session', 'session hold', 'session start']))
    }
    expect(tower.named('POST /login')[1]?.events.map(({ attributes }) => attributes)).toEqual([
      { 'holdfast.session.name': 'ml_session', 'holdfast.session.reason': 'csrf', 'holdfast.session.key': key },
    ])

    expect(await tower.count('holdfast.session.refusals')).toBe(1)
    expect(await tower.count('holdfast.session.refusals', { 'holdfast.session.reason': 'csrf' })).toBe(1)
    expect(await tower.count('holdfast.session.lock.wait')).toBe(4)
    expect(await tower.count('holdfast.session.lock.hold')).toBe(4)
    expect(await tower.count('holdfast.session.events', { 'holdfast.session.event': 'regenerated' })).toBe(1)
    expect(await tower.count('holdfast.session.store.duration', { 'db.system.name': 'file', 'db.operation.name': 'replace' })).toBe(1)
    // One of the two waited for as long as the other was slow.
    const [wait] = await tower.measured('holdfast.session.lock.wait')
    const [hold] = await tower.measured('holdfast.session.lock.hold')
    const { max: waited = NaN, sum: waitedInAll = NaN } = typeof wait?.value === 'object' ? wait.value : {}
    const { max: held = NaN } = typeof hold?.value === 'object' ? hold.value : {}
    expect([waited >= slow.leastSeconds, waited <= waitedInAll, held >= slow.leastSeconds]).toEqual([true, true, true])

    const text = await tower.text()
    expect(text).toContain(key)
    expect(secrets).toHaveLength(7)
    for (const secret of secrets) expect(text).not.toContain(secret)
    expect(text).not.toContain('csrf_token')
  })
})
