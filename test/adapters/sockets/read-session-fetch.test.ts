import { describe, expect, it } from 'vitest'
import { readSession } from '../../../src/adapters/fetch.ts'
import type { FetchReadOptions } from '../../../src/adapters/fetch.ts'
import { CsrfError } from '../../../src/session/errors.ts'
import type { Session } from '../../../src/session/session.ts'
import { failureOf, openShop } from '../../manager/support/shop.ts'
import type { Shop } from '../../manager/support/shop.ts'

const UPGRADE = { upgrade: 'websocket' }

function reading({ sessions }: Shop, headers: Record<string, string>, options: FetchReadOptions = {}): Promise<Session> {
  return readSession(sessions, new Request('https://app.example/socket', { headers }), options)
}

const cookieOf = (id: string): { cookie: string } => ({ cookie: `__Host-ml_session=${id}` })

describe('reading the session of a fetch request', () => {
  it('costs one read and no lock, waits for nobody, and takes no writes', async () => {
    const shop = openShop()
    const id = await shop.stored((session) => session.set('n', 7))
    const holder = await shop.sessions.start(id)
    shop.driver.forget()
    const session = await reading(shop, { ...cookieOf(id), ...UPGRADE })
    expect([session.get('n'), session.mode]).toEqual([7, 'readonly'])
    expect(() => session.set('n', 8)).toThrow(expect.objectContaining({ code: 'ERR_SESSION_READONLY' }))
    expect(shop.driver.methods).toEqual(['read'])
    await holder.release()
    await shop.idle()
  })

  it('without a cookie asks the store for nothing', async () => {
    const shop = openShop()
    expect((await reading(shop, UPGRADE)).isNew).toBe(true)
    expect(shop.driver.calls).toEqual([])
  })

  it('ASVS-4.4.2: refuses an upgrade of another site’s page before anything is read, and tells of it', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const failure = await failureOf(reading(shop, { ...cookieOf(id), ...UPGRADE, origin: 'https://evil.example' }))
    expect(failure).toBeInstanceOf(CsrfError)
    expect(shop.events).toEqual([expect.objectContaining({ kind: 'refused', reason: 'csrf', cause: failure })])
    expect(shop.driver.calls).toEqual([])
  })

  it('takes an upgrade of its own pages, of trusted ones, and of no page', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const options = { trustedOrigins: ['https://admin.example'] }
    for (const headers of [{ origin: 'https://app.example' }, { origin: 'https://admin.example' }, {}]) {
      expect((await reading(shop, { ...cookieOf(id), ...UPGRADE, ...headers }, options)).isNew).toBe(false)
    }
    const configured = { origin: 'https://shop.example' }
    expect((await reading(shop, { ...cookieOf(id), ...UPGRADE, ...configured }, configured)).isNew).toBe(false)
  })

  it('lets other requests of another site’s page pass: what they are answered, it cannot read', async () => {
    const shop = openShop()
    const id = await shop.stored()
    expect((await reading(shop, { ...cookieOf(id), origin: 'https://evil.example' })).isNew).toBe(false)
  })

  it('knows the client’s address where it is told', async () => {
    const shop = openShop({ binding: { ipAddress: 'report' } })
    const id = await shop.stored((session) => {
      session.set('n', 7)
      session.setIpAddress('203.0.113.9')
    })
    const headers = { ...cookieOf(id), 'x-forwarded-for': '203.0.113.9' }
    await reading(shop, headers, { clientAddress: () => '203.0.113.9' })
    await reading(shop, headers, { clientAddress: () => '10.0.0.1', trustProxy: ['10.0.0.0/8'] })
    expect(shop.events).toEqual([])
    await reading(shop, headers, { clientAddress: () => '10.0.0.1' })
    expect(shop.events).toEqual([expect.objectContaining({ kind: 'refused', reason: 'binding' })])
  })

  it.each([
    [{ origin: 'shop.example' }, 'readSession.origin'],
    [{ trustProxy: 1 }, 'readSession.trustProxy'],
    [{ clientAddress: '10.0.0.1' }, 'readSession.clientAddress'],
    [{ as: 'session' }, 'readSession.as'],
  ])('refuses an option that cannot work: %j', async (options: object, option) => {
    const failure = await failureOf(reading(openShop(), {}, options))
    expect(failure).toMatchObject({ code: 'ERR_SESSION_CONFIG', message: expect.stringContaining(`'${option}'`) })
  })
})
