import { AsyncLocalStorage } from 'node:async_hooks'
import { once } from 'node:events'
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { session } from '../../../src/adapters/node/session-middleware.ts'
import { COOKIE, FakeManager, failsLater, STORE_DOWN, STORED, storesLater, storesWhenTold, turns } from './fake-open-session.ts'
import { ask, call, dial, GET, serveHeld, until } from './support.ts'

describe('a response while its session is being stored', () => {
  it('sends nothing before, and all of it afterwards', async () => {
    const manager = storesWhenTold()
    const served = await serveHeld(manager, (_, res) => res.writeHead(201, { 'X-A': 'b' }).end('body'))
    const client = await dial(served)
    client.write(GET)
    await until(() => manager.opened[0]?.isClosed)
    await turns()
    expect(client.received()).toBe('')
    manager.store()
    await until(() => client.received().includes('body'))
    expect(client.received()).toContain('HTTP/1.1 201 Created\r\nX-A: b\r\n')
  })

  it('closes the session to writes in the very call that begins the response', async () => {
    const manager = storesLater()
    const served = await serveHeld(manager, (_, res) => {
      manager.only.set()
      res.write('first')
      expect(() => manager.only.set()).toThrow('Session is closed')
      res.end()
    })
    expect((await ask(served)).body).toBe('first')
    expect(manager.only.commits).toBe(1)
  })

  it('says that it has ended and that its headers are sent, and has not finished', async () => {
    const manager = storesWhenTold()
    const { promise: said, resolve } = Promise.withResolvers<unknown>()
    const served = await serveHeld(manager, (_, res) => {
      res.end('body', () => resolve([...before, res.writableFinished, res.writableEnded]))
      const before = [res.headersSent, res.writableEnded, res.writableFinished]
      manager.store()
    })
    expect((await ask(served)).body).toBe('body')
    expect(await said).toEqual([true, true, false, true, true])
  })

  it('calls the callbacks of writes and of the end in order, then says finish, then close', async () => {
    const order: string[] = []
    const served = await serveHeld(storesLater(), (_, res) => {
      res.on('finish', () => order.push('finish'))
      res.on('close', () => order.push('close'))
      res.write('a', () => order.push('a'))
      res.write('b', 'utf8', () => order.push('b'))
      res.end('c', () => order.push('end'))
    })
    expect((await ask(served)).body).toBe('abc')
    await until(() => order.includes('close'))
    expect(order).toEqual(['a', 'b', 'end', 'finish', 'close'])
  })

  it('gives the callbacks the error when the session cannot be stored, and finishes once, for the 503', async () => {
    const errors: unknown[] = []
    let finishes = 0
    const served = await serveHeld(failsLater(), (_, res) => {
      res.on('finish', () => (finishes += 1))
      res.write('a', (error) => errors.push(error))
      res.end('b', (error?: Error) => errors.push(error))
    })
    expect((await ask(served)).status).toBe(503)
    expect(errors).toEqual([STORE_DOWN, STORE_DOWN])
    expect(finishes).toBe(1)
  })

  it('keeps the async context of the handler in callbacks, events and the answer to a failure', async () => {
    const context = new AsyncLocalStorage<string>()
    const seen: unknown[] = []
    const handler = (_: unknown, res: ServerResponse): void =>
      context.run('mine', () => {
        res.on('finish', () => seen.push(context.getStore()))
        res.write('a', () => seen.push(context.getStore()))
        res.end()
      })
    await ask(await serveHeld(storesLater(), handler))
    const onError = (error: unknown, __: unknown, res: { end(text: string): unknown }): void => {
      seen.push(context.getStore(), error)
      res.end('')
    }
    await ask(await serveHeld(failsLater(), handler, { onError }))
    await until(() => seen.length === 6)
    expect(seen).toEqual(['mine', 'mine', 'mine', STORE_DOWN, 'mine', 'mine'])
  })

  // Trap 14: to delete a property makes the response, and all that is done with it afterwards, slow.
  it('goes on saying that it has ended when it is out', async () => {
    let own = false
    const served = await serveHeld(storesLater(), (_, res) => {
      res.on('finish', () => (own = Object.hasOwn(res, 'writableEnded') && res.writableEnded))
      res.end('x')
    })
    await ask(served)
    expect(own).toBe(true)
  })

  it('does not say so where an object stands for the connection, as where a platform calls a function: that would go off without it', async () => {
    const request = new IncomingMessage(new Socket())
    Object.defineProperty(request, 'socket', { value: { writable: true, destroy: () => undefined } })
    const response = new ServerResponse(request)
    const sent = new PassThrough()
    call(response, 'assignSocket', sent)
    session(storesLater())(request, response, () => response.end('body'))
    expect([response.headersSent, response.writableEnded]).toEqual([true, false])
    await once(response, 'finish')
    expect([response.writableEnded, String(sent.read())]).toEqual([true, expect.stringContaining(COOKIE)])
  })

  // Trap 19: both take part in Node's own accounting.
  it('leaves `_headerSent` and `writableLength` to Node', async () => {
    const seen: unknown[] = []
    const served = await serveHeld(storesLater(), (_, res) => {
      const look = (): unknown => seen.push(Reflect.get(res, '_headerSent'), res.writableLength)
      res.end('x', look)
      look()
    })
    await ask(served)
    expect(seen).toEqual([false, 0, true, 0])
  })
})

describe('a request that fails', () => {
  it('stores nothing when it is answered with 500 or more', async () => {
    const manager = storesLater()
    const served = await serveHeld(manager, (_, res) => res.writeHead(502).end('x'))
    expect((await ask(served)).status).toBe(502)
    expect([manager.only.commits, manager.only.discards.length]).toEqual([0, 1])
  })

  it('stores what it set when it is answered with less, or saveOnError says so', async () => {
    const manager = storesLater()
    const served = await serveHeld(manager, (req, res) => res.writeHead(Number(req.url?.slice(1))).end(), { saveOnError: true })
    await ask(served, '/404')
    await ask(served, '/500')
    expect(manager.opened.map(({ commits, discards }) => [commits, discards.length])).toEqual([
      [1, 0],
      [1, 0],
    ])
  })

  it('is answered although its lock cannot be given back', async () => {
    const manager = new FakeManager()
    manager.onDiscard = () => Promise.reject(STORE_DOWN)
    const served = await serveHeld(manager, (_, res) => res.writeHead(500).end('broken'))
    expect((await ask(served)).body).toBe('broken')
    manager.onDiscard = () => {
      throw STORE_DOWN
    }
    expect((await ask(served)).body).toBe('broken')
  })

  it('is answered with 503 when the commit throws at once, and 500 when the cause is not the store', async () => {
    const manager = new FakeManager()
    manager.onCommit = () => {
      throw STORE_DOWN
    }
    const served = await serveHeld(manager, (_, res) => res.end('held'))
    expect((await ask(served)).status).toBe(503)
    expect((await ask(await serveHeld(failsLater(new TypeError('a bug')), (_, res) => res.end('held')))).status).toBe(500)
  })
})

describe('a keep-alive connection', () => {
  it('serves the next request after a held answer and after a 503', async () => {
    const manager = storesLater()
    const served = await serveHeld(manager, (_, res) => res.end('held'))
    const client = await dial(served)
    client.write(GET)
    await until(() => client.received().includes('held'))
    manager.onCommit = async () => {
      throw STORE_DOWN
    }
    client.write(GET)
    await until(() => client.received().includes('Service Unavailable'))
    manager.onCommit = () => STORED
    client.write(GET.replace('GET', 'HEAD'))
    await until(() => client.received().split('HTTP/1.1 200').length === 3)
    client.end()
    await once(client, 'close')
  })
})
