import { request } from 'node:http'
import { bodyParser } from '@koa/bodyparser'
import Koa from 'koa'
import { describe, expect, it, onTestFinished } from 'vitest'
import { session } from '../../../src/adapters/koa.ts'
import { MemoryDriver } from '../../../src/drivers/memory.ts'
import { SessionManager } from '../../../src/manager/session-manager.ts'
import { ask, serve, until } from '../node/support.ts'
import type { Served } from '../node/support.ts'

interface World {
  readonly served: Served
  readonly cookie: string
  /** Asks, hangs up as soon as the handler runs, and answers what a later request counts. */
  readonly countAfter: (path: string, body?: string) => Promise<string>
}

/** Counts at `/`; elsewhere it counts and throws when the client is gone. A lock that stays makes the next request fail after a second. */
async function world(around: Koa.Middleware, behind: Koa.Middleware): Promise<World> {
  const sessions = new SessionManager({
    driver: new MemoryDriver({ acknowledged: true }),
    cookie: { secure: 'auto' },
    lock: { waitSeconds: 1 },
  })
  onTestFinished(() => sessions.close({ waitSeconds: 0 }))
  const app = new Koa()
  app.silent = true
  let runs = 0
  app.use(around)
  app.use(session(sessions))
  app.use(async (ctx, next) => {
    if (ctx.path !== '/') {
      ctx.session.increment('n')
      runs += 1
      if (ctx.path !== '/upload') await until(() => ctx.res.closed)
    }
    return next()
  })
  app.use(behind)
  app.use((ctx) => {
    if (ctx.path === '/teapot') ctx.throw(418)
    if (ctx.path === '/broken') throw new RangeError('broken')
    ctx.body = String(ctx.session.increment('n'))
  })
  const handle = app.callback()
  const served = await serve((...given) => void handle(...given))
  const cookie = String((await ask(served)).headers['set-cookie']).split(';', 1)[0] ?? ''
  return {
    served,
    cookie,
    async countAfter(path, body) {
      const before = runs
      const headers = { cookie, 'content-type': 'application/json', 'content-length': '1000' }
      const leaving = request({
        port: served.port,
        path,
        agent: false,
        ...(body === undefined ? { headers: { cookie } } : { method: 'POST', headers }),
      })
      leaving.on('error', () => undefined)
      if (body === undefined) leaving.end()
      else leaving.write(body)
      await until(() => runs > before)
      leaving.destroy()
      const next = await ask(served, '/', { headers: { cookie } })
      return `${next.status} ${next.body}`
    },
  }
}

const nothing: Koa.Middleware = (_ctx, next) => next()

describe('a Koa handler that throws when its client is gone', () => {
  it('gives the lock back at once, and what it set is kept where the error is one of less than 500', async () => {
    const { countAfter } = await world(nothing, nothing)
    expect(await countAfter('/broken')).toBe('200 2')
    expect(await countAfter('/teapot')).toBe('200 4')
  })

  it('gives the lock back at once behind an upload that broke off', async () => {
    const { countAfter } = await world(nothing, bodyParser())
    expect(await countAfter('/upload', '{"a":')).toBe('200 3')
  })

  it('is answered by what stands around it, which says whether it failed', async () => {
    const seen: unknown[] = []
    const { countAfter } = await world(async (ctx, next) => {
      try {
        await next()
      } catch (error) {
        seen.push(String(error))
        ctx.status = 400
      }
    }, nothing)
    expect(await countAfter('/broken')).toBe('200 3')
    expect(seen).toEqual(['RangeError: broken'])
  })
})
