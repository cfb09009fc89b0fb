import { All, Catch, Get, HttpException, Post, UseGuards, UseInterceptors } from '@nestjs/common'
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common'
import { APP_GUARD } from '@nestjs/core'
import { describe, expect, it } from 'vitest'
import { csrf, csrfToken, logout, ownPages, requireFresh, Session, SessionModule } from '../../../src/adapters/nest.ts'
import { MemoryDriver } from '../../../src/drivers/memory.ts'
import { CsrfError } from '../../../src/session/errors.ts'
import { controllerOf } from '../../transport/nest/decorated.ts'
import type { Route } from '../../transport/nest/decorated.ts'
import { realManager } from '../node/real-manager.ts'
import { ask } from '../node/support.ts'
import { Notes, PLATFORMS, serveNest } from './support.ts'
import type { Application, Platform } from './support.ts'

const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

interface Answering {
  status(code: number): { send(body: string): unknown }
}

/** A filter that keeps why something was refused. */
class Keeper implements ExceptionFilter {
  readonly causes: unknown[] = []

  catch(exception: HttpException, host: ArgumentsHost): void {
    this.causes.push(exception.cause)
    host.switchToHttp().getResponse<Answering>().status(exception.getStatus()).send('kept')
  }
}
Catch(HttpException)(Keeper)

const saving: Route[] = [
  { decorators: [Get('/form')], parameters: [Session()], handle: (visitor: Session) => csrfToken(visitor) },
  { decorators: [Post('/save')], handle: () => 'saved' },
]

interface Served extends Application {
  readonly keeper: Keeper
}

/** Serves routes behind a module, with a filter. */
async function serveRoutes(
  platform: Platform,
  routes: readonly Route[],
  guards: readonly object[],
  except: string[] = [],
): Promise<Served> {
  const keeper = new Keeper()
  const served = await serveNest(
    platform,
    {
      imports: [SessionModule.forRoot({ manager: realManager(), except })],
      controllers: [controllerOf(routes)],
      providers: guards.map((useValue) => ({ provide: APP_GUARD, useValue })),
    },
    { prepare: (app) => app.useGlobalFilters(keeper) },
  )
  return { ...served, keeper }
}

/** Asks, and gives what a browser sends back. */
async function cookieAndText(served: Application, path: string): Promise<{ readonly cookie: string; readonly text: string }> {
  const { headers, body } = await ask(served, path)
  return { cookie: String(headers['set-cookie']).split(';', 1)[0] ?? '', text: body }
}

describe('csrf() as a guard of Nest', () => {
  it('lets a form with its token in', async () => {
    for (const platform of PLATFORMS) {
      const served = await serveRoutes(platform, saving, [csrf()])
      const { cookie, text } = await cookieAndText(served, '/form')
      const { status, body } = await ask(served, '/save', { method: 'POST', headers: { ...FORM, cookie } }, `_csrf=${text}`)
      expect([platform, status, body]).toEqual([platform, 201, 'saved'])
    }
  })

  it('refuses one without with a CsrfError for filters, with the status that was chosen', async () => {
    for (const platform of PLATFORMS) {
      const served = await serveRoutes(platform, saving, [csrf({ status: 419 })])
      const { status, body, headers } = await ask(served, '/save', { method: 'POST', headers: FORM }, 'name=Ada')
      expect([platform, status, body, headers.vary]).toEqual([platform, 419, 'kept', expect.stringContaining('Origin')])
      expect(served.keeper.causes).toEqual([expect.any(CsrfError)])
    }
  })

  it('looks at all of an application whose paths have no session, too, and says that it cannot', async () => {
    for (const platform of PLATFORMS) {
      const served = await serveRoutes(platform, saving, [csrf()], ['/save'])
      expect((await ask(served, '/save', { method: 'POST', headers: FORM }, 'name=Ada')).status).toBe(500)
      expect(String(served.keeper.causes[0])).toContain('Except it from both, or from none')
    }
  })

  it('lets pages be read where there is to be no session', async () => {
    const page: Route = { decorators: [Get('/page')], handle: () => 'page' }
    for (const platform of PLATFORMS) {
      expect((await ask(await serveRoutes(platform, [page], [csrf()], ['/page']), '/page')).body).toBe('page')
    }
  })
})

describe('requireFresh() and ownPages() as guards of Nest', () => {
  it('tell a filter why they refuse, which may lead to the login', async () => {
    const account: Route = { decorators: [Get('/account'), UseGuards(requireFresh())], handle: () => 'account' }
    for (const platform of PLATFORMS) {
      const served = await serveRoutes(platform, [account], [])
      expect((await ask(served, '/account')).status).toBe(403)
      expect(served.keeper.causes).toEqual([expect.objectContaining({ code: 'ERR_SESSION_NOT_FRESH' })])
    }
  })

  it('let a link in and no image of another site', async () => {
    const account: Route = { decorators: [Get('/account'), UseGuards(ownPages())], handle: () => 'account' }
    for (const platform of PLATFORMS) {
      const served = await serveRoutes(platform, [account], [])
      const site = { 'sec-fetch-site': 'cross-site' }
      const link = await ask(served, '/account', { headers: { ...site, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' } })
      expect([platform, link.status, link.headers.vary]).toEqual([platform, 200, expect.stringContaining('Sec-Fetch-Site')])
      const image = await ask(served, '/account', { headers: { ...site, 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' } })
      expect(image.status).toBe(403)
      expect(served.keeper.causes).toEqual([expect.objectContaining({ code: 'ERR_SESSION_SECURITY_VALIDATION_FAILED' })])
    }
  })
})

describe('logout() as an interceptor of Nest', () => {
  const visit: Route = { decorators: [Get()], parameters: [Session()], handle: (visitor: Session) => String(visitor.increment('n')) }
  const leaving = (options: Parameters<typeof logout>[0]): Route => ({
    decorators: [All('/logout'), UseInterceptors(logout(options))],
    handle: () => undefined,
  })

  it('ends the session and answers', async () => {
    for (const platform of PLATFORMS) {
      const driver = new MemoryDriver({ acknowledged: true })
      const imports = [SessionModule.forRoot({ manager: realManager(driver) })]
      const served = await serveNest(platform, { imports, controllers: [controllerOf([visit, leaving({ clearSiteData: ['storage'] })])] })
      const { cookie } = await cookieAndText(served, '/')
      const { status, body, headers } = await ask(served, '/logout', { method: 'POST', headers: { cookie } })
      expect([platform, status, body, headers['clear-site-data']]).toEqual([platform, 204, '', '"storage"'])
      expect((await driver.list()).sessions).toEqual([])
    }
  })

  it('takes a POST only, and ends nothing otherwise', async () => {
    for (const platform of PLATFORMS) {
      const driver = new MemoryDriver({ acknowledged: true })
      const imports = [SessionModule.forRoot({ manager: realManager(driver) })]
      const served = await serveNest(platform, { imports, controllers: [controllerOf([visit, leaving({ redirect: '/' })])] })
      const { cookie } = await cookieAndText(served, '/')
      const { status, headers } = await ask(served, '/logout', { headers: { cookie } })
      expect([platform, status, headers.allow, headers.location]).toEqual([platform, 405, 'POST', undefined])
      expect((await driver.list()).sessions).toHaveLength(1)
    }
  })
})

describe('where there is no session', () => {
  it('guards, logout() and @Session() answer 500, and say in the log what is missing', async () => {
    const routes: Route[] = [
      { decorators: [Get('/csrf'), UseGuards(csrf())], handle: () => 'not guarded' },
      { decorators: [Get('/requireFresh'), UseGuards(requireFresh())], handle: () => 'not guarded' },
      { decorators: [Get('/ownPages'), UseGuards(ownPages())], handle: () => 'not guarded' },
      { decorators: [Get('/logout'), UseInterceptors(logout())], handle: () => 'not guarded' },
      { decorators: [Get('/Session')], parameters: [Session()], handle: () => 'not guarded' },
    ]
    for (const platform of PLATFORMS) {
      const logger = new Notes()
      const served = await serveNest(platform, { controllers: [controllerOf(routes)] }, { logger })
      for (const layer of ['csrf', 'requireFresh', 'ownPages', 'logout', 'Session']) {
        const { status, body } = await ask(served, `/${layer}`)
        expect([platform, layer, status, JSON.parse(body)]).toEqual([
          platform,
          layer,
          500,
          { statusCode: 500, message: 'Internal server error' },
        ])
        expect(String(logger.errors.splice(0))).toContain(
          `Option '${layer}': there is no session 'session' in this request. Import SessionModule.forRoot({ manager }) into the root module.`,
        )
      }
    }
  })

  it('a name that nothing is mounted as is told', async () => {
    const routes: Route[] = [{ decorators: [Get()], parameters: [Session('staff')], handle: () => 'found' }]
    for (const platform of PLATFORMS) {
      const logger = new Notes()
      const imports = [SessionModule.forRoot({ manager: realManager() })]
      const served = await serveNest(platform, { imports, controllers: [controllerOf(routes)] }, { logger })
      expect((await ask(served)).status).toBe(500)
      expect(String(logger.errors)).toContain("Import SessionModule.forRoot({ manager, as: 'staff' }) into the root module.")
    }
  })
})
