import cluster from 'node:cluster'
import type { Request, Response } from 'express'
import { csrfField, csrfMeta, type Session } from './holdfast.ts'
import { html, raw, type Html } from './html.ts'
import { chosenStore } from './store.ts'

/** One page, but for what all pages share. */
export interface Page {
  readonly title: string
  readonly main: Html
  /** A script of `public/`. It finds the CSRF token in a meta tag. */
  readonly script?: string
}

/** Which of the server processes this is. */
export const serverId: number = cluster.worker?.id ?? 1

const LINKS = [
  ['/', 'Home'],
  ['/basket', 'Basket'],
  ['/two-tabs', 'Two tabs'],
  ['/inside', 'Inside'],
] as const

/** Answers with a page of the visitor's. */
export function sendPage(request: Request, response: Response, page: Page): void {
  send(response, document(page, request.path, request.session))
}

/** Answers with a page that asks no session for anything: for when there is none, or none that can be trusted to work. */
export function sendBarePage(request: Request, response: Response, page: Page): void {
  send(response, document(page, request.path, undefined))
}

/** The hidden field that every form of the demo carries. */
export function tokenField(session: Session): Html {
  return raw(csrfField(session))
}

// Nobody but this visitor is to see it, and nobody by the back button after a logout.
function send(response: Response, page: Html): void {
  response.set('Cache-Control', 'no-store').send(page.text)
}

function document({ title, main, script }: Page, path: string, session: Session | undefined): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <meta name="color-scheme" content="light dark" />
        ${script !== undefined && session !== undefined && raw(csrfMeta(session))}
        <title>${title} · Holdfast</title>
        <link rel="icon" href="/icon.svg" />
        <link rel="stylesheet" href="/style.css" />
        <link rel="stylesheet" href="/parts.css" />
        ${script !== undefined && html`<script type="module" src="${script}"></script>`}
      </head>
      <body>
        <a class="skip" href="#main">To the content</a>
        <header>
          <a class="brand" href="/"><img src="/icon.svg" alt="" width="28" height="28" />Holdfast</a>
          <nav aria-label="Pages">
            ${LINKS.map(([href, name]) => html`<a href="${href}" ${href === path && raw(' aria-current="page"')}>${name}</a>`)}
          </nav>
          ${session !== undefined && visitor(session, path)}
        </header>
        <main id="main">${session !== undefined && notices(session)} ${main}</main>
        <footer>
          Answered by server process ${serverId} (pid ${process.pid}). Both processes share the sessions in
          <code>${chosenStore().place}</code>.
        </footer>
      </body>
    </html>`
}

function visitor(session: Session, path: string): Html {
  const name = session.get('user.profile.name')
  if (name === undefined) {
    return html`<div class="visitor"><a href="/login" ${path === '/login' && raw(' aria-current="page"')}>Log in</a></div>`
  }
  return html`<form class="visitor" method="post" action="/logout">
    ${tokenField(session)}<a href="/devices" ${path === '/devices' && raw(' aria-current="page"')}>${name}</a
    ><button class="quiet">Log out</button>
  </form>`
}

// What an earlier request flashed. It is here for this one request, and gone with the next.
function notices(session: Session): Html {
  const [status, error] = [session.getFlash('status'), session.getFlash('error')]
  return html`${typeof status === 'string' && html`<p class="notice" role="status">${status}</p>`}
  ${typeof error === 'string' && html`<p class="notice error" role="alert">${error}</p>`}`
}
