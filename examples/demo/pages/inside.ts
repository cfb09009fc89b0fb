import type { Express, Request, Response } from 'express'
import type { Session, SessionDriver, StoredRecord, StoreKey } from '../holdfast.ts'
import { html, type Html } from '../html.ts'
import { sendPage } from '../layout.ts'
import { storeKeyOf } from '../request.ts'
import type { Store } from '../store.ts'
import { contents, facts, MASK } from './facts.ts'

/** What is in the cookie, in the session and in the store, without its secrets. */
export function insidePages(app: Express, driver: SessionDriver, store: Store): void {
  app.get('/inside', (request, response) => showInside(request, response, driver, store))
}

async function showInside(request: Request, response: Response, driver: SessionDriver, store: Store): Promise<void> {
  const { session } = request
  const key = storeKeyOf(session)
  const found = await driver.read(key)
  const record = found?.kind === 'record' ? found.record : undefined
  sendPage(request, response, {
    title: 'Inside',
    main: html`
      <h1>Inside your session</h1>
      <p class="lead">What the browser holds, what the server sees, and what lies in the store. Secrets are masked on this page.</p>

      <h2>In your browser</h2>
      ${facts([[session.name, `${MASK} (the id: 160 random bits; scripts cannot read it)`]])}

      <h2>In this request</h2>
      ${facts([...contents(session), ['userId', session.userId ?? 'nobody']])}

      <h2>In the store</h2>
      ${record === undefined ? notStored() : stored(session, record, store, key)}
    `,
  })
}

function notStored(): Html {
  return html`<p class="empty">Nothing yet: this session was not worth keeping until now. Open <a href="/">another page</a> first.</p>`
}

function stored(session: Session, record: StoredRecord, store: Store, key: StoreKey): Html {
  return html`
    <p>
      The ${store.entry} is named by the SHA-256 of the id: who reads the store gets nobody’s cookie. It holds what the request before this
      one stored.
    </p>
    ${facts([
      [store.entry, store.nameOf(key)],
      ['handle', record.handle],
      ['user', record.userId ?? 'nobody'],
      ['began', moment(record.createdAt)],
      ['id changed', moment(record.regeneratedAt)],
      ['last used', moment(record.lastActivity)],
      ['ends', moment(record.expiresAt)],
      ['payload', masked(session, record.payload)],
      ['flash', record.flash],
    ])}
  `
}

function masked(session: Session, text: string): string {
  const token = session.currentToken
  return token === undefined ? text : text.replaceAll(token, MASK)
}

function moment(unixMs: number | undefined): Html | string {
  if (unixMs === undefined) return 'never'
  const text = new Date(unixMs).toISOString()
  return html`<time datetime="${text}">${text.slice(0, 19).replace('T', ' ')} UTC</time>`
}
