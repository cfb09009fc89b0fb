import formBody from '@fastify/formbody'
import fastify from 'fastify'
import { SessionManager } from 'holdfast'
import { csrf, csrfField, logout, session } from 'holdfast/fastify'
import { FileDriver } from 'holdfast/file'
import { compileFile } from 'pug'

declare module 'holdfast' {
  interface SessionData {
    name: string
    visits: number
  }
}

const sessions = new SessionManager({ driver: new FileDriver({ path: 'var/sessions' }), cookie: { secure: 'auto' } })
const home = compileFile('views/home.pug')

const app = fastify()
await app.register(formBody)
await app.register(session(sessions))
app.addHook('preValidation', csrf())

app.get('/', async ({ session: visitor }, reply) =>
  reply.type('text/html').send(
    home({
      visits: visitor.increment('visits'),
      name: visitor.get('name'),
      status: visitor.getFlash('status'),
      csrfField: csrfField(visitor),
    }),
  ),
)

const body = { type: 'object', required: ['name'], properties: { name: { type: 'string', minLength: 1 } } }
app.post<{ Body: { name: string } }>('/login', { schema: { body } }, async (request, reply) => {
  const { name } = request.body
  await request.session.regenerate({ destroy: true })
  request.session.setUserId(name)
  request.session.set('name', name)
  request.session.flash('status', `Welcome, ${name}.`)
  return reply.redirect('/', 303)
})

app.post('/logout', logout({ redirect: '/' }))

console.log(await app.listen({ host: '127.0.0.1', port: Number(process.env['PORT'] || 3000) }))
