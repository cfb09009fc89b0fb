import express from 'express'
import type { Express } from 'express'
import { describe, expect, it, onTestFinished } from 'vitest'
import { csrf, session } from '../../../src/adapters/express.ts'
import { MemoryDriver } from '../../../src/drivers/memory.ts'
import { SessionManager } from '../../../src/manager/session-manager.ts'
import { serve, until } from '../node/support.ts'
import type { Served } from '../node/support.ts'

interface Shop {
  count: number
  user: { name: string }
}

function newManager(): SessionManager<Shop> {
  const sessions = new SessionManager<Shop>({ driver: new MemoryDriver({ acknowledged: true }), cookie: { secure: 'auto' } })
  onTestFinished(() => sessions.close({ waitSeconds: 0 }))
  return sessions
}

/** A browser of one cookie. */
class Browser {
  readonly #served: Served
  #cookie = ''

  constructor(served: Served) {
    this.#served = served
  }

  async visit(path: string, init: RequestInit = {}): Promise<{ status: number; text: string; cookies: string[] }> {
    const headers = new Headers(init.headers)
    headers.set('cookie', this.#cookie)
    const response = await fetch(`http://127.0.0.1:${this.#served.port}${path}`, {
      redirect: 'manual',
      ...init,
      headers,
    })
    const cookies = response.headers.getSetCookie()
    for (const cookie of cookies) if (cookie.startsWith('ml_session=')) this.#cookie = cookie.split(';', 1)[0] ?? ''
    return { status: response.status, text: await response.text(), cookies }
  }

  post(path: string, form: Record<string, string>): ReturnType<Browser['visit']> {
    return this.visit(path, { method: 'POST', body: new URLSearchParams(form) })
  }
}

function build(sessions: SessionManager<Shop>): Express {
  const app = express()
  app.set('env', 'test')
  app.use(express.urlencoded())
  app.use(session(sessions))
  app.use(csrf())
  app.get('/form', (_, res) => {
    res.send(res.locals.csrfField?.())
  })
  app.get('/count', async (req, res) => {
    const before = Number(req.session.get('count', 0))
    await new Promise((resolve) => setImmediate(resolve))
    req.session.set('count', before + 1)
    res.json({ count: before + 1 })
  })
  app.post('/login', async (req, res) => {
    await req.session.regenerate({ destroy: true })
    req.session.setUserId(7)
    req.session.flash('status', 'Welcome back!')
    res.redirect('/')
  })
  app.get('/', (req, res) => {
    res.send(`${req.session.userId ?? 'nobody'}: ${String(res.locals.flash?.('status'))}`)
  })
  app.post('/logout', async (req, res) => {
    await req.session.destroy()
    res.redirect('/')
  })
  app.get('/fail', (req) => {
    req.session.set('count', 1000)
    throw new Error('broken')
  })
  app.get('/stream', async (req, res) => {
    req.session.increment('count')
    res.write('first ')
    await until(() => !res.writableNeedDrain)
    expect(() => req.session.increment('count')).toThrow('Session is closed')
    res.end('last')
  })
  return app
}

const fieldIn = (html: string): string => /value="([\w-]+)"/.exec(html)?.[1] ?? ''

describe('an Express application with real sessions', () => {
  it('sends no cookie and stores nothing for a visitor of whom nothing is kept', async () => {
    const browser = new Browser(await serve(build(newManager())))
    expect((await browser.visit('/')).cookies).toEqual([])
  })

  it('loses no update of parallel requests', async () => {
    const browser = new Browser(await serve(build(newManager())))
    await browser.visit('/count')
    await Promise.all(Array.from({ length: 20 }, () => browser.visit('/count')))
    expect((await browser.visit('/count')).text).toBe('{"count":22}')
  })

  it('logs in with the token of its form, shows the flash once, and logs out', async () => {
    const browser = new Browser(await serve(build(newManager())))
    expect((await browser.post('/login', {})).status).toBe(403)
    const token = fieldIn((await browser.visit('/form')).text)
    expect((await browser.post('/login', { _csrf: 'x'.repeat(token.length) })).status).toBe(403)
    expect((await browser.post('/login', { _csrf: token })).status).toBe(302)
    expect((await browser.visit('/')).text).toBe('7: Welcome back!')
    expect((await browser.visit('/')).text).toBe('7: undefined')
    // The login changed the token.
    expect((await browser.post('/logout', { _csrf: token })).status).toBe(403)
    const out = await browser.post('/logout', { _csrf: fieldIn((await browser.visit('/form')).text) })
    expect([out.status, out.cookies.length]).toEqual([302, 1])
    expect((await browser.visit('/')).text).toBe('nobody: undefined')
  })

  it('keeps nothing of a request that failed, and gives its lock back', async () => {
    const browser = new Browser(await serve(build(newManager())))
    await browser.visit('/count')
    expect((await browser.visit('/fail')).status).toBe(500)
    expect((await browser.visit('/count')).text).toBe('{"count":2}')
  })

  it('stores before the first byte of a stream, which holds no lock', async () => {
    const browser = new Browser(await serve(build(newManager())))
    await browser.visit('/count')
    expect((await browser.visit('/stream')).text).toBe('first last')
    expect((await browser.visit('/count')).text).toBe('{"count":3}')
  })

  it('fails at once when a handler waits for its own session', async () => {
    const sessions = newManager()
    const app = express()
    app.set('env', 'test')
    app.use(session(sessions))
    app.get('/', async (req, res) => {
      req.session.set('count', 1)
      const outcome = await sessions.start(req.session.isNew ? undefined : req.session.id).then(
        () => 'started',
        (error: unknown) => Reflect.get(Object(error), 'code'),
      )
      res.send(outcome)
    })
    const browser = new Browser(await serve(app))
    await browser.visit('/')
    expect((await browser.visit('/')).text).toBe('ERR_SESSION_LOCK_SELF')
  })

  it('gives the lock back when a client hangs up while it waits, while the handler runs, and while a body streams', async () => {
    const sessions = newManager()
    const app = express()
    app.set('env', 'test')
    let arrived = 0
    let left = 0
    app.use((_, res, next) => {
      arrived += 1
      res.on('close', () => (left += 1))
      next()
    })
    app.use(session(sessions))
    const gates: (() => void)[] = []
    app.get('/hold', async (req, res) => {
      req.session.increment('count')
      await new Promise<void>((resolve) => gates.push(resolve))
      res.end('held')
    })
    app.get('/endless', (req, res) => {
      req.session.increment('count')
      const timer = setInterval(() => res.write('x'), 1)
      res.on('close', () => clearInterval(timer))
    })
    app.get('/count', (req, res) => void res.send(String(req.session.get('count'))))
    const browser = new Browser(await serve(app))
    const first = browser.visit('/hold')
    await until(() => gates.length === 1)
    gates[0]?.()
    await first
    const [runs, waits, streams] = [new AbortController(), new AbortController(), new AbortController()]
    const visits = [browser.visit('/hold', { signal: runs.signal })]
    await until(() => gates.length === 2)
    visits.push(browser.visit('/hold', { signal: waits.signal }))
    await until(() => arrived === 3)
    waits.abort()
    runs.abort()
    expect((await Promise.allSettled(visits)).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    await until(() => left === 3)
    gates[1]?.()
    const streaming = browser.visit('/endless', { signal: streams.signal })
    await until(() => arrived === 4)
    // The one that ran was stored, the one that waited never ran, and the stream holds no lock.
    expect((await browser.visit('/count')).text).toBe('3')
    streams.abort()
    await expect(streaming).rejects.toThrow('aborted')
    expect((await browser.visit('/count')).text).toBe('3')
    expect(gates).toHaveLength(2)
  })
})
