import { describe, expect, it } from 'vitest'
import { session } from '../../../src/adapters/fetch.ts'
import type { FetchSessionOptions } from '../../../src/adapters/fetch.ts'
import { testClient } from '../../../src/testing/test-client.ts'
import type { TestClient } from '../../../src/testing/test-client.ts'
import { refusals } from '../../support/visits.ts'
import { refusalOf } from '../../support/config-refusal.ts'
import { openShop } from '../../manager/support/shop.ts'
import type { Options, Shop } from '../../manager/support/shop.ts'

interface World extends Pick<Shop, 'sessions'> {
  readonly client: TestClient
  /** Where the session of a request from this socket, with these headers, is said to be used from. */
  readonly from: (socket: string | undefined, headers?: Record<string, string>) => Promise<unknown>
  /** The addresses that the store has. */
  readonly addresses: () => Promise<unknown[]>
}

function build(options: FetchSessionOptions, managerOptions: Options = {}): World {
  const shop = openShop(managerOptions)
  let socket: string | undefined
  const app = session(shop.sessions, { clientAddress: () => socket, ...options })((_request, context) => {
    context.session.increment('n')
    return Response.json({ address: context.session.ipAddress, n: context.session.get('n') })
  })
  const client = testClient(app)
  return {
    sessions: shop.sessions,
    client,
    from: async (address, headers = {}) => {
      socket = address
      return await (await client.get('/', { headers })).json()
    },
    addresses: async () => (await shop.memory.list()).sessions.map(({ ipAddress }) => ipAddress),
  }
}

const FORGED = { 'x-forwarded-for': '203.0.113.9', forwarded: 'for=203.0.113.9', 'x-real-ip': '203.0.113.9', 'client-ip': '203.0.113.9' }

describe('the address of a fetch request', () => {
  it('ASVS-15.3.4: is what clientAddress says, and a forged header changes nothing', async () => {
    for (const options of [{}, { trustProxy: false as const }]) {
      const { from, addresses } = build(options)
      expect(await from('192.0.2.1', FORGED)).toEqual({ address: '192.0.2.1', n: 1 })
      expect(await from('::ffff:192.0.2.1', FORGED)).toEqual({ address: '192.0.2.1', n: 2 })
      expect(await addresses()).toEqual(['192.0.2.1'])
    }
  })

  it('ASVS-15.3.4: is what trusted proxies say, and nothing that was written before them', async () => {
    const { from, addresses } = build({ trustProxy: ['10.0.0.0/8'] })
    expect(await from('10.0.0.1', { 'x-forwarded-for': '198.51.100.66, 203.0.113.9, 10.0.0.2' })).toEqual({ address: '203.0.113.9', n: 1 })
    expect(await addresses()).toEqual(['203.0.113.9'])
    expect(await from('192.0.2.1', FORGED)).toEqual({ address: '192.0.2.1', n: 2 })
  })

  it('is what one header says, the one that the proxies set', async () => {
    const { from } = build({ trustProxy: { proxies: 1, header: 'forwarded' } })
    expect(await from('10.0.0.1', { 'x-forwarded-for': '198.51.100.66', forwarded: 'for="[2001:db8::7]:4711"' })).toEqual({
      address: '2001:db8::7',
      n: 1,
    })
  })

  it('is not known where the platform does not tell it, whatever is trusted', async () => {
    const { from, addresses } = build({ trustProxy: ['10.0.0.0/8'] })
    expect(await from(undefined, FORGED)).toEqual({ n: 1 })
    expect(await from('/run/app.sock', FORGED)).toEqual({ n: 2 })
    expect(await addresses()).toEqual([undefined])
  })

  it('is never anything but an address', async () => {
    const { from } = build({ trustProxy: 2 })
    for (const nonsense of ['<script>', 'unknown', '_x', '203.0.113.9.9', 'a'.repeat(5000), ', ,', '::ffff:1.2.3', '0x7f.1', '010.0.0.1'])
      expect(await from('10.0.0.1', { 'x-forwarded-for': nonsense })).toMatchObject({ address: '10.0.0.1' })
  })
})

describe('CS-SM Binding: a session behind proxies', () => {
  const through = (address: string): Record<string, string> => ({ 'x-forwarded-for': address })

  it('is bound to the address that trusted proxies name', async () => {
    const { sessions, from } = build({ trustProxy: 1 }, { binding: { ipAddress: 'reject' } })
    const reasons = refusals(sessions)
    expect(await from('10.0.0.1', through('203.0.113.7'))).toMatchObject({ n: 1 })
    expect(await from('10.0.0.2', through('203.0.113.8'))).toMatchObject({ n: 2 })
    expect(reasons).toEqual([])
    expect(await from('10.0.0.1', through('198.51.100.9'))).toMatchObject({ n: 1, address: '198.51.100.9' })
    expect(reasons).toEqual(['binding'])
  })

  it('cannot be had from elsewhere by a forged header', async () => {
    const { sessions, client, from } = build({ trustProxy: ['10.0.0.0/8'] }, { binding: { ipAddress: 'reject' } })
    const reasons = refusals(sessions)
    await from('10.0.0.1', through('203.0.113.7'))
    const cookie = client.jar.get('__Host-ml_session') ?? ''
    for (const [socket, headers] of [
      ['198.51.100.9', through('203.0.113.7')],
      ['10.0.0.1', through('203.0.113.7, 198.51.100.9')],
      ['10.0.0.1', { ...through('198.51.100.9'), forwarded: 'for=203.0.113.7', 'x-real-ip': '203.0.113.7' }],
    ] as const) {
      client.jar.set('__Host-ml_session', cookie)
      expect(await from(socket, headers)).toMatchObject({ n: 1, address: '198.51.100.9' })
    }
    expect(reasons).toEqual(['binding', 'binding', 'binding'])
  })

  it('is bound to the one proxy where none is trusted: then all are in one place', async () => {
    const { sessions, from } = build({}, { binding: { ipAddress: 'reject' } })
    const reasons = refusals(sessions)
    await from('10.0.0.1', through('203.0.113.7'))
    expect(await from('10.0.0.1', through('198.51.100.9'))).toMatchObject({ n: 2 })
    expect(reasons).toEqual([])
  })
})

it('what cannot be meant is refused when session() is called', () => {
  const { sessions } = openShop()
  for (const trustProxy of [true, 0, 'loopback', [], ['10.1.0.0/8'], { proxies: 1, header: 'x-real-ip' }, null]) {
    expect(refusalOf(() => Reflect.apply(session, undefined, [sessions, { trustProxy }]))).toMatch(/^Option 'session\.trustProxy/)
  }
})
