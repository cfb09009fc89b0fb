import type { Express, NextFunction, Request, Response } from 'express'
import { isSessionError, requireFresh, type SessionManager, type SessionSummary } from '../holdfast.ts'
import { html, type Html } from '../html.ts'
import { sendPage, tokenField } from '../layout.ts'
import { field } from '../request.ts'

const FRESH_SECONDS = 15 * 60

/** Where the account is logged in, and how to end that from here. */
export function devicesPages(app: Express, sessions: SessionManager): void {
  // Whoever finds an open browser must not log its owner out everywhere else.
  app.use('/devices', onlyLoggedIn, requireFresh({ withinSeconds: FRESH_SECONDS }), askAgain)
  app.get('/devices', (request, response) => showDevices(request, response, sessions))
  app.post('/devices/end', (request, response) => endOne(request, response, sessions))
  app.post('/devices/end-others', (request, response) => endOthers(request, response, sessions))
}

function onlyLoggedIn({ session }: Request, response: Response, next: NextFunction): void {
  if (session.userId === undefined) response.redirect(303, '/login')
  else next()
}

function askAgain(error: unknown, { session }: Request, response: Response, next: NextFunction): void {
  if (!isSessionError(error) || error.code !== 'ERR_SESSION_NOT_FRESH') return next(error)
  session.flash('error', 'Log in once more: your last login is too long ago for this page.')
  response.redirect(303, '/login')
}

async function showDevices(request: Request, response: Response, sessions: SessionManager): Promise<void> {
  const { session } = request
  const { userId = '' } = session
  const list = await sessions.list({ userId, current: session })
  sendPage(request, response, {
    title: 'Your devices',
    main: html`
      <h1>Your devices</h1>
      <p class="lead">Everywhere that this account is logged in. What you end is gone at once, whatever it was doing.</p>
      ${list.sessions.map((each) => device(each, tokenField(session)))}
      <form method="post" action="/devices/end-others">${tokenField(session)}<button>Log out everywhere else</button></form>
      <pre><code>await sessions.list({ userId: session.userId, current: session })
await sessions.revoke(handle, { userId: session.userId })
await sessions.revokeOthers(session)</code></pre>
    `,
  })
}

function device({ handle, device: name, ipAddress, createdAt, lastSeenAt, isCurrent }: SessionSummary, token: Html): Html {
  return html`<form class="device" method="post" action="/devices/end">
    ${token}<input type="hidden" name="handle" value="${handle}" />
    <p>
      <strong>${name ?? 'An unknown device'}</strong>${isCurrent && html` <span class="kind">this one</span>`}<br />
      ${ipAddress ?? 'unknown address'}, since ${minute(createdAt)}, last seen ${minute(lastSeenAt)}
    </p>
    ${!isCurrent && html`<button class="quiet">Log out</button>`}
  </form>`
}

async function endOne(request: Request, response: Response, sessions: SessionManager): Promise<void> {
  const { session } = request
  const { userId = '' } = session
  const handle = field(request, 'handle')
  const wasThere = handle !== '' && (await sessions.revoke(handle, { userId }))
  session.flash('status', wasThere ? 'That device is logged out.' : 'That device was logged out already.')
  response.redirect(303, '/devices')
}

async function endOthers({ session }: Request, response: Response, sessions: SessionManager): Promise<void> {
  const ended = await sessions.revokeOthers(session)
  session.flash('status', ended === 1 ? 'One other device was logged out.' : `${ended} other devices were logged out.`)
  response.redirect(303, '/devices')
}

function minute(unixMs: number): string {
  return `${new Date(unixMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}
