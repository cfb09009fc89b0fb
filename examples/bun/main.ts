import { SessionManager, csrfField } from 'holdfast'
import type { Session } from 'holdfast'
import { csrf, logout, session } from 'holdfast/fetch'
import type { FetchHandler } from 'holdfast/fetch'
import { FileDriver } from 'holdfast/file'

interface Data {
  name: string
  visits: number
}

type Route = FetchHandler<{ readonly session: Session<Data> }>

const sessions = new SessionManager<Data>({ driver: new FileDriver({ path: 'var/sessions' }), cookie: { secure: 'auto' } })

const routes: Readonly<Record<string, Route>> = {
  'GET /': (_, { session: visitor }) => {
    const [name, status, field] = [visitor.get('name'), visitor.getFlash('status'), csrfField(visitor)]
    return page(`
      <h1>Visit ${visitor.increment('visits')}</h1>
      ${typeof status === 'string' ? `<p role="status">${escaped(status)}</p>` : ''}
      ${
        name === undefined
          ? `<form method="post" action="/login">
              ${field}<label>Name <input name="name" required></label> <button>Log in</button>
            </form>`
          : `<p>You are ${escaped(name)}.</p>
            <form method="post" action="/logout">${field}<button>Log out</button></form>`
      }`)
  },
  'POST /login': async (request, { session: visitor }) => {
    const name = (await request.formData()).get('name')
    if (typeof name !== 'string' || name === '') return new Response('Say who you are.', { status: 400 })
    await visitor.regenerate({ destroy: true })
    visitor.setUserId(name)
    visitor.set('name', name)
    visitor.flash('status', `Welcome, ${name}.`)
    return new Response(null, { status: 303, headers: { location: '/' } })
  },
  'POST /logout': logout({ redirect: '/' }),
}

const route: Route = (request, context) => {
  const found = routes[`${request.method} ${new URL(request.url).pathname}`]
  return found === undefined ? new Response('Not Found', { status: 404 }) : found(request, context)
}

function page(body: string): Response {
  const html = `<!doctype html><html lang="en"><title>Holdfast in Bun</title>${body}</html>`
  return new Response(html, { headers: { 'content-type': 'text/html; charset=utf-8' } })
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

const port = Number(process.env['PORT'] || 3000)
console.log(`http://127.0.0.1:${port}`)

// Bun serves what a program exports so.
export default { hostname: '127.0.0.1', port, fetch: session(sessions)(csrf()(route)) }
