import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { PassThrough, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { describe, expect, it } from 'vitest'
import { failsLater, STORE_DOWN, storesLater, storesWhenTold, turns } from './fake-open-session.ts'
import { ask, dial, GET, serveHeld, until } from './support.ts'

const MIB = 1024 * 1024
const BODY = Buffer.from(Array.from({ length: 8 * MIB }, (_, index) => (index * 7 + (index >> 8)) & 255))
const CHUNK = 64 * 1024

function* chunks(): Generator<Buffer> {
  for (let at = 0; at < BODY.length; at += CHUNK) yield BODY.subarray(at, at + CHUNK)
}

function hash(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

describe('a stream', () => {
  it('arrives whole when it is piped, by pipe and by pipeline', async () => {
    const served = await serveHeld(storesLater(), async (req, res) => {
      if (req.url === '/pipe') Readable.from(chunks()).pipe(res)
      else await pipeline(Readable.from(chunks()), res)
    })
    expect(hash((await ask(served, '/pipe')).bytes)).toBe(hash(BODY))
    expect(hash((await ask(served, '/pipeline')).bytes)).toBe(hash(BODY))
  })

  it('is told honestly to wait, and to go on when the session is stored', async () => {
    let waits = 0
    const served = await serveHeld(storesLater(), async (_, res) => {
      for (const chunk of chunks()) {
        if (res.write(chunk)) continue
        waits += 1
        expect(res.writableNeedDrain).toBe(true)
        await once(res, 'drain')
        expect(res.writableNeedDrain).toBe(false)
      }
      res.end()
    })
    expect(hash((await ask(served)).bytes)).toBe(hash(BODY))
    expect(waits).toBeGreaterThan(0)
  })

  it('is told to go on even if all that was held went straight to the client', async () => {
    const manager = storesWhenTold()
    let drains = 0
    const served = await serveHeld(manager, (_, res) => {
      res.on('drain', () => {
        drains += 1
        res.end()
      })
      expect(res.write('a'.repeat(res.writableHighWaterMark - 1))).toBe(true)
      expect(res.write('a')).toBe(false)
      manager.store()
    })
    const { body } = await ask(served)
    expect(body.length).toBeGreaterThan(0)
    expect(drains).toBe(1)
  })

  // Trap 20: nothing but the commit's own bound limits a handler that does not listen.
  it('arrives whole even if the handler does not wait when it is told to', async () => {
    const served = await serveHeld(storesLater(), (_, res) => {
      for (const chunk of chunks()) res.write(chunk)
      res.end()
    })
    expect(hash((await ask(served)).bytes)).toBe(hash(BODY))
  })

  it('of events begins with its head alone, and the session is stored before that', async () => {
    const manager = storesWhenTold()
    const served = await serveHeld(manager, async (_, res) => {
      res.writeHead(200, { 'Content-Type': 'text/event-stream' })
      res.flushHeaders()
      await until(() => manager.only.isClosed)
      await turns(30)
      res.write('data: 1\n\n')
      await turns(30)
      res.end('data: 2\n\n')
    })
    const client = await dial(served)
    client.write(GET)
    await until(() => manager.opened[0]?.isClosed)
    await turns()
    expect(client.received()).toBe('')
    manager.store()
    await until(() => client.received().endsWith('\r\n\r\n'))
    expect(client.received()).toContain('text/event-stream')
    await until(() => client.received().includes('data: 2'))
    expect(client.received().indexOf('data: 1')).toBeGreaterThan(0)
  })

  it('lets 1xx responses, trailers and Expect: 100-continue through', async () => {
    const served = await serveHeld(storesLater(), (req, res) => {
      res.writeEarlyHints({ link: '</a.css>; rel=preload' })
      res.writeHead(200, { Trailer: 'X-Sum' })
      req.resume().on('end', () => {
        res.write('body')
        res.addTrailers({ 'X-Sum': '4' })
        res.end()
      })
    })
    const answer = await ask(served, '/', { method: 'POST', headers: { expect: '100-continue', 'content-length': 1 } }, 'x')
    expect(answer.informed).toEqual([100, 103])
    expect([answer.body, answer.trailers['x-sum']]).toEqual(['body', '4'])
  })

  it('corks and uncorks as it likes', async () => {
    const served = await serveHeld(storesLater(), (_, res) => {
      res.cork()
      res.write('a')
      res.write('b')
      res.uncork()
      res.end('c')
    })
    expect((await ask(served)).body).toBe('abc')
  })
})

describe('a stream whose session cannot be stored', () => {
  it('is answered with 503, and what its handler still writes is lost', async () => {
    const done = Promise.withResolvers<unknown[]>()
    const served = await serveHeld(failsLater(), async (_, res) => {
      const errors: unknown[] = []
      res.writeHead(200, { Trailer: 'X-Sum' })
      res.write('secret', (error) => errors.push(error))
      await expect(once(res, 'finish')).rejects.toBe(STORE_DOWN)
      res.writeHead(200)
      res.flushHeaders()
      res.addTrailers({ 'X-Sum': '4' })
      errors.push(
        res.write('secret', () => undefined),
        res.end('secret', (error?: Error) => errors.push(error)) === res,
      )
      await turns()
      done.resolve(errors)
    })
    const answer = await ask(served)
    expect([answer.status, answer.body, answer.headers.trailer]).toEqual([503, 'Service Unavailable', undefined])
    expect((await done.promise).slice(0, 1)).toEqual([STORE_DOWN])
    expect((await done.promise).at(-1)).toBe(STORE_DOWN)
  })

  it('may throw what it was told, in a handler of plain node:http', async () => {
    const served = await serveHeld(failsLater(), async (_, res) => {
      res.write('secret')
      await once(res, 'finish')
    })
    expect((await ask(served)).status).toBe(503)
  })

  it('leaves an early hint that is out already', async () => {
    const served = await serveHeld(failsLater(), (_, res) => {
      res.writeEarlyHints({ link: '</a.css>; rel=preload' })
      res.flushHeaders()
    })
    const answer = await ask(served)
    expect([answer.status, answer.informed]).toEqual([503, [103]])
  })

  // Trap 4: its body would go into the 503.
  it('is stopped and destroyed, without an error that would be taken for one of its own', async () => {
    const source = new PassThrough()
    const errors: unknown[] = []
    source.on('error', (error) => errors.push(error))
    const served = await serveHeld(failsLater(), (_, res) => {
      source.pipe(res)
      source.write('secret')
    })
    const answer = await ask(served)
    expect([answer.status, answer.body]).toEqual([503, 'Service Unavailable'])
    expect([source.destroyed, errors]).toEqual([true, []])
  })

  it('is left alone where it was unpiped before', async () => {
    const source = new PassThrough()
    const served = await serveHeld(failsLater(), (_, res) => {
      source.pipe(res)
      source.unpipe(res)
      res.write('secret')
    })
    expect((await ask(served)).status).toBe(503)
    expect(source.destroyed).toBe(false)
  })

  // Trap 6: `pipeline` destroys the response when its source dies.
  it('fails as a pipeline, and its client gets the 503 all the same', async () => {
    for (const source of [() => Readable.from(chunks()), chunks, () => Readable.from(chunks()).map((chunk: unknown) => chunk)]) {
      const failed = Promise.withResolvers<unknown>()
      const served = await serveHeld(failsLater(), (_, res) => {
        void pipeline(source(), res).catch(failed.resolve)
      })
      const answer = await ask(served)
      expect([answer.status, answer.body]).toEqual([503, 'Service Unavailable'])
      expect(await failed.promise).toBe(STORE_DOWN)
    }
  })

  // Trap 15.
  it('wakes a writer that waits for drain, and tells it by callback and event', async () => {
    const done = Promise.withResolvers<string[]>()
    const served = await serveHeld(failsLater(), async (_, res) => {
      const order: string[] = []
      const destroy: unknown = Reflect.get(res, 'destroy')
      for (const event of ['drain', 'error', 'close']) res.on(event, () => order.push(event))
      const { promise: told, resolve } = Promise.withResolvers<unknown>()
      res.write('a'.repeat(res.writableHighWaterMark), resolve)
      await once(res, 'drain')
      expect(res.write('b')).toBe(true)
      expect(await told).toBe(STORE_DOWN)
      await until(() => order.includes('close'))
      // While the 503 was on its way it did nothing.
      expect(Reflect.get(res, 'destroy')).toBe(destroy)
      done.resolve(order)
    })
    expect((await ask(served)).status).toBe(503)
    expect(await done.promise).toEqual(['drain', 'error', 'close'])
  })

  it('does not spin for ever in a loop that writes until it is told to wait', async () => {
    let rounds = 0
    const served = await serveHeld(failsLater(), (_, res) => {
      const pump = (): void => {
        rounds += 1
        while (res.write(Buffer.alloc(CHUNK))) continue
        if (!res.destroyed) res.once('drain', pump)
      }
      pump()
    })
    expect((await ask(served)).status).toBe(503)
    expect(rounds).toBeGreaterThan(0)
  })

  it('of a generator ends its loop', async () => {
    const ended = Promise.withResolvers<boolean>()
    async function* endless(): AsyncGenerator<string> {
      try {
        for (;;) {
          yield 'x'.repeat(CHUNK)
          await turns(1)
        }
      } finally {
        ended.resolve(true)
      }
    }
    const served = await serveHeld(failsLater(), (_, res) => {
      void pipeline(endless, res).catch(() => undefined)
    })
    expect((await ask(served)).status).toBe(503)
    expect(await ended.promise).toBe(true)
  })
})
