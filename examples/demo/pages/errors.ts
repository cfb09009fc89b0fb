import type { Express, NextFunction, Request, Response } from 'express'
import { isSessionError } from '../holdfast.ts'
import { html, type Html } from '../html.ts'
import { sendBarePage } from '../layout.ts'

interface Explanation {
  readonly title: string
  readonly text: Html
}

const FORGED: Explanation = {
  title: 'Refused',
  text: html`
    <p class="lead">This form did not prove that it came from a page of this site, so nothing was changed.</p>
    <p>
      That is how a page elsewhere is kept from acting in your name. If you sent it yourself, the page was open for too long or you logged
      in meanwhile: go back, load it again, and send it again.
    </p>
  `,
}

const UNAVAILABLE: Explanation = {
  title: 'Try again in a moment',
  text: html`
    <p class="lead">Your session could not be opened or stored just now. Nothing of this request was kept, and nothing was lost.</p>
    <p>
      Either the store cannot be reached, or other requests of yours kept the session locked for too long. A session that cannot be read is
      never taken for an empty one, which is why you see this page and not one that has forgotten you.
    </p>
  `,
}

const BROKEN: Explanation = {
  title: 'Something went wrong',
  text: html`<p class="lead">This request failed, and nothing that it set was stored. The server’s output says why.</p>`,
}

const MISSING: Explanation = {
  title: 'There is no such page',
  text: html`<p class="lead">The <a href="/">first page</a> leads to all the others.</p>`,
}

const UNUSABLE: Explanation = { title: 'Not understood', text: html`<p class="lead">The server could not use this request.</p>` }

/** The pages for whatever no other page answers. To be called last. */
export function errorPages(app: Express): void {
  app.use((request: Request, response: Response) => explain(request, response, 404, MISSING))
  app.use((error: unknown, request: Request, response: Response, next: NextFunction) => {
    const status = statusOf(error)
    if (status >= 500) console.error(`${request.method} ${request.path}: ${error instanceof Error ? error.message : String(error)}`)
    if (response.headersSent) return next(error)
    if (status === 503) response.set('Retry-After', '2')
    explain(request, response, status, explanationOf(error, status))
  })
}

function explain(request: Request, response: Response, status: number, { title, text }: Explanation): void {
  sendBarePage(request, response.status(status), {
    title,
    main: html`<h1>${title}</h1>
      ${text}`,
  })
}

function statusOf(error: unknown): number {
  const status: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'status') : undefined
  return typeof status === 'number' && status >= 400 && status < 600 ? status : 500
}

function explanationOf(error: unknown, status: number): Explanation {
  if (isSessionError(error) && error.code === 'ERR_SESSION_CSRF') return FORGED
  if (status === 503) return UNAVAILABLE
  return status < 500 ? UNUSABLE : BROKEN
}
