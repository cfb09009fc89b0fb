import { createServer } from 'node:http'
import type { RequestListener, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { session } from '../../src/adapters/express.ts'
import type { ConnectStore } from '../../src/move-in/index.ts'
import type { SessionManager } from '../../src/manager/session-manager.ts'
import { Visitor } from '../transport/visitor.ts'
import { expressSession, oldVisit } from './old-library.ts'
import type { OldLibraryOptions, OldVisit } from './old-library.ts'

/** What both applications answer to `GET /me`. */
export interface Me {
  readonly user: string | null
  readonly cart: readonly string[]
  readonly visits: number
}

export interface OldOptions {
  readonly store: ConnectStore
  readonly secret?: string | string[]
  readonly cookie?: OldLibraryOptions['cookie']
}

/** An application as many are: Express with express-session, and logins as passport makes them. */
export function oldApplication({ store, secret = 'the old secret', cookie = {} }: OldOptions): RequestListener {
  const app = express()
  app.set('env', 'test')
  app.use(express.urlencoded())
  app.use(expressSession({ store, secret, cookie, resave: false, saveUninitialized: false }))
  app.get('/me', (req, res) => {
    const visit = oldVisit(req)
    visit.visits = (visit.visits ?? 0) + 1
    res.json(meOf(visit))
  })
  app.get('/look', (req, res) => void res.json(meOf(oldVisit(req))))
  app.post('/login', (req, res, next) => {
    oldVisit(req).regenerate((error) => {
      if (error) return next(error)
      oldVisit(req).passport = { user: String(req.body.name) }
      res.redirect('/me')
    })
  })
  app.post('/add', (req, res) => {
    const visit = oldVisit(req)
    visit.cart = [...(visit.cart ?? []), String(req.body.item)]
    res.sendStatus(204)
  })
  app.post('/logout', (req, res, next) => {
    oldVisit(req).destroy((error) => (error ? next(error) : res.clearCookie('connect.sid').sendStatus(204)))
  })
  return app
}

function meOf({ passport, cart = [], visits = 0 }: OldVisit): Me {
  return { user: passport?.user ?? null, cart, visits }
}

/** The data of both. */
export interface Shop {
  passport: { user: string }
  cart: string[]
  visits: number
}

/** The same application with our sessions. */
export function newApplication(sessions: SessionManager<Shop>): RequestListener {
  const app = express()
  app.set('env', 'test')
  app.use(express.urlencoded())
  app.use(session(sessions))
  app.get('/me', (req, res) => {
    const visits = req.session.increment('visits')
    res.json({ user: req.session.userId ?? null, cart: req.session.get('cart', []) as string[], visits } satisfies Me)
  })
  app.get('/look', (req, res) => {
    const { userId = null } = req.session
    res.json({ user: userId, cart: req.session.get('cart', []) as string[], visits: req.session.get('visits', 0) as number } satisfies Me)
  })
  app.post('/login', async (req, res) => {
    await req.session.regenerate({ destroy: true })
    req.session.setUserId(String(req.body.name))
    res.redirect('/me')
  })
  app.post('/add', (req, res) => {
    req.session.set('cart', [...(req.session.get('cart', []) as string[]), String(req.body.item)])
    res.sendStatus(204)
  })
  app.post('/logout', async (req, res) => {
    await req.session.destroy()
    res.sendStatus(204)
  })
  app.post('/fail', async (req, res) => {
    req.session.set('cart', ['lost'])
    res.sendStatus(500)
  })
  return app
}

/** A place where one application after the other listens, on the same port. */
export class Address implements AsyncDisposable {
  #server: Server | undefined
  #port = 0

  async run(application: RequestListener): Promise<void> {
    await this.close()
    const server = createServer((request, response) => {
      // The next application listens on the same port: nobody may still be connected to this one.
      response.setHeader('connection', 'close')
      application(request, response)
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.#port, '127.0.0.1', resolve)
    })
    this.#port = (server.address() as AddressInfo).port
    this.#server = server
  }

  visitor(): Guest {
    return new Guest(this.#port)
  }

  async close(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    server?.closeAllConnections()
    await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/** A browser in front of the applications. */
export class Guest extends Visitor {
  async me(path: '/me' | '/look' = '/me', init: RequestInit = {}): Promise<Me> {
    const { status, text } = await this.see(path, init)
    if (status !== 200) throw new Error(`${path} answered with ${status}`)
    return JSON.parse(text) as Me
  }

  async send(path: string, fields: Record<string, string> = {}): Promise<number> {
    return (await this.see(path, { method: 'POST', body: new URLSearchParams(fields) })).status
  }
}
