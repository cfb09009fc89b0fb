import { Elysia } from 'elysia'
import { expect, it } from 'vitest'
import { csrf, session } from '../../src/adapters/elysia.ts'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { testClient } from '../../src/testing/index.ts'

it('an application of Elysia, which has both fetch and listen, is handed to a test client as it is', async () => {
  const sessions = new SessionManager({ driver: new MemoryDriver({ acknowledged: true }) })
  const app = new Elysia()
    .use(session(sessions))
    .use(csrf())
    .get('/', ({ session: visitor }) => String(visitor.userId))
    .post('/', () => 'posted')
  const client = testClient(app, { sessions })
  await client.login(7)
  expect(await (await client.get('/')).text()).toBe('7')
  expect([(await client.post('/')).status, (await client.post('/', { csrf: false })).status]).toEqual([200, 403])
  await client.close()
})
