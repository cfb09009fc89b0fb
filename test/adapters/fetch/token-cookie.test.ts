import { expect, it } from 'vitest'
import { csrf, session } from '../../../src/adapters/fetch.ts'
import { MemoryDriver } from '../../../src/drivers/memory.ts'
import { SessionManager } from '../../../src/manager/session-manager.ts'
import { testClient } from '../../../src/testing/test-client.ts'

it('takes the token’s cookie back where the session was invalidated and nothing was put into the new one', async () => {
  const sessions = new SessionManager({ driver: new MemoryDriver({ acknowledged: true }) })
  const serve = session(sessions)(
    csrf({ cookie: true })(async (_request, context) => {
      await context.session.invalidate()
      return new Response('bye')
    }),
  )
  const client = testClient(serve, { sessions })
  await client.login(7)
  client.jar.set('XSRF-TOKEN', 'old')
  expect((await client.post('/logout')).status).toBe(200)
  expect([client.jar.get('XSRF-TOKEN'), client.jar.header('/')]).toEqual([undefined, undefined])
})
