import type { Express, Request, Response } from 'express'
import { ACCOUNT, isAccount } from '../account.ts'
import { html } from '../html.ts'
import { sendBarePage, sendPage, tokenField } from '../layout.ts'
import { field } from '../request.ts'

/** Login and logout. */
export function accountPages(app: Express): void {
  app.get('/login', showLogin)
  app.post('/login', logIn)
  app.post('/logout', logOut)
  app.get('/goodbye', showGoodbye)
}

function showLogin(request: Request, response: Response): void {
  const { session } = request
  sendPage(request, response, {
    title: 'Log in',
    main: html`
      <h1>Log in</h1>
      <p class="lead">
        There is one account: <strong><code>${ACCOUNT.login}</code></strong> with the password
        <strong><code>${ACCOUNT.password}</code></strong
        >. Try a wrong one too.
      </p>
      <form method="post" action="/login" class="stack">
        ${tokenField(session)}
        <label for="login">Name</label>
        <input id="login" name="login" required autocomplete="username" autocapitalize="none" spellcheck="false" />
        <label for="password">Password</label>
        <input id="password" name="password" type="password" required autocomplete="current-password" />
        <button>Log in</button>
      </form>
      <p>
        A login moves the session to a new id, so that an id that somebody planted or saw before is worth nothing afterwards. What you
        collected stays: put something into the <a href="/basket">basket</a> first.
      </p>
      <pre><code>await session.regenerate({ destroy: true })
session.setUserId(${ACCOUNT.id})
session.markAuthenticated()</code></pre>
    `,
  })
}

async function logIn(request: Request, response: Response): Promise<void> {
  const { session } = request
  if (!(await isAccount(field(request, 'login'), field(request, 'password')))) {
    session.flash('error', 'That name and password do not belong together.')
    response.redirect(303, '/login')
    return
  }
  await session.regenerate({ destroy: true })
  session.setUserId(ACCOUNT.id)
  session.markAuthenticated()
  session.set('user', { profile: { name: ACCOUNT.name }, loggedInAt: new Date() })
  session.flash('status', `Welcome back, ${ACCOUNT.name}.`)
  response.redirect(303, '/')
}

// By POST alone: a link or an image on another page could log a visitor out otherwise.
async function logOut(request: Request, response: Response): Promise<void> {
  await request.session.destroy()
  response.redirect(303, '/goodbye')
}

function showGoodbye(request: Request, response: Response): void {
  sendBarePage(request, response, {
    title: 'Logged out',
    main: html`
      <h1>You are logged out.</h1>
      <p class="lead">
        The session is gone from the store, and the cookie from your browser. No request that was still under way can bring it back.
      </p>
      <p>This page keeps nothing: it made no session, and sent no cookie.</p>
      <p><a href="/">Begin a new session</a></p>
    `,
  })
}
