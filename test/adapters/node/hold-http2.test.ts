import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer } from 'node:http2'
import type { ClientHttp2Session, Http2ServerRequest, Http2ServerResponse, IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http2'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { sessionWithin } from '../../../src/adapters/node/session-middleware.ts'
import type { SessionOptions } from '../../../src/adapters/node/session-options.ts'
import type { SessionOpener } from '../../../src/adapters/node/passage.ts'
import { COOKIE, FakeManager, failsLater, STORED, STORE_DOWN, storesLater, storesWhenTold, turns } from './fake-open-session.ts'
import { call, portOf, until } from './support.ts'

const BODY = Buffer.from(Array.from({ length: 8 * 1024 * 1024 }, (_, index) => (index * 13) & 255))
const CHUNK = 64 * 1024

function* chunks(): Generator<Buffer> {
  for (let at = 0; at < BODY.length; at += CHUNK) yield BODY.subarray(at, at + CHUNK)
}

type Handler = (req: Http2ServerRequest, res: Http2ServerResponse) => unknown

/** Serves HTTP/2 in the clear behind `session()`, and connects to it. */
async function client(
  manager: SessionOpener,
  handler: Handler,
  { goneMs = 5000, ...options }: SessionOptions & { goneMs?: number } = {},
): Promise<ClientHttp2Session> {
  const middleware = sessionWithin(goneMs, manager, options)
  const server = createServer((req, res) => middleware(req, res, () => handler(req, res)))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const connection = connect(`http://127.0.0.1:${portOf(server)}`)
  onTestFinished(() => {
    connection.destroy()
    server.close()
  })
  return connection
}

interface Answer {
  readonly headers: IncomingHttpHeaders & { ':status'?: number }
  readonly body: string
  readonly bytes: Buffer
  readonly trailers: IncomingHttpHeaders
  readonly informed: (number | undefined)[]
}

async function ask(connection: ClientHttp2Session, headers: OutgoingHttpHeaders = {}): Promise<Answer> {
  const stream = connection.request(headers)
  const informed: (number | undefined)[] = []
  let trailers: IncomingHttpHeaders = {}
  stream.on('headers', (info) => informed.push(info[':status']))
  stream.on('trailers', (got) => (trailers = got))
  const response = once(stream, 'response')
  response.catch(() => undefined)
  const parts: Buffer[] = []
  for await (const part of stream) parts.push(Buffer.from(part))
  const bytes = Buffer.concat(parts)
  return { headers: (await response)[0], bytes, body: bytes.toString(), trailers, informed }
}

const hash = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

describe('an HTTP/2 response', () => {
  it('waits for its session, and says meanwhile that it has ended and its headers are sent', async () => {
    const manager = storesWhenTold()
    const said: unknown[] = []
    const connection = await client(manager, (_, res) => {
      res.writeHead(201, { 'x-a': 'b' })
      res.end('body', () => said.push('end'))
      said.push(res.headersSent, res.writableEnded, res.finished, res.stream.headersSent)
      for (const late of [() => res.setHeader('a', 'b'), () => res.writeHead(200), () => res.removeHeader('x-a')])
        expect(late).toThrow('Response has already been initiated.')
    })
    const stream = connection.request({})
    let status: unknown
    stream.on('response', (headers) => (status = headers[':status']))
    await until(() => manager.opened[0]?.isClosed)
    await turns(20)
    expect(status).toBeUndefined()
    manager.store()
    await until(() => said.includes('end'))
    await until(() => status === 201)
    expect(said).toEqual([true, true, true, true, 'end'])
  })

  it('carries the cookie behind those of the application, of an object and of a raw list', async () => {
    for (const head of [{ 'set-cookie': ['a=1', 'b=2'] }, ['set-cookie', 'a=1', 'set-cookie', 'b=2']]) {
      const connection = await client(storesLater(), (_, res) => {
        call(res, 'writeHead', 200, head)
        res.end()
      })
      expect((await ask(connection)).headers['set-cookie']).toEqual(['a=1', 'b=2', COOKIE])
    }
  })

  it('goes out at once when the commit answers at once', async () => {
    const manager = new FakeManager()
    manager.onCommit = () => STORED
    const connection = await client(manager, (_, res) => {
      res.writeHead(200)
      res.write('a')
      res.end('b')
    })
    const answer = await ask(connection)
    expect([answer.body, answer.headers['set-cookie']]).toEqual(['ab', [COOKIE]])
  })

  it('arrives whole: by pipeline, and by a writer that waits when it is told to', async () => {
    let waits = 0
    const connection = await client(storesLater(), async (req, res) => {
      if (req.url === '/pipeline') await pipeline(Readable.from(chunks()), res)
      else {
        for (const chunk of chunks()) {
          if (res.write(chunk)) continue
          waits += 1
          expect(res.writableNeedDrain).toBe(true)
          await once(res, 'drain')
        }
        res.end()
      }
    })
    expect(hash((await ask(connection, { ':path': '/pipeline' })).bytes)).toBe(hash(BODY))
    expect(hash((await ask(connection)).bytes)).toBe(hash(BODY))
    expect(waits).toBeGreaterThan(0)
  })

  it('streams events behind its head, and lets 103, trailers and HEAD through', async () => {
    const connection = await client(storesLater(), async (_, res) => {
      res.writeEarlyHints({ link: '</a.css>; rel=preload' })
      call(res, 'setTrailer', 'x-sum', '4')
      call(res, 'flushHeaders')
      await turns(30)
      res.write('da')
      await turns(30)
      res.end('ta')
    })
    const { body, trailers, informed } = await ask(connection)
    expect([body, trailers['x-sum'], informed]).toEqual(['data', '4', [103]])
    const head = await ask(connection, { ':method': 'HEAD' })
    expect([head.headers[':status'], head.body]).toEqual([200, ''])
  })

  it('keeps the status that it began with', async () => {
    const connection = await client(storesLater(), (_, res) => {
      res.statusCode = 201
      res.end('whole')
      res.statusCode = 500
    })
    const { headers, body } = await ask(connection)
    expect([headers[':status'], body]).toEqual([201, 'whole'])
  })

  it('tells a writer after the end, and a bad call, as without a session', async () => {
    const told: unknown[] = []
    const connection = await client(storesLater(), (_, res) => {
      expect(() => res.writeHead(99)).toThrow('Invalid status code')
      for (const method of ['write', 'end']) expect(() => call(res, method, 7)).toThrow('The "chunk" argument must be')
      res.end('whole')
      res.end(() => told.push('end again'))
    })
    expect((await ask(connection)).body).toBe('whole')
    expect(told).toEqual(['end again'])
  })

  it('is reset when it is written to after its end, as without a session', async () => {
    const told = Promise.withResolvers<unknown>()
    const connection = await client(storesLater(), (_, res) => {
      res.end('whole')
      call(res, 'write', 'late', told.resolve)
    })
    await ask(connection).catch(() => undefined)
    expect(await told.promise).toMatchObject({ code: 'ERR_STREAM_WRITE_AFTER_END' })
  })
})

describe('an HTTP/2 response whose session cannot be stored', () => {
  it('is replaced by the answer of the application', async () => {
    const errors: unknown[] = []
    const connection = await client(
      failsLater(),
      (_, res) => {
        res.writeHead(200, { 'set-cookie': 'a=1', 'content-type': 'text/html' })
        res.end('secret')
      },
      {
        onError: (error, _, res) => {
          errors.push(error, res.headersSent, res.writableEnded, res.finished)
          res.statusCode = 503
          res.end('sorry')
        },
      },
    )
    const { headers, body } = await ask(connection)
    expect([headers[':status'], body, headers['set-cookie'], headers['content-type']]).toEqual([503, 'sorry', undefined, undefined])
    expect(errors).toEqual([STORE_DOWN, false, false, false])
  })

  // Trap 17.
  it('is a 503 while it is still being written, and a trailer that was set is empty', async () => {
    const connection = await client(failsLater(), async (_, res) => {
      call(res, 'setTrailer', 'x-sum', 'secret')
      res.addTrailers({ 'x-other': 'secret' })
      res.write('secret')
      await turns(20)
      res.write('secret')
      res.end('secret')
    })
    const { headers, body, trailers } = await ask(connection)
    expect([headers[':status'], body, trailers['x-sum'], trailers['x-other']]).toEqual([503, 'Service Unavailable', '', ''])
  })

  it('fails as a pipeline, and its client gets the 503 all the same', async () => {
    const failed = Promise.withResolvers<unknown>()
    const connection = await client(failsLater(), (_, res) => {
      void pipeline(Readable.from(chunks()), res).catch(failed.resolve)
    })
    const { headers, body } = await ask(connection)
    expect([headers[':status'], body]).toEqual([503, 'Service Unavailable'])
    expect(await failed.promise).toBe(STORE_DOWN)
  })
})

describe('an HTTP/2 client that hangs up', () => {
  it('while the handler runs, or while the session is being stored, changes nothing', async () => {
    for (const when of ['handler', 'commit']) {
      const manager = storesWhenTold()
      const responses: Http2ServerResponse[] = []
      const connection = await client(manager, async (_, res) => {
        responses.push(res)
        if (when === 'handler') await once(res, 'close')
        res.write('a')
        res.end('b')
      })
      const stream = connection.request({})
      stream.on('error', () => undefined)
      await until(() => responses.length === 1)
      stream.close(8)
      await until(() => responses[0]?.stream.destroyed)
      await manager.only.ended
      manager.store()
      await turns(20)
      expect([manager.only.commits, manager.only.discards], when).toEqual([1, []])
    }
  })

  it('loses its session when the handler never answers', async () => {
    for (const begins of [false, true]) {
      const manager = storesLater()
      const connection = await client(manager, (_, res) => begins && res.writeHead(200), { goneMs: 1 })
      const stream = connection.request({})
      stream.on('error', () => undefined)
      await until(() => manager.opened.length === 1)
      stream.close(8)
      await manager.only.ended
      expect([manager.only.commits, manager.only.discards.length]).toEqual([0, 1])
    }
  })
})
