import express from 'express'
import { describe, expect, it } from 'vitest'
import { session } from '../../../src/adapters/express.ts'
import type { SessionOptions } from '../../../src/adapters/express.ts'
import { testClient } from '../../../src/testing/test-client.ts'
import type { TestClient } from '../../../src/testing/test-client.ts'
import { openShop } from '../../manager/support/shop.ts'
import type { Options, Shop } from '../../manager/support/shop.ts'
import { refusals } from '../../support/visits.ts'

interface World extends Pick<Shop, 'memory'>, AsyncDisposable {
  readonly client: TestClient
  readonly reasons: string[]
  /** What Express says of a request with this header, what the session says, and how often that was used. */
  readonly from: (forwardedFor: string) => Promise<unknown>
}

/** @param expressTrusts What Express itself is told: for `req.ip`. */
function build(expressTrusts: unknown, options: SessionOptions<express.Request>, managerOptions: Options = {}): World {
  const { sessions, memory } = openShop({ cookie: { secure: 'auto' }, ...managerOptions })
  const app = express()
  app.set('env', 'test').set('trust proxy', expressTrusts)
  app.use(session(sessions, options))
  app.get('/', (req, res) => {
    res.json([req.ip, req.session.ipAddress, req.session.increment('n')])
  })
  const client = testClient(app)
  const from = async (address: string): Promise<unknown> =>
    await (await client.get('/', { headers: { 'x-forwarded-for': address } })).json()
  return { client, memory, reasons: refusals(sessions), from, [Symbol.asyncDispose]: () => client.close() }
}

describe('the address of a request to Express', () => {
  it('ASVS-15.3.4: is the socket’s, and a forged X-Forwarded-For changes nothing', async () => {
    await using world = build(false, {})
    expect(await world.from('203.0.113.9')).toEqual(['127.0.0.1', '127.0.0.1', 1])
    expect((await world.memory.list()).sessions).toMatchObject([{ ipAddress: '127.0.0.1' }])
  })

  it('ASVS-15.3.4: is the socket’s whatever Express was told to trust: session() is told itself', async () => {
    await using world = build(true, {})
    expect(await world.from('203.0.113.9')).toEqual(['203.0.113.9', '127.0.0.1', 1])
  })

  it.each([
    ['one proxy', 1, 1],
    ['a network', ['127.0.0.0/8'], ['127.0.0.0/8']],
    ['two hops', 2, 2],
  ] as const)('ASVS-15.3.4: is what trusted proxies say, the same that Express finds: %s', async (_, expressTrusts, trustProxy) => {
    await using world = build(expressTrusts, { trustProxy })
    for (const list of ['203.0.113.9', '198.51.100.66, 203.0.113.9', '192.0.2.1, 198.51.100.66, 203.0.113.9']) {
      const [ip, address] = Object(await world.from(list))
      expect([list, address]).toEqual([list, ip])
    }
    expect((await world.memory.list()).sessions).toHaveLength(1)
  })
})

describe('CS-SM Binding: a session behind a proxy', () => {
  it('is bound to the address that the trusted proxy names', async () => {
    await using world = build(1, { trustProxy: 1 }, { binding: { ipAddress: 'reject' } })
    await world.from('203.0.113.7')
    const id = world.client.jar.get('ml_session') ?? ''
    expect([await world.from('203.0.113.8'), world.reasons]).toEqual([['203.0.113.8', '203.0.113.8', 2], []])
    expect([await world.from('203.0.113.7, 198.51.100.9'), world.reasons]).toEqual([['198.51.100.9', '198.51.100.9', 1], ['binding']])
    world.client.jar.set('ml_session', id)
    expect(await world.from('203.0.113.7')).toEqual(['203.0.113.7', '203.0.113.7', 3])
  })

  it('is not moved by headers that nobody trusts, though Express believes them', async () => {
    await using world = build(true, {}, { binding: { ipAddress: 'reject' } })
    await world.from('203.0.113.7')
    expect([await world.from('198.51.100.9'), world.reasons]).toEqual([['198.51.100.9', '127.0.0.1', 2], []])
  })
})
