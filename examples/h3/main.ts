import { Eta } from 'eta'
import { H3, HTTPError, redirect, serve } from 'h3'
import { SessionManager, csrfField } from 'holdfast'
import { FileDriver } from 'holdfast/file'
import { csrf, logout, session } from 'holdfast/h3'

declare module 'holdfast' {
  interface SessionData {
    name: string
    visits: number
  }
}

const sessions = new SessionManager({ driver: new FileDriver({ path: 'var/sessions' }), cookie: { secure: 'auto' } })
const views = new Eta({ views: 'views' })

const app = new H3()
app.use(session(sessions))
app.use(csrf())

app.get('/', ({ context: { session: visitor }, res }) => {
  res.headers.set('content-type', 'text/html; charset=utf-8')
  return views.render('home', {
    visits: visitor.increment('visits'),
    name: visitor.get('name'),
    status: visitor.getFlash('status'),
    csrfField: csrfField(visitor),
  })
})

app.post('/login', async ({ req, context: { session: visitor } }) => {
  const name = (await req.formData()).get('name')
  if (typeof name !== 'string' || name === '') throw new HTTPError({ status: 400, message: 'Say who you are.' })
  await visitor.regenerate({ destroy: true })
  visitor.setUserId(name)
  visitor.set('name', name)
  visitor.flash('status', `Welcome, ${name}.`)
  return redirect('/', 303)
})

app.post('/logout', logout({ redirect: '/' }))

const port = Number(process.env['PORT'] || 3000)
await serve(app, { hostname: '127.0.0.1', port, silent: true }).ready()
console.log(`http://127.0.0.1:${port}`)
