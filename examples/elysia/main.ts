import { Elysia } from 'elysia'
import { SessionManager, csrfField } from 'holdfast'
import { csrf, logout, session } from 'holdfast/elysia'
import { FileDriver } from 'holdfast/file'

interface Data {
  name: string
  visits: number
}

const sessions = new SessionManager<Data>({ driver: new FileDriver({ path: 'var/sessions' }), cookie: { secure: 'auto' } })

const app = new Elysia()
  .use(session(sessions))
  .use(csrf())
  .get('/', ({ session: visitor }) => {
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
  })
  .post('/login', async ({ body, redirect, session: visitor, status }) => {
    const name = typeof body === 'object' && body !== null && 'name' in body ? body.name : undefined
    if (typeof name !== 'string' || name === '') return status(400, 'Say who you are.')
    await visitor.regenerate({ destroy: true })
    visitor.setUserId(name)
    visitor.set('name', name)
    visitor.flash('status', `Welcome, ${name}.`)
    return redirect('/', 303)
  })
  .post('/logout', logout({ redirect: '/' }))

function page(body: string): Response {
  const html = `<!doctype html><html lang="en"><title>Holdfast in Elysia</title>${body}</html>`
  return new Response(html, { headers: { 'content-type': 'text/html; charset=utf-8' } })
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

app.listen({ hostname: '127.0.0.1', port: Number(process.env['PORT'] || 3000) }, ({ port }) => {
  console.log(`http://127.0.0.1:${String(port)}`)
})
