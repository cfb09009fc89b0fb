import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Committed, OpenRequest } from '../manager/open-session.ts'
import { knownFields } from '../session/option-check.ts'
import { CookieJar } from './cookie-jar.ts'

/**
 * What a test client can talk to: a fetch handler, an object with one, an Express application, or a server of `node:http`, such as
 * `createServer(app.callback())` of Koa and `app.server` of a Fastify that is ready.
 */
export type TestApp =
  | ((request: Request) => Response | Promise<Response>)
  | { fetch(request: Request): Response | Promise<Response> }
  | { listen(port: number, host: string): unknown; (request: IncomingMessage, response: ServerResponse): unknown }
  | Server

/** What a client needs of a manager, whatever the data of its sessions is. */
export interface TestSessions {
  open(request: OpenRequest): TestOpenSession | Promise<TestOpenSession>
}

/** What a client needs of a session. */
export interface TestOpenSession {
  readonly session: {
    readonly currentToken: string | undefined
    regenerate(options: { readonly destroy: boolean }): Promise<void>
    setUserId(userId: string | number): void
  }
  commit(): Committed | Promise<Committed>
}

/** What a client knows of the application beside its address. */
export interface TestClientOptions {
  /** The application's manager: lets the client log in, and send the CSRF token by itself. */
  readonly sessions?: TestSessions | undefined
}

/** What a test sends beside the path. */
export interface TestRequest {
  /** Sent urlencoded. */
  readonly form?: Readonly<Record<string, string>> | undefined
  /** Sent as JSON. */
  readonly json?: unknown
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** False sends no CSRF token and no `Origin`, as a forged request would. Default: true. */
  readonly csrf?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

const FETCH_ORIGIN = 'https://test.example'

/** A browser for tests: it keeps cookies, proves its origin, and follows no redirect. */
export class TestClient {
  readonly jar: CookieJar = new CookieJar()
  readonly #app: TestApp
  readonly #sessions: TestClientOptions['sessions']
  #server: Server | undefined
  #origin: Promise<string> | undefined

  constructor(app: TestApp, options: TestClientOptions = {}) {
    if (!isTestApp(app)) throw new TypeError(`testClient takes ${ACCEPTED}`)
    knownFields('testClient', options, ['sessions'])
    this.#app = app
    this.#sessions = options.sessions
  }

  get(path: string, request: TestRequest = {}): Promise<Response> {
    return this.request('GET', path, request)
  }

  post(path: string, request: TestRequest = {}): Promise<Response> {
    return this.request('POST', path, request)
  }

  /** Sends a request. To any method but GET, HEAD and OPTIONS it adds `Origin` and, where `sessions` was given, the CSRF token. */
  async request(method: string, path: string, request: TestRequest = {}): Promise<Response> {
    // A `body` that is sent to nobody would be looked for at length.
    knownFields('request', request, ['form', 'json', 'headers', 'csrf', 'signal'])
    const origin = await (this.#origin ??= this.#start())
    const headers = new Headers(request.headers)
    const cookies = this.jar.header(path.split('?', 1)[0] ?? '/')
    if (cookies !== undefined && !headers.has('cookie')) headers.set('cookie', cookies)
    if (request.csrf !== false && !/^(?:GET|HEAD|OPTIONS)$/i.test(method)) await this.#prove(headers, origin)
    const response = await this.#send(
      new Request(new URL(path, origin), { method, headers, redirect: 'manual', ...bodyOf(request, headers), ...signalOf(request) }),
    )
    this.jar.take(response)
    return response
  }

  /**
   * Logs a user in, as an application does: a new id, and the session is that user's.
   * @throws {TypeError} when the client was made without `sessions`.
   */
  async login(userId: string | number): Promise<void> {
    const sessions = this.#sessions
    if (sessions === undefined) throw new TypeError('login needs the manager: testClient(app, { sessions })')
    const origin = await (this.#origin ??= this.#start())
    const open = await sessions.open({ cookieHeader: this.jar.header('/'), isHttps: origin.startsWith('https:') })
    await open.session.regenerate({ destroy: true })
    open.session.setUserId(userId)
    const { setCookie, otherCookies = [] } = await open.commit()
    for (const line of [setCookie, ...otherCookies]) {
      if (line !== undefined) this.jar.take(new Response(null, { headers: { 'set-cookie': line } }))
    }
  }

  /** Stops the server that it has started, if any. */
  async close(): Promise<void> {
    const server = this.#server
    if (server === undefined) return
    this.#server = undefined
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #prove(headers: Headers, origin: string): Promise<void> {
    if (!headers.has('origin')) headers.set('origin', origin)
    if (this.#sessions === undefined || headers.has('x-csrf-token')) return
    const isHttps = origin.startsWith('https:')
    const open = await this.#sessions.open({ cookieHeader: headers.get('cookie') ?? undefined, concurrency: 'readonly', isHttps })
    const token = open.session.currentToken
    await open.commit()
    if (token !== undefined) headers.set('x-csrf-token', token)
  }

  async #start(): Promise<string> {
    const app = this.#app
    // Elysia has both.
    if ('fetch' in app || !('listen' in app)) return FETCH_ORIGIN
    const server = typeof app === 'function' ? createServer((request, response) => void app(request, response)) : app
    if (!server.listening) {
      this.#server = server
      await listening(server)
    }
    const address = server.address()
    if (address === null || typeof address === 'string') throw new TypeError('the server listens on no port')
    return `http://127.0.0.1:${address.port}`
  }

  async #send(request: Request): Promise<Response> {
    const app = this.#app
    if ('fetch' in app) return app.fetch(request)
    return 'listen' in app ? fetch(request) : app(request)
  }
}

/**
 * Makes a browser for tests of an application. It is given back by `await client.close()` or `await using`.
 * @throws {TypeError} for what it cannot talk to; `SessionError` with `ERR_SESSION_CONFIG` for an option that is unknown, as each request for a field that is.
 */
export function testClient(app: TestApp, options: TestClientOptions = {}): TestClient {
  return new TestClient(app, options)
}

function listening(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', () => {
      server.off('error', reject)
      resolve()
    })
  })
}

const ACCEPTED =
  'a fetch handler, an object with one, an Express application, or a server of node:http: createServer(app.callback()) of Koa, app.server of a Fastify that is ready.'

function isTestApp(app: unknown): boolean {
  if (typeof app === 'function') return true
  const has = (method: string): boolean => typeof Reflect.get(Object(app), method) === 'function'
  return has('fetch') || (has('listen') && has('address'))
}

function bodyOf(request: TestRequest, headers: Headers): { body?: string } {
  if (request.form !== undefined) {
    headers.set('content-type', 'application/x-www-form-urlencoded')
    return { body: new URLSearchParams(request.form).toString() }
  }
  if (request.json === undefined) return {}
  headers.set('content-type', 'application/json')
  return { body: JSON.stringify(request.json) }
}

function signalOf(request: TestRequest): { signal?: AbortSignal } {
  return request.signal === undefined ? {} : { signal: request.signal }
}
