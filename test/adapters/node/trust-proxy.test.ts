import { once } from 'node:events'
import { createServer, request as httpRequest } from 'node:http'
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import { connect, createServer as createHttp2Server } from 'node:http2'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { session } from '../../../src/adapters/node.ts'
import type { SessionOptions } from '../../../src/adapters/node.ts'
import { makeFolder } from '../../drivers/file/support.ts'
import { openShop } from '../../manager/support/shop.ts'
import type { Options } from '../../manager/support/shop.ts'
import { refusalOf } from '../../support/config-refusal.ts'
import { refusals } from '../../support/visits.ts'
import { ask, portOf, serve } from './support.ts'

interface World {
  readonly reasons: string[]
  readonly addresses: () => Promise<unknown[]>
  /** What a request with these headers is told: its address and how often the session was used. */
  readonly from: (headers?: OutgoingHttpHeaders) => Promise<unknown>
  /** The cookie that the browser has. */
  cookie: string
}

/** A server of `node:http` that the test talks to over a real connection. */
async function build(options: SessionOptions, managerOptions: Options = {}): Promise<World> {
  const shop = openShop({ cookie: { secure: 'auto' }, ...managerOptions })
  const withSession = session(shop.sessions, options)
  const served = await serve((request, response) => {
    withSession(request, response, () => {
      const count = request.session.increment('n')
      response.end(`${request.session.ipAddress} ${count}`)
    })
  })
  const world: World = {
    reasons: refusals(shop.sessions),
    addresses: async () => (await shop.memory.list()).sessions.map(({ ipAddress }) => ipAddress),
    cookie: '',
    from: async (headers = {}) => {
      const answer = await ask(served, '/', { headers: { ...headers, ...(world.cookie !== '' && { cookie: world.cookie }) } })
      const [line] = answer.headers['set-cookie'] ?? []
      if (line !== undefined) world.cookie = line.split(';', 1)[0] ?? ''
      return answer.body
    },
  }
  return world
}

const FORGED = { 'x-forwarded-for': '203.0.113.9', forwarded: 'for=203.0.113.9', 'x-real-ip': '203.0.113.9', via: '1.1 proxy' }

describe('the address of a request to node:http', () => {
  it('ASVS-15.3.4: is the socket’s, and a forged X-Forwarded-For changes nothing', async () => {
    for (const options of [{}, { trustProxy: false as const }, { trustProxy: ['10.0.0.0/8'] }]) {
      const { from, addresses } = await build(options)
      expect(await from(FORGED)).toBe('127.0.0.1 1')
      expect(await from({ ...FORGED, 'x-forwarded-for': 'unknown' })).toBe('127.0.0.1 2')
      expect(await addresses()).toEqual(['127.0.0.1'])
    }
  })

  it('ASVS-15.3.4: is what the trusted proxy says, and nothing that the client wrote before', async () => {
    for (const trustProxy of [1, ['127.0.0.0/8'], ['127.0.0.1'], { proxies: 1, header: 'x-forwarded-for' as const }]) {
      const { from, addresses } = await build({ trustProxy })
      expect(await from({ ...FORGED, 'x-forwarded-for': '198.51.100.66, 203.0.113.9' })).toBe('203.0.113.9 1')
      expect(await addresses()).toEqual(['203.0.113.9'])
    }
  })

  it('ASVS-15.3.4: also where client and proxy each sent a header of their own', async () => {
    const { from } = await build({ trustProxy: 1 })
    expect(await from({ 'x-forwarded-for': ['198.51.100.66', '203.0.113.9'] })).toBe('203.0.113.9 1')
    const forwarded = await build({ trustProxy: { proxies: 1, header: 'forwarded' } })
    expect(await forwarded.from(Object.fromEntries([['forwarded', ['for=198.51.100.66', 'for=203.0.113.9']]]))).toBe('203.0.113.9 1')
  })

  it('is the socket’s where the proxy says nothing, or no address', async () => {
    const { from } = await build({ trustProxy: 1 })
    for (const headers of [
      {},
      { 'x-forwarded-for': '' },
      { 'x-forwarded-for': 'unknown' },
      { 'x-forwarded-for': ',' },
      { forwarded: 'for=203.0.113.9' },
    ])
      expect(await from(headers)).toMatch(/^127\.0\.0\.1 /)
  })

  it('is the proxy’s in its own form, where a socket of IPv6 writes it in another', async () => {
    const { sessions } = openShop({ cookie: { secure: 'auto' } })
    const withSession = session(sessions, { trustProxy: ['127.0.0.1'] })
    const server = createServer((request, response) => {
      withSession(request, response, () => response.end(`${request.socket.remoteAddress} ${request.session.ipAddress}`))
    })
    server.listen({ port: 0, host: '::', ipv6Only: false })
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const { body } = await ask({ server, port: portOf(server) }, '/', { host: '127.0.0.1', headers: FORGED })
    expect(body).toBe('::ffff:127.0.0.1 203.0.113.9')
  })

  it('is what the proxy says on a socket of Unix, which has no address and is counted like every other', async () => {
    const folder = makeFolder()
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const socketPath = join(folder, 'app.sock')
    const { sessions } = openShop({ cookie: { secure: 'auto' } })
    const withSession = session(sessions, { trustProxy: 1 })
    const server = createServer((request, response) =>
      withSession(request, response, () => response.end(String(request.session.ipAddress))),
    )
    server.listen(socketPath)
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const request = httpRequest({ socketPath, headers: { 'x-forwarded-for': '198.51.100.66, 203.0.113.9' }, agent: false })
    request.end()
    const [response]: IncomingMessage[] = await once(request, 'response')
    const chunks = await response?.toArray()
    expect(String(chunks?.[0])).toBe('203.0.113.9')
  })

  it('ASVS-15.3.4: over HTTP/2 is found alike', async () => {
    for (const [trustProxy, address] of [
      [false, '127.0.0.1'],
      [1, '203.0.113.9'],
    ] as const) {
      const { sessions } = openShop({ cookie: { secure: 'auto' } })
      const withSession = session(sessions, { trustProxy })
      const server = createHttp2Server((request, response) => {
        withSession(request, response, () => response.end(String(request.session.ipAddress)))
      })
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const connection = connect(`http://127.0.0.1:${portOf(server)}`)
      onTestFinished(() => {
        connection.destroy()
        server.close()
      })
      const stream = connection.request({ ':path': '/', 'x-forwarded-for': ['198.51.100.66', '203.0.113.9'] })
      const chunks = await stream.toArray()
      expect(String(chunks[0])).toBe(address)
    }
  })
})

describe('CS-SM Binding: a session behind a proxy', () => {
  const through = (address: string): OutgoingHttpHeaders => ({ 'x-forwarded-for': address })

  it('is bound to the address that the trusted proxy names', async () => {
    const world = await build({ trustProxy: 1 }, { binding: { ipAddress: 'reject' } })
    await world.from(through('203.0.113.7'))
    const { cookie } = world
    expect([await world.from(through('203.0.113.8')), world.reasons]).toEqual(['203.0.113.8 2', []])
    expect([await world.from(through('198.51.100.9')), world.reasons]).toEqual(['198.51.100.9 1', ['binding']])
    expect(world.cookie).not.toBe(cookie)
    world.cookie = cookie
    expect(await world.from(through('203.0.113.8, 198.51.100.9'))).toBe('198.51.100.9 1')
    world.cookie = cookie
    expect(await world.from(through('198.51.100.9, 203.0.113.7'))).toBe('203.0.113.7 3')
  })

  it('is not moved by headers that nobody trusts', async () => {
    const world = await build({}, { binding: { ipAddress: 'reject' } })
    await world.from(through('203.0.113.7'))
    expect([await world.from(through('198.51.100.9')), world.reasons]).toEqual(['127.0.0.1 2', []])
  })
})

it('what cannot be meant is refused when session() is called', () => {
  const { sessions } = openShop()
  for (const trustProxy of [true, 0, 33, 'loopback', [], ['10.1.0.0/8'], { proxies: 1, header: 'x-real-ip' }, null]) {
    expect(refusalOf(() => Reflect.apply(session, undefined, [sessions, { trustProxy }]))).toMatch(/^Option 'session\.trustProxy/)
  }
})
