import type { ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { session } from '../../../src/adapters/node/session-middleware.ts'
import { FakeManager, failsLater, storesLater, STORED, turns } from './fake-open-session.ts'
import { ask, call, serve, serveHeld, until } from './support.ts'

/** What a call throws, by its code. */
function codeOf(attempt: () => unknown): unknown {
  try {
    attempt()
    return 'nothing'
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error
  }
}

/** Calls a method with what its types forbid. */
function misuse(res: ServerResponse, method: string, ...args: unknown[]): unknown {
  return codeOf(() => call(res, method, ...args))
}

describe('a mistake of the handler, while its response is held', () => {
  it('is refused with ERR_HTTP_HEADERS_SENT when it is a late header, whatever becomes of the commit', async () => {
    for (const manager of [storesLater(), failsLater()]) {
      const codes: unknown[] = []
      const served = await serveHeld(manager, (_, res) => {
        res.writeHead(200)
        codes.push(
          codeOf(() => res.setHeader('a', 'b')),
          codeOf(() => res.writeHead(200)),
        )
        res.write('x')
        codes.push(
          codeOf(() => res.appendHeader('a', 'b')),
          codeOf(() => res.removeHeader('a')),
          codeOf(() => res.writeHead(200)),
        )
        codes.push(codeOf(() => res.writeEarlyHints({ link: '</a>; rel=preload' })))
        res.end()
        codes.push(codeOf(() => res.setHeader('a', 'b')))
      })
      await ask(served)
      expect(new Set(codes)).toEqual(new Set(['ERR_HTTP_HEADERS_SENT']))
      expect(codes).toHaveLength(7)
    }
  })

  // As an error handler does that does not look at `headersSent`, or a last "not found" behind a handler that has answered.
  it('changes no status that was set before the head began', async () => {
    const stored = storesLater()
    const served = await serveHeld(stored, (req, res) => {
      if (req.url === '/head') res.writeHead(201, 'Fine')
      else Object.assign(res, { statusCode: 201, statusMessage: 'Fine' })
      if (req.url === '/write') res.write('whole')
      if (req.url === '/end') res.end('whole')
      Object.assign(res, { statusCode: 500, statusMessage: 'Late' })
      if (req.url !== '/end') res.end(req.url === '/write' ? '' : 'whole')
    })
    for (const path of ['/head', '/write', '/end']) {
      const { status, statusMessage, body } = await ask(served, path)
      expect([status, statusMessage, body], path).toEqual([201, 'Fine', 'whole'])
    }
    expect(stored.opened.map(({ commits }) => commits)).toEqual([1, 1, 1])
  })

  it('is told by event and callback when it writes after the end', async () => {
    for (const manager of [storesLater(), failsLater()]) {
      const errors: unknown[] = []
      const note = (error?: unknown): unknown => errors.push(Reflect.get(Object(error), 'code'))
      const served = await serveHeld(manager, (_, res) => {
        res.on('error', note)
        res.end('whole')
        expect(call(res, 'write', 'late', note)).toBe(false)
        res.end('late', note)
        expect(res.finished).toBe(false)
      })
      const { body } = await ask(served)
      expect(['whole', 'Service Unavailable']).toContain(body)
      expect(errors).toEqual(Array(4).fill('ERR_STREAM_WRITE_AFTER_END'))
    }
  })

  it('may end twice and flush late without harm', async () => {
    let calls = 0
    const served = await serveHeld(storesLater(), (_, res) => {
      res.end('whole')
      res.end(() => (calls += 1))
      res.flushHeaders()
    })
    expect((await ask(served)).body).toBe('whole')
    await until(() => calls === 1)
  })

  it('is thrown at the call when it is a bad status, reason, header or chunk, as without a session', async () => {
    const mistakes = (res: ServerResponse): unknown[] => [
      misuse(res, 'writeHead', 99),
      misuse(res, 'writeHead', 'no status'),
      misuse(res, 'writeHead', 200, ['odd']),
      misuse(res, 'writeHead', 200, { 'bad name': 'x' }),
      misuse(res, 'writeHead', 200, { name: 'bad\nvalue' }),
      misuse(res, 'write', 7),
      misuse(res, 'write', null),
      misuse(res, 'end', {}),
      // Last: Node keeps the reason that it refused.
      misuse(res, 'writeHead', 200, 'line\nbreak'),
    ]
    const asked: unknown[][] = []
    const bare = await serve((_, res) => {
      asked.push(mistakes(res))
      res.statusMessage = 'OK'
      res.end('fine')
    })
    const manager = storesLater()
    const held = await serveHeld(manager, (_, res) => {
      const opened = manager.opened.length
      asked.push(mistakes(res))
      expect(manager.opened[opened - 1]?.commits).toBe(0)
      res.end('fine')
    })
    await ask(bare)
    const answer = await ask(held)
    expect(asked[1]).toEqual(asked[0])
    expect(asked[1]).not.toContain('nothing')
    expect(answer.body).toBe('fine')
    expect(manager.only.commits).toBe(1)
  })

  it('is thrown at the call when the status or the reason was set before', async () => {
    const codes: unknown[] = []
    const manager = storesLater()
    const served = await serveHeld(manager, (_, res) => {
      res.statusCode = 99
      codes.push(codeOf(() => res.end('x')))
      res.statusCode = 200
      res.statusMessage = 'line\nbreak'
      codes.push(codeOf(() => res.write('x')))
      expect(manager.only.commits).toBe(0)
      res.statusMessage = 'Fine'
      res.end('fine')
    })
    expect((await ask(served)).body).toBe('fine')
    expect(codes).toEqual(['ERR_HTTP_INVALID_STATUS_CODE', 'ERR_INVALID_CHAR'])
    expect(manager.only.commits).toBe(1)
  })

  // Trap 11: Node would find it after the session was stored.
  it('is thrown at the call when the body has not the promised length', async () => {
    const manager = storesLater()
    const codes: unknown[] = []
    const served = await serveHeld(manager, (req, res) => {
      res.strictContentLength = true
      res.setHeader('Content-Length', 5)
      if (req.url === '/end') {
        codes.push(
          codeOf(() => res.end('too long')),
          codeOf(() => res.end('no')),
        )
        expect(manager.opened[0]?.commits).toBe(0)
        res.end('right')
      } else {
        res.write('rig')
        codes.push(
          codeOf(() => res.write('hty')),
          codeOf(() => res.end('h')),
          codeOf(() => res.end()),
        )
        res.end('ht')
      }
    })
    expect((await ask(served, '/end')).body).toBe('right')
    expect((await ask(served, '/write')).body).toBe('right')
    expect(codes).toEqual(Array(5).fill('ERR_HTTP_CONTENT_LENGTH_MISMATCH'))
  })

  it('is none when a body that is not sent has no length to keep', async () => {
    const served = await serveHeld(storesLater(), (_, res) => {
      res.strictContentLength = true
      res.writeHead(304, { 'Content-Length': 5 }).end()
    })
    expect((await ask(served)).status).toBe(304)
  })
})

// Trap 12.
describe('what Node refuses only when the answer goes out', () => {
  function announcesTrailerWithLength(res: ServerResponse): void {
    res.setHeader('Trailer', 'X-Sum')
    res.setHeader('Content-Length', 1)
  }

  it('is answered with 500 and the cookie of the session, which is stored', async () => {
    const manager = storesLater()
    const errors: unknown[] = []
    const served = await serveHeld(
      manager,
      (_, res) => {
        announcesTrailerWithLength(res)
        res.end('x')
      },
      {
        onError: (error, _, res) => {
          errors.push(error)
          res.statusCode = 500
          // In parts: its length is not that of the lost body.
          call(res, 'write', 'so')
          res.end('rry')
        },
      },
    )
    const { status, headers, body } = await ask(served)
    expect([status, body, headers['set-cookie'], headers.trailer]).toEqual([500, 'sorry', [STORED.setCookie], undefined])
    expect(errors).toEqual([expect.objectContaining({ code: 'ERR_HTTP_TRAILER_INVALID' })])
    expect(manager.only.commits).toBe(1)
  })

  it('is answered with 500 and warned of while the handler is still writing', async () => {
    const warned = Promise.withResolvers<unknown>()
    process.once('warning', warned.resolve)
    const served = await serveHeld(storesLater(), async (_, res) => {
      announcesTrailerWithLength(res)
      res.write('x')
      await turns(20)
      res.end()
    })
    const { status, headers } = await ask(served)
    expect([status, headers['set-cookie']]).toEqual([500, [STORED.setCookie]])
    expect(await warned.promise).toMatchObject({ code: 'ERR_HTTP_TRAILER_INVALID' })
  })

  it('cuts the connection, with a warning, when the head is out already', async () => {
    const warned = Promise.withResolvers<unknown>()
    process.once('warning', warned.resolve)
    const errors: unknown[] = []
    const middleware = session(storesLater())
    const served = await serve((req, res) => {
      res.end = () => {
        throw new Error('a layer broke')
      }
      middleware(req, res, () => {
        res.write('x')
        res.end((error?: Error) => errors.push(error))
      })
    })
    await expect(ask(served)).rejects.toThrow('socket hang up')
    expect(await warned.promise).toMatchObject({ message: 'a layer broke' })
    expect(errors).toEqual([expect.objectContaining({ message: 'a layer broke' })])
  })

  it('is thrown at the handler when the commit answers at once, as without a session', async () => {
    const manager = new FakeManager()
    const codes: unknown[] = []
    const served = await serveHeld(manager, (_, res) => {
      announcesTrailerWithLength(res)
      codes.push(codeOf(() => res.end('x')))
      res.removeHeader('Trailer')
      res.end('x')
    })
    expect((await ask(served)).body).toBe('x')
    expect(codes).toEqual(['ERR_HTTP_TRAILER_INVALID'])
  })
})
