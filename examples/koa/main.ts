import { bodyParser } from '@koa/bodyparser'
import { SessionManager } from 'holdfast'
import { FileDriver } from 'holdfast/file'
import { csrf, csrfField, logout, session } from 'holdfast/koa'
import Koa from 'koa'
import nunjucks from 'nunjucks'

declare module 'holdfast' {
  interface SessionData {
    name: string
    visits: number
  }
}

const sessions = new SessionManager({ driver: new FileDriver({ path: 'var/sessions' }), cookie: { secure: 'auto' } })
const views = nunjucks.configure('views', { autoescape: true })

const routes: Readonly<Record<string, Koa.Middleware>> = {
  'GET /': (ctx) => {
    const { session: visitor } = ctx
    ctx.body = views.render('home.njk', {
      visits: visitor.increment('visits'),
      name: visitor.get('name'),
      status: visitor.getFlash('status'),
      csrfField: csrfField(visitor),
    })
  },

  'POST /login': async (ctx) => {
    const { name }: { name?: unknown } = ctx.request.body ?? {}
    if (typeof name !== 'string' || name === '') return ctx.throw(400)
    await ctx.session.regenerate({ destroy: true })
    ctx.session.setUserId(name)
    ctx.session.set('name', name)
    ctx.session.flash('status', `Welcome, ${name}.`)
    ctx.status = 303
    ctx.redirect('/')
  },

  'POST /logout': logout({ redirect: '/' }),
}

const app = new Koa()
app.use(bodyParser())
app.use(session(sessions))
app.use(csrf())
app.use((ctx, next) => routes[`${ctx.method} ${ctx.path}`]?.(ctx, next))

const port = Number(process.env['PORT'] || 3000)
app.listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port}`))
