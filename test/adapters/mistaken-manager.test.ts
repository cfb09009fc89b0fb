import { expect, it } from 'vitest'
import * as express from '../../src/adapters/express.ts'
import * as fetchDoor from '../../src/adapters/fetch.ts'
import * as hono from '../../src/adapters/hono.ts'
import * as koa from '../../src/adapters/koa.ts'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'

it.each([
  ['express', express.session],
  ['koa', koa.session],
  ['fetch', fetchDoor.session],
  ['hono', hono.session],
])('session() of holdfast/%s refuses what is no manager when it is mounted', (_, session) => {
  const notAwaited = Promise.resolve(new SessionManager({ driver: new MemoryDriver({ acknowledged: true }) }))
  const mistakes: unknown[] = [undefined, { secret: 'as express-session has it' }, new MemoryDriver({ acknowledged: true }), notAwaited]
  for (const given of mistakes) {
    expect(() => Reflect.apply(session, undefined, [given])).toThrow(
      "Option 'session.manager': must be a SessionManager: await what makes it.",
    )
  }
})
