import { serve } from '@hono/node-server'
import { SessionManager, csrfField } from 'holdfast'
import { FileDriver } from 'holdfast/file'
import { csrf, logout, session } from 'holdfast/hono'
import type { SessionVariables } from 'holdfast/hono'
import { Hono } from 'hono'
import { html, raw } from 'hono/html'

interface Data {
  name: string
  visits: number
}

const sessions = new SessionManager<Data>({ driver: new FileDriver({ path: 'var/sessions' }), cookie: { secure: 'auto' } })

const app = new Hono<{ Variables: SessionVariables<Data> }>()
app.use(session(sessions), csrf())

app.get('/', (c) => {
  const { session: visitor } = c.var
  const [name, status, field] = [visitor.get('name'), visitor.getFlash('status'), raw(csrfField(visitor))]
  return c.html(
    html`<!doctype html>
      <html lang="en">
        <title>Holdfast in Hono</title>
        <h1>Visit ${visitor.increment('visits')}</h1>
        ${typeof status === 'string' && html`<p role="status">${status}</p>`}
        ${
          name === undefined
            ? html`<form method="post" action="/login">
                ${field}<label>Name <input name="name" required /></label> <button>Log in</button>
              </form>`
            : html`<p>You are ${name}.</p>
                <form method="post" action="/logout">${field}<button>Log out</button></form>`
        }
      </html>`,
  )
})

app.post('/login', async (c) => {
  const { name } = await c.req.parseBody()
  if (typeof name !== 'string' || name === '') return c.text('Say who you are.', 400)
  const { session: visitor } = c.var
  await visitor.regenerate({ destroy: true })
  visitor.setUserId(name)
  visitor.set('name', name)
  visitor.flash('status', `Welcome, ${name}.`)
  return c.redirect('/', 303)
})

app.post('/logout', logout({ redirect: '/' }))

serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(process.env['PORT'] || 3000) }, ({ port }) => {
  console.log(`http://127.0.0.1:${port}`)
})
