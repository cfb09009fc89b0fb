import type { Express, Request, Response } from 'express'
import { html } from '../html.ts'
import { sendPage, tokenField } from '../layout.ts'
import { field } from '../request.ts'
import { chosenStore } from '../store.ts'
import { contents, facts } from './facts.ts'

const LONGEST_NOTE = 80

/** The visit counter, a note that is shown once, and what the session holds. */
export function homePages(app: Express): void {
  app.get('/', showHome)
  app.post('/note', leaveNote)
}

function showHome(request: Request, response: Response): void {
  const { session } = request
  const visits = session.increment('visits')
  sendPage(request, response, {
    title: 'Home',
    main: html`
      <h1>You have opened this page <strong class="number" id="visits">${visits}</strong> ${visits === 1 ? 'time' : 'times'}.</h1>
      <p class="lead">
        The number is kept in your session, ${chosenStore().entry === 'file' ? 'a file on this server’s disk' : 'in the server’s store'}.
        Open the page in two tabs, restart the server, stop it in the middle of a request: the number is never wrong.
      </p>
      <pre><code>const visits = session.increment('visits')</code></pre>

      <h2>A message that is shown once</h2>
      <p>Leave yourself a note. It is flashed: the next page shows it, the page after that does not.</p>
      <form method="post" action="/note" class="row">
        ${tokenField(session)}
        <label for="note">Note</label>
        <input id="note" name="note" required maxlength="${LONGEST_NOTE}" autocomplete="off" />
        <button>Leave it</button>
      </form>
      <pre><code>session.flash('status', note)</code></pre>

      <h2>What your session holds</h2>
      ${facts(contents(session))}
    `,
  })
}

function leaveNote(request: Request, response: Response): void {
  const note = field(request, 'note').trim().slice(0, LONGEST_NOTE)
  if (note === '') request.session.flash('error', 'The note was empty.')
  else request.session.flash('status', note)
  response.redirect(303, '/')
}
