import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { csrf, logout, requireFresh, session } from '../../src/adapters/node.ts'
import { isSessionError } from '../../src/session/errors.ts'
import type { Session } from '../../src/session/session.ts'
import { formFields, isMultipart } from './form-fields.ts'
import { serveListener, transportSuite } from './suite.ts'
import type { House } from './suite.ts'

type Request = IncomingMessage & { body?: unknown; staff?: Session }
type Handler = (request: Request, response: ServerResponse) => unknown

async function readBody(request: Request): Promise<void> {
  const { 'content-type': type } = request.headers
  if (isMultipart(type)) {
    request.body = await formFields(request, type)
    return
  }
  let text = ''
  for await (const chunk of request) text += String(chunk)
  const isForm = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true
  request.body = isForm ? Object.fromEntries(new URLSearchParams(text)) : text
}

function answerError(error: unknown, response: ServerResponse): void {
  if (response.headersSent) return void response.destroy()
  response.statusCode = isSessionError(error) ? error.status : 500
  response.end('refused')
}

function routesOf(house: House): Readonly<Record<string, Handler>> {
  const text =
    (answer: (session: Session) => string | Promise<string>, status = 200): Handler =>
    async (request, response) => {
      const body = await answer(request.session)
      response.writeHead(status, { 'content-type': 'text/plain' }).end(body)
    }
  const stream =
    (chunks: (session: Session) => AsyncIterable<string>): Handler =>
    async (request, response) => {
      await house.count(request.session)
      const source = Readable.from(chunks(request.session))
      source.on('error', () => response.destroy())
      response.on('close', () => source.destroy())
      source.pipe(response)
    }
  const [fresh, out] = [requireFresh({ withinSeconds: 300 }), logout({ redirect: '/home' })]
  return {
    ...Object.fromEntries(house.texts.map(({ method, path, answer, status }) => [`${method.toUpperCase()} ${path}`, text(answer, status)])),
    'GET /form': text((visitor) => house.form(visitor)),
    'POST /login': async (request, response) => {
      await house.login(request.session)
      response.writeHead(302, { location: '/home' }).end()
    },
    'POST /logout': (request, response) => out(request, response, (error) => answerError(error, response)),
    'GET /loop': async (request, response) => response.end(await house.loop(request.session, request.headers.cookie)),
    // Plain `node:http` has no error that brings a status.
    'GET /refuse': text((visitor) => house.count(visitor), 404),
    'GET /stream': stream((visitor) => house.chunks(visitor)),
    'GET /broken-stream': stream(() => house.brokenChunks()),
    'GET /same': async (request, response) => {
      await house.count(request.session)
      const isSame = request.headers['if-none-match'] === '"same"'
      response.writeHead(isSame ? 304 : 200, { etag: '"same"' }).end(isSame ? undefined : 'same')
    },
    'GET /cookies': async (request, response) => {
      const body = await house.count(request.session)
      response.writeHead(200, { 'set-cookie': ['a=1', 'b=2'] }).end(body)
    },
    'GET /fresh': (request, response) =>
      fresh(request, response, (error) => (error === undefined ? response.end('fresh') : answerError(error, response))),
    'GET /exempt': ({ session: visitor }: Partial<Request>, response) => response.end(visitor === undefined ? 'none' : 'some'),
    'GET /both': (request, response) => response.end(request.staff && house.both(request.session, request.staff)),
  }
}

transportSuite('node:http', (house) => {
  const routes = routesOf(house)
  const onError = (error: unknown, _: unknown, response: Parameters<typeof withCsrf>[1]): void => {
    if ('writeProcessing' in response) answerError(error, response)
  }
  const withSession = session(house.sessions, { ...house.options, onError })
  const withStaff = house.staff === undefined ? undefined : session(house.staff, { as: 'staff', onError })
  const withCsrf = csrf()
  const route: Handler = (request, response) => {
    const method = request.method === 'HEAD' ? 'GET' : request.method
    const handler = routes[`${String(method)} ${String(request.url)}`]
    if (handler === undefined) return response.writeHead(404).end('Not Found')
    return handler(request, response)
  }
  return serveListener(async (request: Request, response) => {
    if (request.method === 'POST') await readBody(request)
    const guarded = (): unknown => {
      let answered: unknown
      withCsrf(request, response, (error) => {
        if (error === undefined) answered = route(request, response)
        else answerError(error, response)
      })
      return answered
    }
    withSession(request, response, () => (withStaff === undefined ? guarded() : withStaff(request, response, guarded)))
  })
})
