// Middleware is a function of the request, the response and what comes next: `steps` calls one after the other.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import handlebars from 'handlebars'
import { SessionManager, isSessionError } from 'holdfast'
import { FileDriver } from 'holdfast/file'
import { csrf, csrfField, logout, session } from 'holdfast/node'

declare module 'holdfast' {
  interface SessionData {
    name: string
    visits: number
  }
}

type Request = IncomingMessage & { body?: Record<string, string> }
type Step = (req: Request, res: ServerResponse, next: (error?: unknown) => void) => unknown

const sessions = new SessionManager({ driver: new FileDriver({ path: 'var/sessions' }), cookie: { secure: 'auto' } })
const home = handlebars.compile(readFileSync('views/home.hbs', 'utf8'))

const steps: readonly Step[] = [
  async (req, _res, next) => {
    const isForm = req.headers['content-type'] === 'application/x-www-form-urlencoded'
    if (isForm) req.body = Object.fromEntries(new URLSearchParams(await text(req)))
    next()
  },
  session(sessions),
  csrf(),
  async (req, res, next) => {
    const route = routes[`${req.method} ${req.url}`]
    if (route === undefined) res.writeHead(404).end('Not found.')
    else await route(req, res, next)
  },
]

const routes: Readonly<Record<string, Step>> = {
  'GET /': ({ session: visitor }, res) => {
    const page = home({
      visits: visitor.increment('visits'),
      name: visitor.get('name'),
      status: visitor.getFlash('status'),
      csrfField: csrfField(visitor),
    })
    res.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page)
  },

  'POST /login': async (req, res) => {
    const name = req.body?.['name'] ?? ''
    if (name === '') return res.writeHead(400).end('Say who you are.')
    await req.session.regenerate({ destroy: true })
    req.session.setUserId(name)
    req.session.set('name', name)
    req.session.flash('status', `Welcome, ${name}.`)
    return res.writeHead(303, { location: '/' }).end()
  },

  'POST /logout': logout({ redirect: '/' }),
}

async function serve(req: Request, res: ServerResponse, at = 0): Promise<void> {
  const fail = (error: unknown): void => {
    if (res.headersSent) res.destroy()
    else res.writeHead(isSessionError(error) ? error.status : 500).end('That did not work.')
  }
  try {
    await steps[at]?.(req, res, (error) => (error === undefined ? void serve(req, res, at + 1) : fail(error)))
  } catch (error) {
    fail(error)
  }
}

const port = Number(process.env['PORT'] || 3000)
createServer((req, res) => void serve(req, res)).listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port}`))
