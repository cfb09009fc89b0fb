import express from 'express'
import { SessionManager } from 'holdfast'
import { csrf, logout, session } from 'holdfast/express'
import { FileDriver } from 'holdfast/file'

declare module 'holdfast' {
  interface SessionData {
    name: string
    visits: number
  }
}

const sessions = new SessionManager({ driver: new FileDriver({ path: 'var/sessions' }), cookie: { secure: 'auto' } })

const app = express()
app.set('view engine', 'ejs')
app.use(express.urlencoded())
app.use(session(sessions), csrf())

app.get('/', (req, res) => {
  // The view calls csrfField() and flash(), which stand in res.locals.
  res.render('home', { visits: req.session.increment('visits'), name: req.session.get('name') })
})

app.post('/login', async (req, res) => {
  const { name } = req.body
  if (typeof name !== 'string' || name === '') {
    res.sendStatus(400)
    return
  }
  await req.session.regenerate({ destroy: true })
  req.session.setUserId(name)
  req.session.set('name', name)
  req.session.flash('status', `Welcome, ${name}.`)
  res.redirect(303, '/')
})

app.post('/logout', logout({ redirect: '/' }))

const port = Number(process.env['PORT'] || 3000)
app.listen(port, '127.0.0.1', (error) => {
  // Express 5 calls it also where the port is taken.
  if (error !== undefined) throw error
  console.log(`http://127.0.0.1:${port}`)
})
