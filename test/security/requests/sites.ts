import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener } from 'node:http'
import { parse } from 'node:querystring'
import express from 'express'
import type { ErrorRequestHandler } from 'express'
import { onTestFinished } from 'vitest'
import { csrf as expressCsrf, logout as expressLogout, session as expressSession } from '../../../src/adapters/express.ts'
import { csrf, logout, session } from '../../../src/adapters/fetch.ts'
import type { CsrfOptions, TrustProxy } from '../../../src/adapters/fetch.ts'
import { csrf as nodeCsrf, logout as nodeLogout, session as nodeSession } from '../../../src/adapters/node.ts'
import { csrfToken } from '../../../src/http/csrf-words.ts'
import type { Session } from '../../../src/session/session.ts'
import { isSessionError } from '../../../src/session/errors.ts'
import { CookieJar } from '../../../src/testing/cookie-jar.ts'
import { openShop } from '../../manager/support/shop.ts'
import type { Options, Shop } from '../../manager/support/shop.ts'

export interface SiteOptions {
  readonly manager?: Options
  readonly csrf?: CsrfOptions
  readonly trustProxy?: TrustProxy
  /** Answers a refusal in the application's own way. */
  readonly onError?: (code: string) => { readonly status: number; readonly body: string }
}

export interface Sent {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Sent urlencoded. */
  readonly form?: Readonly<Record<string, string>> | string
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly setCookie: readonly string[]
  readonly body: string
}

/** A small shop on the web: what it does is the same whatever it is built with. */
export interface Site {
  readonly shop: Shop
  readonly origin: string
  readonly send: (request: Request) => Promise<Response>
}

type Built = Omit<Site, 'shop'>
type Build = (shop: Shop, options: SiteOptions) => Built | Promise<Built>

export const ADDRESS = '203.0.113.9'
const LEAVE = { clearSiteData: ['storage'] } as const

/** What the shop answers, once session and guard let a request pass. */
async function page(visitor: Session, path: string): Promise<string> {
  if (path === '/look') return String(visitor.get('n'))
  if (path === '/token') return csrfToken(visitor)
  if (path === '/where') return String(visitor.ipAddress)
  if (path === '/login') {
    await visitor.regenerate({ destroy: true })
    visitor.setUserId('ada')
    return 'logged in'
  }
  return String(visitor.increment('n'))
}

const fetchSite: Build = ({ sessions }, options) => {
  const { onError } = options
  const leave = logout(LEAVE)
  const app = session(sessions, {
    ...trusting(options),
    clientAddress: () => ADDRESS,
    ...(onError && { onError: ({ code }) => new Response(onError(code).body, onError(code)) }),
  })(
    csrf(options.csrf)(async (request, context) => {
      const { pathname } = new URL(request.url)
      if (pathname === '/logout') return await leave(request, context)
      const body = await page(context.session, pathname)
      return new Response(body, pathname === '/cached' ? { headers: { 'cache-control': 'public, max-age=60' } } : {})
    }),
  )
  return { origin: 'https://test.example', send: (request) => app(request) }
}

const nodeSite: Build = ({ sessions }, options) => {
  const withSession = nodeSession(sessions, trusting(options))
  const guard = nodeCsrf(options.csrf)
  const leave = nodeLogout(LEAVE)
  const { onError } = options
  return served(async (req, res) => {
    const parsed = Object.assign(req, { body: await formOf(req) })
    const failed = (error: unknown): void => {
      const { status, body } = onError?.(codeOf(error)) ?? { status: statusOf(error), body: 'refused' }
      res.writeHead(status).end(body)
    }
    withSession(req, res, (opening) => {
      if (opening !== undefined) return failed(opening)
      guard(parsed, res, (refusal) => {
        if (refusal !== undefined) return failed(refusal)
        const { pathname } = new URL(req.url ?? '/', 'http://localhost')
        if (pathname === '/logout') return leave(req, res, failed)
        if (pathname === '/cached') res.setHeader('cache-control', 'public, max-age=60')
        page(req.session, pathname).then((body) => res.end(body), failed)
      })
    })
  })
}

const expressSite: Build = ({ sessions }, options) => {
  const app = express()
  const { onError } = options
  app.use(express.urlencoded())
  app.use(expressSession(sessions, trusting(options)))
  app.use(expressCsrf(options.csrf))
  app.all('/logout', expressLogout(LEAVE))
  app.use(async (req, res) => {
    if (req.path === '/cached') res.setHeader('cache-control', 'public, max-age=60')
    res.send(await page(req.session, req.path))
  })
  const failed: ErrorRequestHandler = (error: unknown, _req, res, _next) => {
    const { status, body } = onError?.(codeOf(error)) ?? { status: statusOf(error), body: 'refused' }
    res.status(status).send(body)
  }
  app.use(failed)
  return served(app)
}

/** The same shop on each door of the library. */
export const builds: readonly (readonly [string, Build])[] = [
  ['fetch', fetchSite],
  ['node:http', nodeSite],
  ['Express', expressSite],
]

/** Opens a shop until the test is over. */
export async function openSite(build: Build, options: SiteOptions = {}): Promise<Site> {
  const shop = openShop(options.manager)
  return { shop, ...(await build(shop, options)) }
}

/** A browser: it keeps cookies, and sends no proof that it is not told to. */
export class Visitor {
  readonly jar = new CookieJar()
  readonly #site: Site

  constructor(site: Site) {
    this.#site = site
  }

  /** The id in the session's cookie. */
  get id(): string {
    return this.jar.get('__Host-ml_session') ?? this.jar.get('ml_session') ?? ''
  }

  get(path: string, sent: Sent = {}): Promise<Answer> {
    return this.ask('GET', path, sent)
  }

  post(path: string, sent: Sent = {}): Promise<Answer> {
    return this.ask('POST', path, sent)
  }

  async ask(method: string, path: string, { headers: given = {}, body, form }: Sent = {}): Promise<Answer> {
    const headers = new Headers(given)
    const cookies = this.jar.header('/')
    if (cookies !== undefined && !headers.has('cookie')) headers.set('cookie', cookies)
    const text = form === undefined ? body : typeof form === 'string' ? form : new URLSearchParams(form).toString()
    if (form !== undefined) headers.set('content-type', 'application/x-www-form-urlencoded')
    const response = await this.#site.send(
      new Request(this.#site.origin + path, { method, headers, redirect: 'manual', ...(text !== undefined && { body: text }) }),
    )
    this.jar.take(response)
    return { status: response.status, headers: response.headers, setCookie: response.headers.getSetCookie(), body: await response.text() }
  }
}

/** A visitor with a session in which `n` is 1, and its token as a page shows it. */
export async function arrived(site: Site): Promise<{ readonly visitor: Visitor; readonly token: string }> {
  const visitor = new Visitor(site)
  const token = (await visitor.get('/token')).body
  await visitor.get('/count')
  return { visitor, token }
}

/** What the store has for `n`, after a request that may not have come through. */
export async function countOf({ shop }: Site, { id }: Visitor): Promise<unknown> {
  return (await shop.peek(id))?.['n']
}

/** The statuses of POSTs of which none may change anything, and what `n` is afterwards. */
export async function refusals(site: Site, visitor: Visitor, attempts: readonly Sent[]): Promise<{ statuses: number[]; n: unknown }> {
  const statuses: number[] = []
  for (const sent of attempts) statuses.push((await visitor.post('/count', sent)).status)
  return { statuses, n: await countOf(site, visitor) }
}

function trusting({ trustProxy }: SiteOptions): { readonly trustProxy?: TrustProxy } {
  return trustProxy === undefined ? {} : { trustProxy }
}

async function served(listener: (...asked: Parameters<RequestListener>) => unknown): Promise<Built> {
  const server = createServer((req, res) => void listener(req, res)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the server does not listen')
  return { origin: `http://127.0.0.1:${address.port}`, send: (request) => fetch(request) }
}

async function formOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  const isForm = request.headers['content-type'] === 'application/x-www-form-urlencoded'
  return isForm ? parse(Buffer.concat(chunks).toString()) : undefined
}

function codeOf(error: unknown): string {
  return isSessionError(error) ? error.code : String(error)
}

function statusOf(error: unknown): number {
  return isSessionError(error) ? error.status : 500
}
