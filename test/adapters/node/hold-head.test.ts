import { describe, expect, it } from 'vitest'
import { session } from '../../../src/adapters/node/session-middleware.ts'
import type { SessionOptions } from '../../../src/adapters/node/session-options.ts'
import { COOKIE, FakeManager, failsLater, STORED, storesLater } from './fake-open-session.ts'
import { ask, call, serve, serveHeld } from './support.ts'

describe('the head of a response', () => {
  it('carries the cookie behind those of the application, and no cache keeps it', async () => {
    const served = await serveHeld(storesLater(), (_, res) => {
      res.setHeader('Cache-Control', 'max-age=60')
      res.setHeader('Set-Cookie', ['a=1', 'b=2'])
      res.end('body')
    })
    const { headers } = await ask(served)
    expect(headers['set-cookie']).toEqual(['a=1', 'b=2', COOKIE])
    expect(headers['cache-control']).toBe('no-store')
  })

  it('keeps a Cache-Control that keeps every cache out already; private does not', async () => {
    for (const [given, sent] of [
      ['private, No-Store', 'private, No-Store'],
      ['private, max-age=60', 'no-store'],
      ['x-no-store', 'no-store'],
    ]) {
      const served = await serveHeld(storesLater(), (_, res) => res.writeHead(200, { 'Cache-Control': given }).end())
      expect((await ask(served)).headers['cache-control']).toBe(sent)
    }
  })

  it('is left alone where no cookie goes out', async () => {
    const served = await serveHeld(new FakeManager(), (_, res) => res.writeHead(200, { 'Cache-Control': 'max-age=60' }).end())
    const { headers } = await ask(served)
    expect(headers['cache-control']).toBe('max-age=60')
    expect(headers['set-cookie']).toBeUndefined()
  })

  // Trap 7: a `writeHead` with headers replaces a cookie that was appended before it.
  it('keeps the session cookie beside those that writeHead is given, as an object, a list or pairs', async () => {
    const served = await serveHeld(storesLater(), (req, res) => {
      if (req.url === '/object') res.writeHead(200, 'Fine', { 'Set-Cookie': ['a=1', 'b=2'], 'X-A': 'x' })
      else if (req.url === '/list') res.writeHead(200, 'Fine', ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'X-A', 'x'])
      else
        call(res, 'writeHead', 200, 'Fine', [
          ['Set-Cookie', ['a=1', 'b=2']],
          ['X-A', 'x'],
        ])
      res.end()
    })
    for (const path of ['/object', '/list', '/pairs']) {
      const { headers, statusMessage } = await ask(served, path)
      expect(headers['set-cookie'], path).toEqual(['a=1', 'b=2', COOKIE])
      expect(headers['x-a'], path).toBe('x')
      expect(statusMessage, path).toBe('Fine')
    }
  })

  // Trap 16.
  it('goes out with what writeHead was given when the commit answers at once', async () => {
    const manager = new FakeManager()
    manager.onCommit = () => STORED
    const served = await serveHeld(manager, (_, res) => {
      res.writeHead(202, ['Set-Cookie', 'a=1'])
      expect(res.headersSent).toBe(true)
      res.end('body')
      expect(res.finished).toBe(true)
    })
    const { status, headers, body } = await ask(served)
    expect([status, headers['set-cookie'], body]).toEqual([202, ['a=1', COOKIE], 'body'])
  })

  // Trap 8: what the lost answer said of itself must not stand on the one that goes out.
  it('is what it was when the session was opened, when that cannot be stored', async () => {
    const served = await serveHeld(failsLater(), (_, res) => {
      res.setHeader('ETag', '"x"')
      res.setHeader('Location', '/elsewhere')
      res.removeHeader('Content-Length')
      res.removeHeader('Date')
      res.statusMessage = 'Fine'
      res.writeHead(200, { 'Set-Cookie': 'a=1', 'Content-Type': 'text/html', 'Cache-Control': 'public' })
      res.end('secret')
    })
    const { status, statusMessage, headers, body } = await ask(served)
    expect([status, statusMessage, body]).toEqual([503, 'Service Unavailable', 'Service Unavailable'])
    expect(Object.keys(headers).toSorted()).toEqual([
      'cache-control',
      'connection',
      'content-length',
      'content-type',
      'date',
      'retry-after',
    ])
    expect(headers['content-type']).toContain('text/plain')
  })

  it('tells of a failure with the cookie of whatever ended before it, such as a logout', async () => {
    const manager = new FakeManager()
    manager.onDiscard = async () => ({ setCookie: 'sid=; Max-Age=0' })
    const served = await serveHeld(manager, (_, res) => res.writeHead(500).end('broken'))
    const { status, headers } = await ask(served)
    expect([status, headers['set-cookie']]).toEqual([500, ['sid=; Max-Age=0']])
  })

  it('has again what was set before the session was opened, and not what was added to it', async () => {
    const middleware = session(failsLater())
    const served = await serve((req, res) => {
      res.setHeader('Set-Cookie', ['outer=1'])
      res.setHeader('X-Outer', 'before')
      middleware(req, res, () => {
        res.appendHeader('Set-Cookie', 'a=1')
        res.setHeader('X-Outer', 'after')
        res.end('secret')
      })
    })
    const { rawHeaders } = await ask(served)
    expect(rawHeaders.slice(0, 4)).toEqual(['Set-Cookie', 'outer=1', 'X-Outer', 'before'])
    expect(rawHeaders).not.toContain('a=1')
  })

  it('is followed by no trailer of the lost body', async () => {
    const onError: SessionOptions['onError'] = (_, __, res) => {
      call(res, 'write', 'sor')
      res.end('ry')
    }
    const served = await serveHeld(
      failsLater(),
      (_, res) => {
        res.addTrailers({ 'X-Sum': 'secret' })
        res.end('secret')
      },
      { onError },
    )
    const { body, trailers } = await ask(served)
    expect([body, trailers]).toEqual(['sorry', {}])
  })

  it('is not given a second time to a layer inside the session', async () => {
    for (const manager of [storesLater(), new FakeManager()]) {
      let calls = 0
      const served = await serveHeld(manager, (_, res) => {
        const writeHead = res.writeHead.bind(res)
        Reflect.set(res, 'writeHead', (status: number) => {
          calls += 1
          return writeHead(status)
        })
        res.writeHead(201)
        res.write('x')
        res.end()
      })
      expect((await ask(served)).status).toBe(201)
      expect(calls).toBe(1)
    }
  })
})
