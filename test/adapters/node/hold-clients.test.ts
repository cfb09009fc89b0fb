import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { describe, expect, it } from 'vitest'
import { sessionWithin } from '../../../src/adapters/node/session-middleware.ts'
import type { Committed } from '../../../src/manager/open-session.ts'
import { COOKIE, FakeManager, failsLater, STORE_DOWN, STORED, storesLater, storesWhenTold, turns } from './fake-open-session.ts'
import { ask, dial, GET, serve, serveHeld, until } from './support.ts'

const bodiesOf = (text: string): string[] => [...text.matchAll(/\r\n\r\n([a-z]+|Service)/g)].map((match) => match[1] ?? '')

describe('requests that are sent without waiting for answers', () => {
  it('are answered in order, each with its own cookie, whichever session is stored first', async () => {
    const commits = [0, 1, 2].map(() => Promise.withResolvers<Committed>())
    const manager = new FakeManager()
    let count = 0
    manager.onCommit = () => commits[count++]?.promise ?? STORED
    const served = await serveHeld(manager, (req, res) => res.end(req.url?.slice(1)))
    const client = await dial(served)
    client.write(['/one', '/two', '/three'].map((path) => GET.replace('/', path)).join(''))
    await until(() => count === 3)
    for (const index of [2, 1, 0]) {
      commits[index]?.resolve({ setCookie: `sid=${index}` })
      await turns()
    }
    await until(() => client.received().includes('three'))
    expect(bodiesOf(client.received())).toEqual(['one', 'two', 'three'])
    expect([...client.received().matchAll(/sid=(\d)/g)].map((match) => match[1])).toEqual(['0', '1', '2'])
  })

  it('go on being answered behind one whose session cannot be stored', async () => {
    const manager = storesLater()
    const stores = manager.onCommit
    let count = 0
    manager.onCommit = () => (++count === 2 ? Promise.reject(STORE_DOWN) : stores())
    const served = await serveHeld(manager, (req, res) => res.end(req.url?.slice(1)))
    const client = await dial(served)
    client.write(['/one', '/two', '/three'].map((path) => GET.replace('/', path)).join(''))
    await until(() => client.received().includes('three'))
    expect(bodiesOf(client.received())).toEqual(['one', 'Service', 'three'])
  })
})

describe('a client that hangs up', () => {
  it('while the session is being stored changes nothing: it is stored, and nothing is thrown', async () => {
    const manager = storesWhenTold()
    const responses: ServerResponse[] = []
    let ends = 0
    const served = await serveHeld(manager, (_, res) => {
      responses.push(res)
      res.write('a')
      res.end('b', () => (ends += 1))
    })
    const client = await dial(served)
    client.write(GET)
    await until(() => manager.opened[0]?.isClosed)
    client.destroy()
    await until(() => responses[0]?.destroyed)
    manager.store()
    await turns(20)
    expect([manager.only.commits, manager.only.discards, ends]).toEqual([1, [], 0])
  })

  it('while the session is being stored is no reason to throw when that fails', async () => {
    const manager = storesWhenTold()
    const responses: ServerResponse[] = []
    const served = await serveHeld(manager, (req, res) => {
      responses.push(res)
      if (req.url === '/end') res.end('a')
      else res.write('a')
    })
    for (const path of ['/end', '/write']) {
      const client = await dial(served)
      client.write(GET.replace('/', path))
      await until(() => manager.opened.at(-1)?.isClosed)
      client.destroy()
      await until(() => responses.at(-1)?.destroyed)
    }
    manager.fail()
    await turns(20)
    expect(manager.opened.map(({ commits }) => commits)).toEqual([1, 1])
  })

  it('while the handler runs changes nothing: what it set is stored', async () => {
    const manager = storesLater()
    const served = await serveHeld(manager, async (_, res) => {
      await once(res, 'close')
      res.write('a')
      res.end('b')
    })
    const client = await dial(served)
    client.write(GET)
    await until(() => manager.opened.length === 1)
    client.destroy()
    await manager.only.ended
    await turns(20)
    expect([manager.only.commits, manager.only.discards]).toEqual([1, []])
  })

  it('in the middle of a stream ends its pipeline', async () => {
    const failed = Promise.withResolvers<unknown>()
    const served = await serveHeld(storesLater(), (_, res) => {
      void pipeline(
        Readable.from(
          (function* () {
            for (;;) yield Buffer.alloc(64 * 1024)
          })(),
        ),
        res,
      ).catch(failed.resolve)
    })
    const client = await dial(served)
    client.write(GET)
    await until(() => client.received().length > 0)
    client.destroy()
    expect(await failed.promise).toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' })
  })
})

// Trap 13.
describe('a handler that never answers a client that is gone', () => {
  it('loses its session after a while: the lock is given back, and its signal aborts', async () => {
    for (const begins of [false, true]) {
      const manager = storesLater()
      const responses: ServerResponse[] = []
      const served = await serveHeld(
        manager,
        (_, res) => {
          responses.push(res)
          if (begins) res.writeHead(200)
        },
        { goneMs: 1 },
      )
      const client = await dial(served)
      client.write(GET)
      await until(() => manager.opened.length === 1)
      client.destroy()
      await manager.only.ended
      expect(manager.only.signal.aborted).toBe(true)
      expect(() => manager.only.set()).toThrow('Session is closed')
      // A late answer harms nobody and stores nothing.
      responses[0]?.write('late')
      responses[0]?.end('late')
      await turns()
      expect([manager.only.commits, manager.only.discards.length]).toEqual([0, 1])
    }
  })

  it('runs, and keeps or loses it likewise, when the client was gone before the session was opened', async () => {
    const manager = storesLater()
    const middleware = sessionWithin(1, manager)
    let arrived = 0
    const served = await serve((req, res) => {
      arrived += 1
      res.on('close', () => middleware(req, res, () => req.url === '/answers' && res.end('too late')))
    })
    for (const path of ['/answers', '/silent']) {
      const before = arrived
      const client = await dial(served)
      client.write(GET.replace('/', path))
      await until(() => arrived > before)
      client.destroy()
      await until(() => manager.opened.length === arrived && manager.opened.at(-1)?.isClosed)
    }
    expect(manager.opened.map(({ commits, discards }) => [commits, discards.length])).toEqual([
      [1, 0],
      [0, 1],
    ])
  })

  it('loses its session at once where it pipes what is stopped then, and keeps it where that flows all the same', async () => {
    for (const stops of [true, false]) {
      const manager = storesLater()
      const served = await serveHeld(manager, (_, res) => {
        res.on('close', () => {
          const source = Readable.from(['a'])
          source.pipe(res)
          if (stops) source.destroy()
        })
      })
      const client = await dial(served)
      client.write(GET)
      await until(() => manager.opened.length === 1)
      const since = performance.now()
      client.destroy()
      await manager.only.ended
      await turns()
      expect([manager.only.commits, manager.only.discards.length]).toEqual(stops ? [0, 1] : [1, 0])
      expect(performance.now() - since).toBeLessThan(4000)
    }
  })

  it('is not cut short when the client is there', async () => {
    const manager = storesLater()
    const served = await serveHeld(manager, (_, res) => setTimeout(() => res.end('slow'), 20), { goneMs: 1 })
    expect((await ask(served)).body).toBe('slow')
    await turns(20)
    expect(manager.only.discards).toEqual([])
  })
})

describe('a server', () => {
  // Trap 1: it destroys the connection of a response that says it has finished.
  it('that is closed while an answer is held still sends it', async () => {
    const manager = storesWhenTold()
    const served = await serveHeld(manager, (_, res) => {
      res.end('held')
      served.server.close()
      manager.store()
    })
    const { body, headers } = await ask(served)
    expect([body, headers['set-cookie']]).toEqual(['held', [COOKIE]])
  })
})

// Trap 2: Express destroys the socket when a handler throws after its answer.
describe('a connection that is cut after a whole answer was given', () => {
  it('is cut when the answer is out', async () => {
    const manager = storesWhenTold()
    const served = await serveHeld(manager, (req, res) => {
      res.end('held')
      expect(req.socket.destroy()).toBe(req.socket)
      expect(req.socket.destroyed).toBe(false)
    })
    const client = await dial(served)
    client.write(GET)
    await until(() => manager.opened[0]?.isClosed)
    await turns()
    expect(client.closed).toBe(false)
    manager.store()
    await once(client, 'close')
    expect(client.received()).toContain('held')
  })

  it('is cut when the answer to a failure is out', async () => {
    const served = await serveHeld(failsLater(), (req, res) => {
      res.end('held')
      req.socket.destroy()
    })
    const client = await dial(served)
    client.write(GET)
    await once(client, 'close')
    expect(client.received()).toContain('Service Unavailable')
  })

  it('is cut when the last of several answers is out', async () => {
    const manager = storesWhenTold()
    const body = 'two'.repeat(4_000_000)
    let count = 0
    const served = await serveHeld(manager, (req, res) => {
      res.end(req.url === '/two' ? body : 'one')
      req.socket.destroy()
      if (++count === 2) manager.store()
    })
    const client = await dial(served)
    client.write(GET.replace('/', '/one') + GET.replace('/', '/two'))
    await once(client, 'close')
    expect(bodiesOf(client.received())).toEqual(['one', body])
  })

  it('is cut at once for an error, and by a response that is destroyed as soon as that is decided', async () => {
    const manager = storesWhenTold()
    const served = await serveHeld(manager, (req, res) => {
      res.end('held')
      if (req.url === '/error') req.socket.destroy(new Error('broken'))
      else {
        res.destroy()
        manager.store()
      }
    })
    for (const path of ['/error', '/response']) {
      const client = await dial(served)
      client.write(GET.replace('/', path))
      await once(client, 'close')
      expect(client.received()).toBe('')
    }
  })

  it('is cut at once when nothing is held any more', async () => {
    const served = await serveHeld(storesLater(), (req, res) => {
      if (req.url === '/cut') req.socket.destroy()
      else res.end('held')
    })
    const client = await dial(served)
    client.write(GET)
    await until(() => client.received().includes('held'))
    client.write(GET.replace('/', '/cut'))
    await once(client, 'close')
  })
})
