import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { get } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createGunzip, gunzipSync } from 'node:zlib'
import { describe, expect, it, onTestFinished } from 'vitest'
import { session } from '../../../src/adapters/node/session-middleware.ts'
import type { SessionOpener } from '../../../src/adapters/node/passage.ts'
import { COOKIE, failsLater, storesLater, storesWhenTold, turns } from './fake-open-session.ts'
import { compression, onHeaders } from './layers.ts'
import { ask, call, serve, until } from './support.ts'
import type { Served } from './support.ts'

const MIB = 1024 * 1024
const NOISE = randomBytes(2 * MIB)

type Handler = (req: IncomingMessage, res: ServerResponse) => unknown

// One that is told of errors, as the error handlers of Express are.
function answering(res: ServerResponse, handler: () => unknown): (error?: unknown) => unknown {
  return (error?: unknown) => {
    if (error === undefined) return handler()
    res.statusCode = 503
    return res.end('sorry')
  }
}

function outside(manager: SessionOpener, handler: Handler, options = {}): Promise<Served> {
  const [zip, open] = [compression(options), session(manager)]
  return serve((req, res) =>
    zip(req, res, () =>
      open(
        req,
        res,
        answering(res, () => handler(req, res)),
      ),
    ),
  )
}

function inside(manager: SessionOpener, handler: Handler): Promise<Served> {
  const [zip, open] = [compression(), session(manager)]
  return serve((req, res) =>
    open(
      req,
      res,
      answering(res, () => zip(req, res, () => handler(req, res))),
    ),
  )
}

function hash(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

describe('compression around the session', () => {
  it('compresses what is let out', async () => {
    const answer = await ask(await outside(storesLater(), (_, res) => res.end('body')))
    expect([answer.headers['content-encoding'], gunzipSync(answer.bytes).toString(), answer.headers['set-cookie']]).toEqual([
      'gzip',
      'body',
      [COOKIE],
    ])
  })

  it('sends an event at once when its writer flushes it', async () => {
    const served = await outside(storesLater(), (_, res) => {
      res.writeHead(200, { 'Content-Type': 'text/event-stream' })
      res.write('data: 1\n\n')
      call(res, 'flush')
    })
    const request = get({ port: served.port, agent: false })
    onTestFinished(() => void request.destroy())
    const unzip = createGunzip()
    request.once('response', (response) => response.pipe(unzip))
    const [event] = await once(unzip, 'data')
    expect(String(event)).toBe('data: 1\n\n')
  })

  it('compresses the answer to a failure', async () => {
    const answer = await ask(await outside(failsLater(), (_, res) => res.end('secret')))
    expect([answer.status, gunzipSync(answer.bytes).toString()]).toEqual([503, 'sorry'])
    const written = await ask(await outside(failsLater(), (_, res) => res.write('secret')))
    expect([written.status, gunzipSync(written.bytes).toString()]).toEqual([503, 'Service Unavailable'])
  })

  // Trap 5: the listeners for `drain` are on its zlib stream, where an event on the response does not reach them.
  it('does not let a writer wait for ever', async () => {
    for (const contentType of ['text/plain', 'image/png']) {
      const served = await outside(
        storesLater(),
        async (_, res) => {
          res.setHeader('Content-Type', contentType)
          for (let at = 0; at < NOISE.length; at += 300_000) {
            if (!res.write(NOISE.subarray(at, at + 300_000))) await once(res, 'drain')
          }
          res.end()
        },
        { highWaterMark: MIB },
      )
      const { bytes, headers } = await ask(served)
      expect(hash(headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes), contentType).toBe(hash(NOISE))
    }
  })

  it('calls each of those who wait once, and not one that has left', async () => {
    for (const contentType of ['text/plain', 'image/png']) {
      const manager = storesWhenTold()
      const calls: string[] = []
      const served = await outside(
        manager,
        async (_, res) => {
          res.setHeader('Content-Type', contentType)
          res.write(Buffer.alloc(70_000))
          const note = (name: string) => (): unknown => calls.push(name)
          res.on('drain', note('on'))
          res.once('drain', note('once'))
          if (contentType === 'text/plain') {
            const [left, gone] = [note('left'), note('gone')]
            res.on('drain', left).removeListener('drain', left)
            res.once('drain', gone).off('drain', gone)
          }
          res.once('drain', note('late'))
          manager.store()
          await until(() => calls.includes('late'))
          res.end()
        },
        { highWaterMark: MIB },
      )
      await ask(served)
      expect(calls, contentType).toEqual(['on', 'once', 'late'])
    }
  })
})

describe('a layer that buffers, and leaves the listeners where they are', () => {
  it('has them called once', async () => {
    const manager = storesWhenTold()
    const open = session(manager)
    let calls = 0
    const served = await serve((req, res) => {
      const [end, on] = [res.end.bind(res), res.on.bind(res)]
      const parts: Buffer[] = []
      Reflect.set(res, 'write', (chunk: Buffer) => parts.push(chunk) > 0)
      Reflect.set(res, 'end', () => end(Buffer.concat(parts)))
      Reflect.set(res, 'on', (event: string, listener: () => void) => on(event, listener))
      open(req, res, async () => {
        expect(res.write(Buffer.alloc(70_000))).toBe(false)
        res.on('drain', () => (calls += 1))
        manager.store()
        await until(() => calls > 0)
        res.end()
      })
    })
    expect((await ask(served)).bytes).toHaveLength(70_000)
    expect(calls).toBe(1)
  })
})

describe('compression inside the session', () => {
  it('compresses what is let out', async () => {
    const answer = await ask(await inside(storesLater(), (_, res) => res.end('body')))
    expect([answer.headers['content-encoding'], gunzipSync(answer.bytes).toString(), answer.headers['set-cookie']]).toEqual([
      'gzip',
      'body',
      [COOKIE],
    ])
  })

  it('lets a long stream through', async () => {
    const served = await inside(storesLater(), async (_, res) => {
      for (let at = 0; at < NOISE.length; at += 300_000) {
        if (!res.write(NOISE.subarray(at, at + 300_000))) await once(res, 'drain')
      }
      res.end()
    })
    expect(hash(gunzipSync((await ask(served)).bytes))).toBe(hash(NOISE))
  })

  // Trap 3: it thinks that the response has ended, so that an error handler's `end` would do nothing; later its zlib stream would
  // write into the new answer.
  it('is stripped from the answer to a failure, and writes nothing into it', async () => {
    const manager = storesWhenTold()
    const served = await inside(manager, async (_, res) => {
      res.end('secret')
      await until(() => res.writableEnded)
      manager.fail()
    })
    const answer = await ask(served)
    await turns()
    expect([answer.status, answer.body, answer.headers['content-encoding']]).toEqual([503, 'sorry', undefined])
  })

  it('is stripped from the 503 of a handler that is still writing', async () => {
    const served = await inside(failsLater(), async (_, res) => {
      res.write(NOISE)
      await turns(10)
      res.write(NOISE)
      res.end('secret')
    })
    const answer = await ask(served)
    expect([answer.status, answer.body, answer.headers['content-encoding']]).toEqual([503, 'Service Unavailable', undefined])
  })
})

describe('a listener for the headers', () => {
  function listening(manager: SessionOpener, calls: string[], handler: Handler): Promise<Served> {
    const open = session(manager)
    return serve((req, res) => {
      onHeaders(res, () => {
        calls.push('outer')
        res.setHeader('X-Outer', '1')
      })
      open(
        req,
        res,
        answering(res, () => {
          onHeaders(res, () => {
            calls.push('inner')
            res.setHeader('X-Inner', '1')
          })
          return handler(req, res)
        }),
      )
    })
  }

  it('is called once, around the session and inside it', async () => {
    for (const handler of [
      (_: unknown, res: ServerResponse) => res.end('x'),
      (_: unknown, res: ServerResponse) => res.writeHead(200, { a: 'b' }).end('x'),
    ]) {
      const calls: string[] = []
      const { headers } = await ask(await listening(storesLater(), calls, handler))
      expect(calls.toSorted()).toEqual(['inner', 'outer'])
      expect([headers['x-outer'], headers['x-inner'], headers['set-cookie']]).toEqual(['1', '1', [COOKIE]])
    }
  })

  // Trap 18.
  it('inside the session was called for the head that is lost, and is not called for the answer to a failure', async () => {
    const calls: string[] = []
    const { headers } = await ask(await listening(failsLater(), calls, (_, res) => res.writeHead(200).end('x')))
    expect(calls).toEqual(['inner', 'outer'])
    expect([headers['x-outer'], headers['x-inner']]).toEqual(['1', undefined])
  })
})
