import type { ServerResponse } from 'node:http'
import { Get, Res, Sse } from '@nestjs/common'
import { Subject } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { Session, SessionModule } from '../../../src/adapters/nest.ts'
import { currentSession } from '../../../src/context/index.ts'
import { MemoryDriver } from '../../../src/drivers/memory.ts'
import { controllerOf } from '../../transport/nest/decorated.ts'
import type { Route } from '../../transport/nest/decorated.ts'
import { failsLater } from '../node/fake-open-session.ts'
import { realManager } from '../node/real-manager.ts'
import { ask, dial, until } from '../node/support.ts'
import { PLATFORMS, serveNest } from './support.ts'

const counting: Route = { decorators: [Get()], parameters: [Session()], handle: (visitor: Session) => String(visitor.increment('n')) }

/** The response of Node, whichever platform it is. */
const rawOf = (reply: ServerResponse & { readonly raw?: ServerResponse }): ServerResponse => reply.raw ?? reply

describe('what a handler of Nest answers', () => {
  it('events: the session is stored with the head, and the stream holds no lock', async () => {
    for (const platform of PLATFORMS) {
      const events = new Subject<object>()
      const stream: Route = {
        decorators: [Sse('events')],
        parameters: [Session()],
        handle: (visitor: Session) => {
          visitor.increment('n')
          return events
        },
      }
      const imports = [SessionModule.forRoot({ manager: realManager() })]
      const served = await serveNest(platform, { imports, controllers: [controllerOf([stream, counting])] })
      const cookie = String((await ask(served)).headers['set-cookie']).split(';', 1)[0] ?? ''
      const listener = await dial(served)
      listener.write(`GET /events HTTP/1.1\r\nHost: x\r\nCookie: ${cookie}\r\n\r\n`)
      await until(() => listener.received().includes('text/event-stream'))
      expect([platform, (await ask(served, '/', { headers: { cookie } })).body]).toEqual([platform, '3'])
      events.next({ data: 'news' })
      await until(() => listener.received().includes('data: news'))
    }
  })

  it('a response that it takes from Nest is held as well', async () => {
    for (const platform of PLATFORMS) {
      const byHand: Route = {
        decorators: [Get('/by-hand')],
        parameters: [Session(), Res()],
        handle: (visitor: Session, reply: ServerResponse) => {
          visitor.increment('n')
          rawOf(reply).end('by hand')
        },
      }
      const imports = [SessionModule.forRoot({ manager: realManager() })]
      const served = await serveNest(platform, { imports, controllers: [controllerOf([byHand])] })
      const { body, headers } = await ask(served, '/by-hand')
      expect([platform, body, headers['set-cookie']?.length]).toEqual([platform, 'by hand', 1])
    }
  })

  it('a response that it takes from Nest, and that could not be stored, is a 503', async () => {
    for (const platform of PLATFORMS) {
      const byHand: Route = {
        decorators: [Get('/by-hand')],
        parameters: [Res()],
        handle: (reply: ServerResponse) => void rawOf(reply).end('by hand'),
      }
      const imports = [SessionModule.forRoot({ manager: failsLater() })]
      const served = await serveNest(platform, { imports, controllers: [controllerOf([byHand])] })
      const { status, body } = await ask(served, '/by-hand')
      expect([platform, status]).toEqual([platform, 503])
      expect(body).toContain('Service Unavailable')
    }
  })

  it('costs the store one call to lock and read and one to write, and nothing for who has no session', async () => {
    for (const platform of PLATFORMS) {
      const driver = new MemoryDriver({ acknowledged: true })
      const calls: string[] = []
      for (const name of ['read', 'acquire', 'insert', 'commit', 'update', 'touch', 'unlock', 'renew'] as const) {
        const method: unknown = driver[name].bind(driver)
        Reflect.set(driver, name, (...given: unknown[]) => {
          calls.push(name)
          return typeof method === 'function' ? Reflect.apply(method, undefined, given) : undefined
        })
      }
      const idle: Route = { decorators: [Get('/idle')], handle: () => 'idle' }
      const imports = [SessionModule.forRoot({ manager: realManager(driver) })]
      const served = await serveNest(platform, { imports, controllers: [controllerOf([counting, idle])] })
      await ask(served, '/idle')
      expect([platform, calls.splice(0)]).toEqual([platform, []])
      const cookie = String((await ask(served)).headers['set-cookie']).split(';', 1)[0] ?? ''
      expect([platform, calls.splice(0)]).toEqual([platform, ['insert']])
      await ask(served, '/', { headers: { cookie } })
      expect([platform, calls.splice(0)]).toEqual([platform, ['acquire', 'commit']])
    }
  })

  it('is in the reach of currentSession()', async () => {
    const greeting: Route = {
      decorators: [Get()],
      parameters: [Session()],
      handle: (visitor: unknown) => String(currentSession() === visitor),
    }
    for (const platform of PLATFORMS) {
      const imports = [SessionModule.forRoot({ manager: realManager() })]
      const served = await serveNest(platform, { imports, controllers: [controllerOf([greeting])] })
      expect([platform, (await ask(served)).body]).toEqual([platform, 'true'])
    }
  })
})
