import { describe, expect, it } from 'vitest'
import { csrf, session } from '../../../src/adapters/fetch.ts'
import type { FetchHandler } from '../../../src/adapters/fetch.ts'
import { MemoryDriver } from '../../../src/drivers/memory.ts'
import { SessionManager } from '../../../src/manager/session-manager.ts'
import type { Session } from '../../../src/session/session.ts'
import { testClient } from '../../../src/testing/test-client.ts'

interface Data {
  count: number
}

interface Context {
  readonly session: Session<Data>
}

/** A handler in plain JavaScript, which answers at `/broken` with what no handler may answer with. */
function broken(given: unknown): FetchHandler<Context> {
  const handler: unknown = (request: Request, context: Context) => {
    const count = context.session.increment('count')
    return new URL(request.url).pathname === '/broken' ? given : new Response(String(count))
  }
  return handler as FetchHandler<Context>
}

describe('a handler that forgets its response', () => {
  for (const [what, given] of Object.entries({ nothing: undefined, null: null, text: 'hello', object: {} })) {
    it(`fails its request, and the visitor's next does not wait for it (${what})`, async () => {
      const sessions = new SessionManager<Data>({ driver: new MemoryDriver({ acknowledged: true }), lock: { waitSeconds: 0 } })
      const discarded: unknown[] = []
      sessions.on('discarded', ({ cause }) => discarded.push(cause))
      for (const layered of [broken(given), csrf()(broken(given))]) {
        const client = testClient(session(sessions)(layered))
        expect(await (await client.get('/')).text()).toBe('1')
        await expect(client.get('/broken')).rejects.toThrow(TypeError)
        expect(discarded.splice(0)).toEqual([expect.any(TypeError)])
        const next = await client.get('/')
        expect([next.status, await next.text()]).toEqual([200, '2'])
      }
    })
  }
})
