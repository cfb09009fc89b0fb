import { Elysia } from 'elysia'
import { expect, it } from 'vitest'
import { session } from '../../../src/adapters/elysia.ts'
import { MemoryDriver } from '../../../src/drivers/memory.ts'
import { SessionManager } from '../../../src/manager/session-manager.ts'
import { testClient } from '../../../src/testing/test-client.ts'

it('the cookie of what a save in the midst of a request has stored is sent, also where the rest could not be', async () => {
  const driver = new MemoryDriver({ acknowledged: true })
  const app = new Elysia().use(session(new SessionManager({ driver }))).get('/', async ({ session: visitor }) => {
    visitor.set('count', 1)
    await visitor.save()
    visitor.set('count', 2)
    driver.commit = () => Promise.reject(new Error('down'))
    return '2'
  })
  const response = await testClient((request: Request) => app.handle(request)).get('/')
  expect([response.status, response.headers.getSetCookie().length]).toEqual([503, 1])
})
