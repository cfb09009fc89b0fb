import { Get, Inject, Post, Session as NestSession } from '@nestjs/common'
import type { MiddlewareConsumer } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { ExpressAdapter } from '@nestjs/platform-express'
import { describe, expect, it } from 'vitest'
import { Session, SessionModule, sessionManagerToken } from '../../../src/adapters/nest.ts'
import type { NestRequest } from '../../../src/adapters/nest.ts'
import { MemoryDriver } from '../../../src/drivers/memory.ts'
import { SessionManager } from '../../../src/manager/session-manager.ts'
import { controllerOf, moduleOf } from '../../transport/nest/decorated.ts'
import { FakeManager } from '../node/fake-open-session.ts'
import { realManager } from '../node/real-manager.ts'
import { ask, dial, until } from '../node/support.ts'
import { makeNest, PLATFORMS, serveNest } from './support.ts'

const cookie = { secure: 'auto' } as const

const counting = controllerOf([
  { decorators: [Get()], parameters: [Session()], handle: (visitor: Session) => String(visitor.increment('n')) },
])

/** A service that wants what has the token. */
function wanting(token: Parameters<typeof Inject>[0]): new (manager: SessionManager) => { readonly manager: SessionManager } {
  class Wanting {
    readonly manager: SessionManager

    constructor(manager: SessionManager) {
      this.manager = manager
    }
  }
  Inject(token)(Wanting, undefined, 0)
  return Wanting
}

/** A driver that counts how often it was closed. */
class WatchedDriver extends MemoryDriver {
  closed = 0

  override async close(): Promise<void> {
    this.closed += 1
    await super.close()
  }
}

describe('SessionModule', () => {
  it('refuses options that are unknown or cannot work, by name', () => {
    const bad: [object, string][] = [
      [{ exept: [] }, "'session.exept': is not known. Did you mean 'except'?"],
      [{ onError: () => undefined }, "'session.onError': is not known"],
      [{ enabled: 'false' }, "'session.enabled': must be true or false"],
      [{ as: 'headers' }, "'session.as': must be a name that a request does not have yet"],
      [{ manager: 'memory' }, '\'session.manager\': must be a SessionManager, or the options of one, not "memory"'],
    ]
    for (const [options, message] of bad) {
      expect(() => SessionModule.forRoot({ manager: new FakeManager(), ...options }), message).toThrow(message)
    }
  })

  it('refuses a factory that is none, and options beside it that it does not know', () => {
    const useFactory = (): { manager: SessionManager } => ({ manager: realManager() })
    expect(() => Reflect.apply(Object(SessionModule).forRootAsync, SessionModule, [{ inject: [] }])).toThrow(
      "'session.useFactory': must be a function",
    )
    const misspelt = { useFactory, injects: [] }
    expect(() => SessionModule.forRootAsync(misspelt)).toThrow("'session.injects': is not known. Did you mean 'inject'?")
  })

  it('refuses what a factory made when the application is made', async () => {
    const useFactory = (): { manager: SessionManager } => Object.assign({ manager: realManager() }, { exept: [] })
    for (const platform of PLATFORMS) {
      await expect(makeNest(platform, { imports: [SessionModule.forRootAsync({ useFactory })] })).rejects.toThrow(
        "'session.exept': is not known",
      )
    }
  })

  it('gives the manager to whoever has it injected, in modules that do not import it', async () => {
    const sessions = realManager()
    const Wanting = wanting(SessionManager)
    const feature = moduleOf({ providers: [Wanting] })
    const app = await makeNest('express', { imports: [feature, SessionModule.forRoot({ manager: sessions })] })
    expect(app.get(Wanting, { strict: false }).manager).toBe(sessions)
  })

  it('gives it to an application without a server, too', async () => {
    const sessions = realManager()
    const root = moduleOf({ imports: [SessionModule.forRoot({ manager: sessions })] })
    const app = await NestFactory.createApplicationContext(root, { logger: false, abortOnError: false })
    expect(app.get(SessionManager)).toBe(sessions)
    await app.close()
  })

  it('makes the manager of options, and closes it when the application is closed', async () => {
    for (const platform of PLATFORMS) {
      const driver = new WatchedDriver({ acknowledged: true })
      const { app } = await serveNest(platform, { imports: [SessionModule.forRoot({ manager: { driver, name: 'own' } })] })
      const sessions = app.get(SessionManager)
      expect([sessions.name, driver.closed]).toEqual(['own', 0])
      await sessions.ready()
      await app.close()
      expect(driver.closed).toBe(1)
      await expect(sessions.start()).rejects.toThrow('closed')
    }
  })

  it('does not close a manager that it was given', async () => {
    const sessions = realManager()
    const { app } = await serveNest('express', { imports: [SessionModule.forRoot({ manager: sessions })] })
    await app.close()
    expect((await sessions.start()).isStarted).toBe(true)
  })

  it('makes a manager anew for each application of one root module', async () => {
    const root = moduleOf({
      imports: [SessionModule.forRoot({ manager: { driver: new MemoryDriver({ acknowledged: true }), cookie } })],
      controllers: [counting],
    })
    const first = await serveNest('express', root)
    await first.app.close()
    expect((await ask(await serveNest('express', root))).body).toBe('1')
  })

  it('makes its options in a factory, of what is injected', async () => {
    const Store = Symbol('store')
    const driver = new MemoryDriver({ acknowledged: true })
    const stores = moduleOf({ providers: [{ provide: Store, useValue: driver }], exports: [Store] })
    const sessions = SessionModule.forRootAsync({
      imports: [stores],
      inject: [Store],
      useFactory: async (store: MemoryDriver) => ({ manager: { driver: store, cookie }, except: ['/other'] }),
    })
    for (const platform of PLATFORMS) {
      const served = await serveNest(platform, { imports: [sessions], controllers: [counting] })
      expect((await ask(served)).body).toBe('1')
    }
    expect((await driver.list()).sessions).toHaveLength(2)
  })

  it('stands beside another one of its own name, each with a manager of its own', async () => {
    const [visitors, staff] = [
      realManager(),
      new SessionManager({ driver: new MemoryDriver({ acknowledged: true }), name: 'staff', cookie }),
    ]
    const Wanting = wanting(sessionManagerToken('staff'))
    const imports = [
      SessionModule.forRoot({ manager: visitors }),
      SessionModule.forRootAsync({ as: 'staff', useFactory: () => ({ manager: staff }) }),
    ]
    const both = controllerOf([
      {
        decorators: [Get()],
        parameters: [Session(), Session('staff')],
        handle: (visitor: Session, member: Session) => `${visitor.name} ${member.name}`,
      },
    ])
    for (const platform of PLATFORMS) {
      const served = await serveNest(platform, { imports, controllers: [both], providers: [Wanting] })
      expect((await ask(served)).body).toBe('ml_session staff')
      expect([served.app.get(SessionManager), served.app.get(Wanting).manager]).toEqual([visitors, staff])
    }
    await staff.close({ waitSeconds: 0 })
  })

  it('does nothing the second time when it is imported twice', async () => {
    for (const platform of PLATFORMS) {
      const manager = realManager()
      const imports = [SessionModule.forRoot({ manager }), SessionModule.forRoot({ manager })]
      const { body, headers } = await ask(await serveNest(platform, { imports, controllers: [counting] }))
      expect([platform, body, headers['set-cookie']?.length]).toEqual([platform, '1', 1])
    }
  })

  it('is there for paths outside of a global prefix', async () => {
    for (const platform of PLATFORMS) {
      const manager = new FakeManager()
      const served = await serveNest(
        platform,
        { imports: [SessionModule.forRoot({ manager })] },
        { prepare: (app) => app.setGlobalPrefix('api') },
      )
      expect([(await ask(served, '/outside')).status, manager.opened.length]).toEqual([404, 1])
    }
  })

  it('opens the session when the body has arrived, not while it arrives', async () => {
    for (const platform of PLATFORMS) {
      const manager = new FakeManager()
      const posting = controllerOf([{ decorators: [Post()], handle: () => 'posted' }])
      const served = await serveNest(platform, { imports: [SessionModule.forRoot({ manager })], controllers: [posting] })
      let arrived = 0
      served.server.on('request', () => (arrived += 1))
      const slow = await dial(served)
      slow.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{')
      await until(() => arrived === 1)
      expect([platform, manager.opened.length]).toEqual([platform, 0])
      slow.write('}')
      await until(() => slow.received().includes('posted'))
      expect([platform, manager.opened.length]).toEqual([platform, 1])
    }
  })

  it('opens no session for a body that cannot be parsed', async () => {
    for (const platform of PLATFORMS) {
      const manager = new FakeManager()
      const posting = controllerOf([{ decorators: [Post()], handle: () => 'posted' }])
      const served = await serveNest(platform, { imports: [SessionModule.forRoot({ manager })], controllers: [posting] })
      const { status } = await ask(served, '/', { method: 'POST', headers: { 'content-type': 'application/json' } }, '{')
      expect([platform, status, manager.opened.length]).toEqual([platform, 400, 0])
    }
  })

  it('gives concurrency the request of the platform', async () => {
    for (const platform of PLATFORMS) {
      const manager = new FakeManager()
      const concurrencyOf = ({ query }: NestRequest): 'readonly' | undefined =>
        JSON.stringify(query) === '{"poll":"1"}' ? 'readonly' : undefined
      const served = await serveNest(platform, { imports: [SessionModule.forRoot({ manager, concurrency: concurrencyOf })] })
      await ask(served, '/?poll=1')
      await ask(served, '/')
      expect(manager.requests.map(({ concurrency }) => concurrency)).toEqual(['readonly', undefined])
    }
  })

  it('shows the session as a property of the request, where the decorator of Nest itself finds it', async () => {
    const same = controllerOf([
      {
        decorators: [Get()],
        parameters: [Session(), NestSession()],
        handle: (ours: unknown, theirs: unknown) => String(ours === theirs && ours !== undefined),
      },
    ])
    for (const platform of PLATFORMS) {
      const served = await serveNest(platform, { imports: [SessionModule.forRoot({ manager: realManager() })], controllers: [same] })
      expect([platform, (await ask(served)).body]).toEqual([platform, 'true'])
    }
  })

  it('takes no name that a request of Fastify has already', async () => {
    const app = await makeNest('fastify', { imports: [SessionModule.forRoot({ manager: new FakeManager(), as: 'hostname' })] })
    await expect(app.init()).rejects.toThrow("'session.as': must be a name that a request of Fastify does not have yet")
  })

  it('comes before the middleware of modules on Express', async () => {
    const found: unknown[] = []
    const root = moduleOf({ imports: [SessionModule.forRoot({ manager: realManager() })], controllers: [counting] })
    Object.assign(root.prototype, {
      configure: (consumer: MiddlewareConsumer) => {
        const note = (request: { readonly session?: Session }, _response: unknown, next: () => void): void => {
          found.push(request.session?.isStarted)
          next()
        }
        consumer.apply(note).forRoutes('{*path}')
      },
    })
    await ask(await serveNest('express', root))
    expect(found).toEqual([true])
  })

  it('says so where the platform is none that it knows', async () => {
    class OtherAdapter extends ExpressAdapter {
      override getType(): string {
        return 'other'
      }
    }
    const root = moduleOf({ imports: [SessionModule.forRoot({ manager: new FakeManager() })] })
    const app = await NestFactory.create(root, new OtherAdapter(), { logger: false, abortOnError: false })
    await expect(app.init()).rejects.toThrow(
      "'SessionModule': it can be mounted on @nestjs/platform-express and @nestjs/platform-fastify only",
    )
  })
})
