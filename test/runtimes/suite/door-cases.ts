import { MemoryDriver } from '../../../src/drivers/memory.ts'
import { SessionManager } from '../../../src/manager/session-manager.ts'
import { assert, equal } from '../../../src/testing/assert.ts'
import type { Handle } from './doors.ts'
import { browser, form } from './kit.ts'
import type { RuntimeCase, Send } from './kit.ts'

/** What a visitor notices of an application, through the door of one framework. */
export function doorCases(door: string, makeApp: (sessions: SessionManager) => Handle): RuntimeCase[] {
  const named = (name: string, body: (send: Send) => Promise<void>): RuntimeCase => ({
    name: `${door}: ${name}`,
    body: async () => {
      const sessions = new SessionManager({ driver: new MemoryDriver({ acknowledged: true }) })
      await body(browser(makeApp(sessions)))
      await sessions.close()
    },
  })

  return [
    named('parallel requests of one visitor are all counted', async (send) => {
      const first = await send('/count')
      equal([await first.text(), first.headers.get('cache-control')], ['1', 'no-store'])
      assert(first.headers.get('set-cookie')?.startsWith('__Host-ml_session=') === true, 'the first response sets the cookie')
      const texts = await Promise.all(Array.from({ length: 20 }, async () => (await send('/count')).text()))
      equal(
        texts.map(Number).toSorted((one, other) => one - other),
        Array.from({ length: 20 }, (_, each) => each + 2),
      )
      equal((await send('/form')).headers.get('set-cookie'), null)
    }),
    named('a form is taken with the token and refused without', async (send) => {
      const token = await (await send('/form')).text()
      equal((await send('/save', form({ _csrf: token }))).status, 200)
      equal((await send('/save', form({}))).status, 403)
      equal((await send('/save', { ...form({ _csrf: token }), headers: { 'sec-fetch-site': 'cross-site' } })).status, 403)
      equal((await send('/save', { method: 'POST', headers: { 'sec-fetch-site': 'same-origin', 'x-csrf-token': token } })).status, 200)
      equal(await (await send('/count')).text(), '3')
    }),
    named('a login changes the id, a logout ends the session and the cookie', async (send) => {
      const before = await send('/form')
      const login = await send('/login', form({ _csrf: await before.text() }))
      equal(login.status, 302)
      assert(cookieIn(login) !== undefined && cookieIn(login) !== cookieIn(before), 'the login sends a new id')
      equal(await (await send('/count')).text(), '1')
      const logout = await send('/logout', form({ _csrf: await (await send('/form')).text() }))
      equal([logout.status, cookieIn(logout)], [303, ''])
      equal(logout.headers.get('clear-site-data'), '"cache"')
      equal(await (await send('/count', { headers: { cookie: `__Host-ml_session=${cookieIn(login)}` } })).text(), '1')
    }),
    named('an error stores nothing and gives the lock back', async (send) => {
      equal(await (await send('/count')).text(), '1')
      equal((await send('/throw')).status, 500)
      equal(await (await send('/count')).text(), '2')
    }),
    named('a body that streams comes whole, after its session was stored', async (send) => {
      const response = await send('/parts')
      assert(cookieIn(response) !== undefined, 'the head has the cookie')
      // Before the body is read, another request has the session.
      equal(await (await send('/count')).text(), '2')
      equal(await response.text(), '1.1.1.')
    }),
  ]
}

function cookieIn(response: Response): string | undefined {
  return /^__Host-ml_session=([^;]*)/.exec(response.headers.get('set-cookie') ?? '')?.[1]
}
