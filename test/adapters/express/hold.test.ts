import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import express from 'express'
import type { ErrorRequestHandler, Express, RequestHandler } from 'express'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { csrf, ownPages, requireFresh, session } from '../../../src/adapters/express.ts'
import { COOKIE, failsLater, STORE_DOWN, storesLater } from '../node/fake-open-session.ts'
import type { FakeManager } from '../node/fake-open-session.ts'
import { ask, dial, GET, serve } from '../node/support.ts'
import type { Answer } from '../node/support.ts'

let folder = ''
const BODY = Buffer.from(Array.from({ length: 8 * 1024 * 1024 }, (_, index) => (index * 11) & 255))
const hash = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hold-'))
  writeFileSync(join(folder, 'big.bin'), BODY)
})
afterAll(() => rmSync(folder, { recursive: true }))

// The demo of an application: every way to answer, behind a session.
function build(manager: FakeManager, onError?: ErrorRequestHandler): Express {
  const app = express()
  app.set('env', 'test')
  app.use(session(manager))
  app.get('/json', (_, res) => void res.json({ a: 1 }))
  app.get('/send', (_, res) => void res.send('body'))
  app.get('/redirect', (_, res) => res.redirect(303, '/there'))
  app.get('/status', (_, res) => void res.sendStatus(204))
  app.get('/file', (_, res) => res.sendFile(join(folder, 'big.bin')))
  app.get('/late-throw', (_, res) => {
    res.json({ a: 1 })
    throw new Error('too late')
  })
  app.get('/throw', () => {
    throw new Error('broken')
  })
  app.get('/reject', async () => {
    await nextTurn()
    throw Object.assign(new Error('broken'), { status: 422 })
  })
  app.use(express.static(folder))
  if (onError !== undefined) app.use(onError)
  return app
}

async function visit(manager: FakeManager, path: string, headers = {}, method = 'GET', onError?: ErrorRequestHandler): Promise<Answer> {
  return ask(await serve(build(manager, onError)), path, { headers, method })
}

describe('an Express answer', () => {
  it('by json, send, redirect, sendStatus and not at all arrives with the cookie', async () => {
    const expected = {
      '/json': [200, '{"a":1}'],
      '/send': [200, 'body'],
      '/redirect': [303, 'See Other. Redirecting to /there'],
      '/status': [204, ''],
    }
    for (const [path, [status, body]] of Object.entries(expected)) {
      const answer = await visit(storesLater(), path)
      expect([answer.status, answer.body, answer.headers['set-cookie']], path).toEqual([status, body, [COOKIE]])
    }
    expect(await visit(storesLater(), '/nowhere')).toMatchObject({ status: 404, headers: { 'set-cookie': [COOKIE] } })
  })

  it('keeps its ETag, and 304, HEAD and Range work', async () => {
    const { headers } = await visit(storesLater(), '/send')
    const unchanged = await visit(storesLater(), '/send', { 'if-none-match': headers.etag })
    expect([unchanged.status, unchanged.body, unchanged.headers['set-cookie']]).toEqual([304, '', [COOKIE]])
    const head = await visit(storesLater(), '/send', {}, 'HEAD')
    expect([head.status, head.body, head.headers['content-length']]).toEqual([200, '', '4'])
    const range = await visit(storesLater(), '/file', { range: 'bytes=11-13' })
    expect([range.status, [...range.bytes]]).toEqual([206, [...BODY.subarray(11, 14)]])
  })

  it('arrives whole as a file, by sendFile and static', async () => {
    expect(hash((await visit(storesLater(), '/file')).bytes)).toBe(hash(BODY))
    expect(hash((await visit(storesLater(), '/big.bin')).bytes)).toBe(hash(BODY))
  })
})

describe('an Express answer whose session cannot be stored', () => {
  it('is replaced by what the error handler says, on a clean response', async () => {
    const errors: unknown[] = []
    // Trap 10: it answers while no session takes a write.
    const onError: ErrorRequestHandler = (error, req, res, _next) => {
      errors.push(error, res.headersSent)
      expect(() => req.session.set('a', 1)).toThrow('Session is closed')
      res.status(503).json({ sorry: true })
    }
    for (const [path, headers] of [
      ['/json', {}],
      ['/send', {}],
      ['/redirect', {}],
      ['/status', {}],
    ] as const) {
      errors.length = 0
      const answer = await visit(failsLater(), path, headers, 'GET', onError)
      expect([answer.status, answer.body], path).toEqual([503, '{"sorry":true}'])
      expect(answer.headers, path).toMatchObject({ 'content-type': 'application/json; charset=utf-8', 'x-powered-by': 'Express' })
      expect([answer.headers['set-cookie'], answer.headers.location], path).toEqual([undefined, undefined])
      expect(errors, path).toEqual([STORE_DOWN, false])
    }
  })

  it('is replaced by what the error handler says, a refusal too, where tracing has put a function without parameters around next', async () => {
    const traced =
      (handler: RequestHandler): RequestHandler =>
      (req, res, next) =>
        handler(req, res, (...given: unknown[]) => Reflect.apply(next, undefined, given))
    const codeFrom = async (manager: FakeManager, ...guards: RequestHandler[]): Promise<string> => {
      const app = express()
      app.use([session(manager), ...guards].map(traced))
      app.use(((_, res) => void res.send('body')) satisfies RequestHandler)
      app.use(((error, _req, res, _next) => void res.status(error.status).send(error.code)) satisfies ErrorRequestHandler)
      return (await ask(await serve(app), '/', { method: 'POST', headers: { 'sec-fetch-site': 'cross-site' } })).body
    }
    expect(await codeFrom(failsLater())).toBe('ERR_SESSION_DRIVER_FAILED')
    expect(await codeFrom(storesLater(), csrf())).toBe('ERR_SESSION_CSRF')
    expect(await codeFrom(storesLater(), requireFresh())).toBe('ERR_SESSION_NOT_FRESH')
    expect(await codeFrom(storesLater(), ownPages())).toBe('ERR_SESSION_SECURITY_VALIDATION_FAILED')
  })

  it('is a page of Express where nobody handles errors: 503, and in production without the cause', async () => {
    const app = build(failsLater())
    app.set('env', 'production')
    const log = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const answer = await ask(await serve(app), '/json')
    expect([answer.status, answer.body.includes('Service Unavailable'), answer.body.includes('store')]).toEqual([503, true, false])
    await vi.waitUntil(() => log.mock.calls.length === 1)
    log.mockRestore()
  })

  it('is a bare 503 while a file is still being sent', async () => {
    let handled = 0
    const onError: ErrorRequestHandler = (_, __, ___, next) => {
      handled += 1
      next()
    }
    for (const path of ['/file', '/big.bin']) {
      const answer = await visit(failsLater(), path, {}, 'GET', onError)
      expect([answer.status, answer.body, answer.headers.etag], path).toEqual([503, 'Service Unavailable', undefined])
    }
    expect(handled).toBe(0)
  })

  // Trap 9.
  it('goes to the error handlers of the application, not to those inside a router that did not open the session', async () => {
    const seen: string[] = []
    const note =
      (name: string): ErrorRequestHandler =>
      (error, _, __, next) => {
        seen.push(name)
        next(error)
      }
    const app = express()
    app.set('env', 'test')
    app.use(session(failsLater()))
    const inner = express.Router()
    inner.get('/', (_, res) => void res.send('x'))
    inner.use(note('inner'))
    app.use('/inner', inner)
    app.use(note('outer'))
    expect((await ask(await serve(app), '/inner')).status).toBe(503)
    expect(seen).toEqual(['outer'])
  })

  it('goes to the error handlers of the router that opened it, and then to the others', async () => {
    const seen: string[] = []
    const note =
      (name: string): ErrorRequestHandler =>
      (error, _, __, next) => {
        seen.push(name)
        next(error)
      }
    const app = express()
    app.set('env', 'test')
    const inner = express.Router()
    inner.use(session(failsLater()))
    inner.get('/', (_, res) => void res.send('x'))
    inner.use(note('inner'))
    app.use('/inner', inner)
    app.use(note('outer'))
    expect((await ask(await serve(app), '/inner')).status).toBe(503)
    expect(seen).toEqual(['inner', 'outer'])
  })
})

describe('an Express handler that throws', () => {
  it('stores nothing, at once and by promise, unless a status below 500 is chosen', async () => {
    const manager = storesLater()
    expect((await visit(manager, '/throw')).status).toBe(500)
    expect((await visit(manager, '/reject')).status).toBe(422)
    const chosen: ErrorRequestHandler = (_, __, res, _next) => void res.status(400).send('your mistake')
    expect((await visit(manager, '/throw', {}, 'GET', chosen)).status).toBe(400)
    expect(manager.opened.map(({ commits, discards }) => [commits, discards.length])).toEqual([
      [0, 1],
      [1, 0],
      [1, 0],
    ])
  })

  // Trap 2: Express destroys the socket, and the answer that is held with it.
  it('after its answer does not take the answer back', async () => {
    for (const [manager, text] of [
      [storesLater(), '{"a":1}'],
      [failsLater(), 'Service Unavailable'],
    ] as const) {
      const client = await dial(await serve(build(manager)))
      client.write(GET.replace('/', '/late-throw'))
      await new Promise((resolve) => client.on('close', resolve))
      expect(client.received()).toContain(text)
    }
  })

  it('after its answer does not change its status, nor does a step that comes after it', async () => {
    const app = express()
    app.set('env', 'test')
    app.use(session(storesLater()))
    app.get('/next', (_, res, next) => {
      res.json({ a: 1 })
      next()
    })
    app.get('/error', (_, res, next) => {
      res.json({ a: 1 })
      next(new Error('late'))
    })
    app.use((_, res) => void res.status(404).send('none'))
    const careless: ErrorRequestHandler = (_error, _req, res, _next) => void res.status(500).send('broken')
    app.use(careless)
    const served = await serve(app)
    for (const path of ['/next', '/error']) {
      const { status, body } = await ask(served, path)
      expect([status, body], path).toEqual([200, '{"a":1}'])
    }
  })

  it('after a part of its answer is cut off, as without a session', async () => {
    const app = express()
    app.set('env', 'test')
    app.use(session(storesLater()))
    app.get('/', (_, res) => {
      res.write('part')
      throw new Error('broken')
    })
    const client = await dial(await serve(app))
    client.write(GET)
    await new Promise((resolve) => client.on('close', resolve))
    expect(client.received()).toBe('')
  })
})

describe('sub-applications', () => {
  it('give the response another prototype, and it is held all the same', async () => {
    const route: RequestHandler = (_, res) => void res.json({ deep: true })
    const [app, one, two] = [express(), express(), express()]
    for (const each of [app, one, two]) each.set('env', 'test')
    two.get('/', route)
    one.use('/two', two)
    const manager = storesLater()
    app.use(session(manager))
    app.use('/one', one)
    const served = await serve(app)
    expect(await ask(served, '/one/two')).toMatchObject({ body: '{"deep":true}', headers: { 'set-cookie': [COOKIE] } })
    manager.onCommit = () => Promise.reject(STORE_DOWN)
    expect((await ask(served, '/one/two')).status).toBe(503)
  })
})
