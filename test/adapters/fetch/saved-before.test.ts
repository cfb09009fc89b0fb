import { describe, expect, it } from 'vitest'
import { session } from '../../../src/adapters/fetch.ts'
import { MemoryDriver } from '../../../src/drivers/memory.ts'
import { SessionManager } from '../../../src/manager/session-manager.ts'
import { testClient } from '../../../src/testing/test-client.ts'

describe('a request whose session was saved and then could not be stored', () => {
  it.each([false, true])('tells the browser of what was saved before the rest could not be: saveOnError %s', async (saveOnError) => {
    const driver = new MemoryDriver({ acknowledged: true })
    driver.commit = () => Promise.reject(new Error('the store is down'))
    const app = session(new SessionManager({ driver }), { saveOnError })(async (_request, context) => {
      context.session.set('count', 1)
      await context.session.save()
      context.session.set('count', 2)
      return new Response('x')
    })
    const response = await testClient(app).get('/')
    expect([response.status, response.headers.getSetCookie()]).toEqual([503, [expect.stringContaining('ml_session=')]])
  })
})
