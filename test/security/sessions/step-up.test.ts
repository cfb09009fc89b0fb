import { describe, expect, it } from 'vitest'
import { requireFresh, session } from '../../../src/adapters/fetch.ts'
import type { Session } from '../../../src/session/session.ts'
import { testClient } from '../../../src/testing/test-client.ts'
import type { TestClient } from '../../../src/testing/test-client.ts'
import { openShop } from '../../manager/support/shop.ts'
import type { Shop } from '../../manager/support/shop.ts'
import { told } from '../../support/visits.ts'
import { logIn } from '../support/session-world.ts'

/** An application that lets a second factor, or an identity provider, prove anew who its user is. */
function application(): { readonly shop: Shop; readonly client: TestClient; readonly refusals: readonly object[] } {
  const shop = openShop()
  const protectedPage = (): Response => new Response('done')
  const routes: Readonly<Record<string, (session: Session, url: URL) => void | Promise<void>>> = {
    '/login': (own) => logIn(own),
    '/second-factor': (own) => own.markAuthenticated({ level: 2 }),
    // As docs/session-life.md has it: the provider's login is one of ours only while it is new.
    '/callback': async (own, url) => {
      const authTime = Number(url.searchParams.get('auth_time'))
      await own.regenerate({ destroy: true })
      own.setUserId('ada')
      own.markAuthenticated({ at: authTime * 1000 })
    },
  }
  const transfer = requireFresh({ withinSeconds: 300, level: 2 })(protectedPage)
  const address = requireFresh({ withinSeconds: 900 })(protectedPage)
  const app = session(shop.sessions)(async (request, context) => {
    const url = new URL(request.url)
    if (url.pathname === '/transfer') return transfer(request, context)
    if (url.pathname === '/address') return address(request, context)
    if (url.pathname === '/auth-time') return Response.json(context.session.authenticatedAt ?? null)
    await routes[url.pathname]?.(context.session, url)
    return new Response(context.session.userId ?? 'nobody')
  })
  return { shop, client: testClient(app), refusals: told(shop.sessions, 'refused') }
}

describe('a proof that a handler can ask for', () => {
  it('ASVS-7.5.3 a second factor is kept with the session with a time of its own, and counts for as long as a handler says', async () => {
    const { shop, client, refusals } = application()
    await client.get('/login')
    expect((await client.get('/transfer')).status).toBe(403)
    shop.clock.advance(600_000)
    await client.get('/second-factor')
    for (const [ms, status] of [
      [299_000, 200],
      [2000, 403],
    ] as const) {
      shop.clock.advance(ms)
      expect((await client.get('/transfer')).status).toBe(status)
    }
    expect(await (await client.get('/')).text()).toBe('ada')
    expect(refusals).toMatchObject([{ reason: 'not-fresh' }, { reason: 'not-fresh' }])
    // One factor alone does not do.
    await client.get('/login')
    expect((await client.get('/transfer')).status).toBe(403)
  })

  it('ASVS-7.6.1 the session keeps when the provider’s login was, and an old one is not fresh until the provider has asked again', async () => {
    const { shop, client } = application()
    const eightHoursAgo = shop.clock.now() / 1000 - 28_800
    await client.get(`/callback?auth_time=${eightHoursAgo}`)
    expect(await (await client.get('/auth-time')).json()).toBe(Math.floor(eightHoursAgo * 1000))
    expect([await (await client.get('/')).text(), (await client.get('/address')).status]).toEqual(['ada', 403])
    await client.get(`/callback?auth_time=${shop.clock.now() / 1000 - 5}`)
    expect((await client.get('/address')).status).toBe(200)
    shop.clock.advance(901_000)
    expect((await client.get('/address')).status).toBe(403)
  })

  it('NIST-5.1 c a session is never fresher, nor of a higher level, than its last login', async () => {
    const { shop, client } = application()
    await client.get('/login')
    shop.clock.advance(899_000)
    expect([(await client.get('/address')).status, (await client.get('/transfer')).status]).toEqual([200, 403])
    shop.clock.advance(2000)
    for (let uses = 0; uses < 3; uses++) expect((await client.get('/address')).status).toBe(403)
  })
})
