import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { connect, createServer as createHttp2Server } from 'node:http2'
import { describe, expect, it, onTestFinished } from 'vitest'
import { readSession } from '../../../src/adapters/node.ts'
import type { ReadOptions } from '../../../src/adapters/node.ts'
import { CsrfError } from '../../../src/session/errors.ts'
import type { Session } from '../../../src/session/session.ts'
import { codeOf, failureOf, openShop } from '../../manager/support/shop.ts'
import type { Options, Shop } from '../../manager/support/shop.ts'
import { portOf, serve } from '../node/support.ts'

interface World extends Shop {
  /** Reads the session of a request with these headers, as its server does. */
  readonly read: (headers?: Record<string, string>, options?: ReadOptions) => Promise<Session>
}

const UPGRADE = { connection: 'Upgrade', upgrade: 'websocket' }

async function build(options: Options = {}): Promise<World> {
  const shop = openShop({ cookie: { secure: 'auto' }, ...options })
  const arrived: ((request: IncomingMessage) => void)[] = []
  const { port } = await serve(
    (request, response) => {
      arrived.shift()?.(request)
      response.end()
    },
    (server) => server.on('upgrade', (request) => arrived.shift()?.(request)),
  )
  return {
    ...shop,
    read: async (headers = {}, given = {}) => {
      const arrival = new Promise<IncomingMessage>((resolve) => arrived.push(resolve))
      const sent = httpRequest({ port, agent: false, headers })
      sent.on('error', () => undefined)
      sent.end()
      const request = await arrival
      return await readSession(shop.sessions, request, given)
    },
  }
}

const cookieOf = (id: string): { cookie: string } => ({ cookie: `ml_session=${id}` })

describe('reading the session of a request of node:http', () => {
  it.each([
    ['an upgrade', UPGRADE],
    ['any other', {}],
  ])('costs one read and no lock, and takes no writes: %s', async (_, headers) => {
    const world = await build()
    const id = await world.stored((session) => session.set('n', 7))
    const session = await world.read({ ...cookieOf(id), ...headers })
    expect([session.get('n'), session.isNew, session.mode, session.isStarted]).toEqual([7, false, 'readonly', true])
    expect(() => session.set('n', 8)).toThrow(expect.objectContaining({ code: 'ERR_SESSION_READONLY' }))
    expect(world.driver.methods).toEqual(['read'])
    await world.idle()
  })

  it('waits for nobody who holds it', async () => {
    const world = await build()
    const id = await world.stored((session) => session.set('n', 7))
    const holder = await world.sessions.start(id)
    holder.set('n', 8)
    expect((await world.read({ ...cookieOf(id), ...UPGRADE })).get('n')).toBe(7)
    await holder.save()
    expect((await world.read({ ...cookieOf(id), ...UPGRADE })).get('n')).toBe(8)
  })

  it('without a cookie asks the store for nothing', async () => {
    const world = await build()
    const session = await world.read(UPGRADE)
    expect([session.isNew, session.mode]).toEqual([true, 'readonly'])
    expect(world.driver.calls).toEqual([])
    expect(await codeOf(session.watch())).toBe('ERR_SESSION_INVALID_ARGUMENT')
  })

  it('believes trusted proxies, and nobody else', async () => {
    const world = await build({ binding: { ipAddress: 'report' } })
    const id = await world.stored((session) => {
      session.set('n', 7)
      session.setIpAddress('203.0.113.9')
    })
    const headers = { ...cookieOf(id), ...UPGRADE, 'x-forwarded-for': '203.0.113.9' }
    await world.read(headers, { trustProxy: 1 })
    expect(world.events).toEqual([])
    await world.read(headers)
    expect(world.events).toEqual([expect.objectContaining({ kind: 'refused', reason: 'binding' })])
  })

  it('fails where the store does', async () => {
    const world = await build()
    const id = await world.stored()
    world.driver.failNext('read')
    expect(await codeOf(world.read({ ...cookieOf(id), ...UPGRADE }))).toBe('ERR_SESSION_DRIVER_FAILED')
    await world.sessions.close()
    expect(await codeOf(world.read(UPGRADE))).toBe('ERR_SESSION_DRIVER_FAILED')
  })

  it('ASVS-4.4.2: refuses an upgrade of another site’s page before anything is read, and says what to do', async () => {
    const world = await build()
    const id = await world.stored()
    const failure = await failureOf(world.read({ ...cookieOf(id), ...UPGRADE, origin: 'https://evil.example' }))
    expect(failure).toBeInstanceOf(CsrfError)
    expect(failure).toMatchObject({ status: 403, reason: expect.stringContaining('set readSession.origin') })
    expect(world.events).toEqual([expect.objectContaining({ kind: 'refused', reason: 'csrf', cause: failure })])
    expect(world.driver.calls).toEqual([])
  })

  it('goes by what the browser says of the page, as csrf() does', async () => {
    const world = await build()
    const [own, other] = ['same-origin', 'cross-site'].map((site) => ({ ...UPGRADE, 'sec-fetch-site': site }))
    expect(await codeOf(world.read({ ...other }))).toBe('ERR_SESSION_CSRF')
    expect((await world.read({ ...own, origin: 'https://behind.proxy.example' })).isNew).toBe(true)
  })

  it('lets other requests of another site’s page pass: what they are answered, it cannot read', async () => {
    const world = await build()
    const id = await world.stored()
    expect((await world.read({ ...cookieOf(id), origin: 'https://evil.example' })).isNew).toBe(false)
  })

  it.each([
    [{ origin: 'shop.example' }, 'readSession.origin'],
    [{ trustedOrigins: ['https://shop.example/'] }, 'readSession.trustedOrigins.0'],
    [{ trustedOrigins: 'https://shop.example' }, 'readSession.trustedOrigins'],
    [{ trustProxy: 0 }, 'readSession.trustProxy'],
    [{ origins: [] }, 'readSession.origins'],
  ])('refuses an option that cannot work: %j', async (options: object, option) => {
    const world = await build()
    const failure = await failureOf(world.read({}, options))
    expect(failure).toMatchObject({ code: 'ERR_SESSION_CONFIG', message: expect.stringContaining(`'${option}'`) })
  })
})

describe('reading the session of a WebSocket over HTTP/2', () => {
  it('ASVS-4.4.2: works, and is refused to another site’s page', async () => {
    const shop = openShop({ cookie: { secure: 'auto' } })
    const id = await shop.stored((session) => session.set('n', 7))
    const results: unknown[] = []
    const server = createHttp2Server({ settings: { enableConnectProtocol: true } }, (_request, response) => void response.end())
    server.on('connect', (request, response) => {
      void readSession(shop.sessions, request)
        .then(
          (session) => results.push(session.get('n')),
          (error: { readonly code: unknown }) => results.push(error.code),
        )
        .then(() => response.stream.respond({ ':status': 200 }, { endStream: true }))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const authority = `127.0.0.1:${portOf(server)}`
    const client = connect(`http://${authority}`)
    onTestFinished(() => {
      client.destroy()
      server.close()
    })
    await once(client, 'remoteSettings')
    const asked = {
      ':method': 'CONNECT',
      ':protocol': 'websocket',
      ':scheme': 'http',
      ':path': '/',
      ':authority': authority,
      ...cookieOf(id),
    }
    for (const origin of [`http://${authority}`, 'https://evil.example']) {
      const stream = client.request({ ...asked, origin })
      await once(stream, 'response')
      stream.destroy()
    }
    expect(results).toEqual([7, 'ERR_SESSION_CSRF'])
  })
})
