import { Catch, Get, HttpException, Post, Res } from '@nestjs/common'
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common'
import { APP_FILTER } from '@nestjs/core'
import { describe, expect, it } from 'vitest'
import { csrf, Session, SessionException, SessionModule } from '../../../src/adapters/nest.ts'
import { SessionError } from '../../../src/session/errors.ts'
import { controllerOf } from '../../transport/nest/decorated.ts'
import { FakeManager, failsLater, STORE_DOWN } from '../node/fake-open-session.ts'
import { realManager } from '../node/real-manager.ts'
import { ask } from '../node/support.ts'
import { Notes, PLATFORMS, serveNest } from './support.ts'

interface Reply {
  status(code: number): Reply
  send(body: unknown): unknown
}

/** A filter that takes what one of its classes is, keeps it, and answers by itself. */
class OwnFilter implements ExceptionFilter {
  readonly caught: unknown[] = []

  catch(exception: unknown, host: ArgumentsHost): void {
    this.caught.push(exception)
    const status = exception instanceof HttpException ? exception.getStatus() : 500
    host.switchToHttp().getResponse<Reply>().status(status).send({ own: status })
  }
}

function filterFor(...classes: Parameters<typeof Catch>): OwnFilter {
  class Filter extends OwnFilter {}
  Catch(...classes)(Filter)
  return new Filter()
}

const greeting = controllerOf([
  {
    decorators: [Get()],
    parameters: [Res({ passthrough: true })],
    handle: (reply: { header(name: string, value: string): unknown }) => {
      reply.header('x-handler', 'ran')
      return 'hello'
    },
  },
])

function cutOff(): FakeManager {
  const manager = new FakeManager()
  manager.onOpen = () => Promise.reject(STORE_DOWN)
  return manager
}

describe('errors of a session in Nest', () => {
  it('are answered with their status, and tell the visitor nothing of the cause', async () => {
    for (const platform of PLATFORMS) {
      for (const manager of [cutOff(), failsLater()]) {
        const served = await serveNest(platform, { imports: [SessionModule.forRoot({ manager })], controllers: [greeting] })
        const { status, body, headers } = await ask(served)
        expect([platform, status, headers['x-handler']]).toEqual([platform, 503, undefined])
        expect(JSON.parse(body)).toEqual({ statusCode: 503, message: 'Service Unavailable' })
      }
    }
  })

  it('are answered with their status also where a handler has taken the reply from Fastify', async () => {
    const byHand = controllerOf([
      {
        decorators: [Get()],
        parameters: [Res()],
        handle: (reply: { hijack(): unknown; readonly raw: { end(text: string): unknown } }) => {
          reply.hijack()
          reply.raw.end('by hand')
        },
      },
    ])
    const served = await serveNest('fastify', { imports: [SessionModule.forRoot({ manager: failsLater() })], controllers: [byHand] })
    const { status, body } = await ask(served)
    expect([status, body]).toEqual([503, 'Service Unavailable'])
  })

  it('reach filters for HttpException, with the error as their cause, whether the session could not be opened or not be stored', async () => {
    for (const platform of PLATFORMS) {
      for (const manager of [cutOff(), failsLater()]) {
        const filter = filterFor(HttpException)
        const imports = [SessionModule.forRoot({ manager })]
        const served = await serveNest(platform, {
          imports,
          controllers: [greeting],
          providers: [{ provide: APP_FILTER, useValue: filter }],
        })
        const { status, body, headers } = await ask(served)
        expect([platform, status, body, headers['x-handler']]).toEqual([platform, 503, '{"own":503}', undefined])
        const [exception] = filter.caught
        expect(exception).toBeInstanceOf(SessionException)
        expect(exception).toMatchObject({ cause: STORE_DOWN })
      }
    }
  })

  it('reach filters for everything, and those for SessionException alone', async () => {
    for (const platform of PLATFORMS) {
      for (const filter of [filterFor(), filterFor(SessionException)]) {
        const imports = [SessionModule.forRoot({ manager: cutOff() })]
        const served = await serveNest(platform, { imports }, { prepare: (app) => app.useGlobalFilters(filter) })
        expect([platform, (await ask(served)).body]).toEqual([platform, '{"own":503}'])
        expect(filter.caught).toEqual([expect.any(SessionException)])
      }
    }
  })

  it('are logged where the fault is the server’s', async () => {
    for (const platform of PLATFORMS) {
      const logger = new Notes()
      const served = await serveNest(platform, { imports: [SessionModule.forRoot({ manager: cutOff() })] }, { logger })
      await ask(served)
      expect([platform, logger.errors]).toEqual([platform, [STORE_DOWN]])
    }
  })

  it('are not logged where a client has hung up, or was refused', async () => {
    const posting = controllerOf([{ decorators: [Post()], handle: () => 'posted' }])
    for (const platform of PLATFORMS) {
      const logger = new Notes()
      const manager = new FakeManager()
      const root = { imports: [SessionModule.forRoot({ manager })], controllers: [posting] }
      const served = await serveNest(platform, root, { logger, prepare: (app) => app.useGlobalGuards(csrf()) })
      expect((await ask(served, '/', { method: 'POST' })).status).toBe(403)
      manager.onOpen = () => Promise.reject(SessionError.aborted(new Error('gone')))
      expect((await ask(served)).status).toBe(500)
      expect([platform, logger.errors]).toEqual([platform, []])
    }
  })

  it('that a handler throws are Nest’s to answer, and a filter can give them their status', async () => {
    const failing = controllerOf([
      {
        decorators: [Get()],
        parameters: [Session()],
        handle: () => {
          throw SessionError.limit(3)
        },
      },
    ])
    class SessionErrorFilter implements ExceptionFilter {
      catch(error: SessionError, host: ArgumentsHost): void {
        const exception = new SessionException(error)
        host.switchToHttp().getResponse<Reply>().status(exception.getStatus()).send(exception.message)
      }
    }
    Catch(SessionError)(SessionErrorFilter)
    for (const platform of PLATFORMS) {
      const root = { imports: [SessionModule.forRoot({ manager: realManager() })], controllers: [failing] }
      expect((await ask(await serveNest(platform, root))).status).toBe(500)
      const served = await serveNest(platform, root, { prepare: (app) => app.useGlobalFilters(new SessionErrorFilter()) })
      const { status, body } = await ask(served)
      expect([platform, status, body]).toEqual([platform, 403, 'Forbidden'])
    }
  })

  it('of others stay what they are', async () => {
    for (const platform of PLATFORMS) {
      const manager = new FakeManager()
      const fault = new TypeError('a fault of the application')
      manager.onOpen = () => Promise.reject(fault)
      const filter = filterFor(TypeError)
      const served = await serveNest(
        platform,
        { imports: [SessionModule.forRoot({ manager })] },
        { prepare: (app) => app.useGlobalFilters(filter) },
      )
      expect((await ask(served)).status).toBe(500)
      expect(filter.caught).toEqual([fault])
    }
  })
})
