import express from 'express'
import { SessionManager } from 'holdfast'
import { csrf, session } from 'holdfast/express'
import { FileDriver } from 'holdfast/file'
import { passportSession } from 'holdfast/passport'
import passport from 'passport'
import { Strategy } from 'passport-local'

declare module 'holdfast' {
  interface SessionData {
    visits: number
  }
}

declare global {
  namespace Express {
    interface User {
      readonly id: string
    }
  }
}

// Whoever says a name is let in: here stands the check of the password.
passport.use(new Strategy({ usernameField: 'name', passwordField: 'name' }, (name, _password, done) => done(null, { id: name })))
passport.serializeUser((user, done) => done(null, user.id))
passport.deserializeUser((id, done) => done(null, typeof id === 'string' && { id }))

const sessions = new SessionManager({ driver: new FileDriver({ path: 'var/sessions' }), cookie: { secure: 'auto' } })

const app = express()
app.set('view engine', 'ejs')
app.use(express.urlencoded())
app.use(session(sessions), csrf())
app.use(passportSession(), passport.session())

app.get('/', (req, res) => {
  // The view calls csrfField() and flash(), which stand in res.locals.
  res.render('home', { visits: req.session.increment('visits'), name: req.user?.id })
})

app.post('/login', passport.authenticate('local', { keepSessionInfo: true }), (req, res) => {
  // The session has a new id, and is the user's.
  req.session.flash('status', `Welcome, ${req.user?.id}.`)
  res.redirect(303, '/')
})

app.post('/logout', (req, res, next) => {
  req.logout((error) => (error === undefined ? res.redirect(303, '/') : next(error)))
})

const port = Number(process.env['PORT'] || 3000)
app.listen(port, '127.0.0.1', (error) => {
  // Express 5 calls it also where the port is taken.
  if (error !== undefined) throw error
  console.log(`http://127.0.0.1:${port}`)
})
