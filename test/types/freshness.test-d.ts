import express from 'express'
import { csrf, requireFresh as expressRequireFresh, session as expressSession } from '../../src/adapters/express.ts'
import { requireFresh as fetchRequireFresh, session as fetchSession } from '../../src/adapters/fetch.ts'
import { requireFresh, session } from '../../src/adapters/node.ts'
import type { LockingDriver } from '../../src/contracts/driver.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import type { Session } from '../../src/session/session.ts'

declare const driver: LockingDriver
declare const sessions: SessionManager
declare const open: Session

// What a session says of its login.
open.markAuthenticated()
open.markAuthenticated({ level: 2 })
const isFresh: boolean = open.isFresh({ withinSeconds: 900 }) && open.isFresh({ withinSeconds: 900, level: 2 })
const at: number | undefined = open.authenticatedAt
const level: number = open.level
void [isFresh, at, level]
// @ts-expect-error a level is a number
open.markAuthenticated({ level: '2' })
// @ts-expect-error a level is handed over in an object
open.markAuthenticated(2)
// @ts-expect-error how fresh must be said
open.isFresh({ level: 2 })
// @ts-expect-error only markAuthenticated raises it
open.level = 2
// @ts-expect-error only markAuthenticated moves it
open.authenticatedAt = 0

// Each door has the guard.
const app = express()
app.use(expressSession(sessions, { trustProxy: ['10.0.0.0/8'] }), csrf(), expressRequireFresh())
app.post('/password', expressRequireFresh({ withinSeconds: 60, level: 2 }), (_req, res) => void res.send('changed'))
app.use(session(sessions, { trustProxy: { proxies: 1, header: 'forwarded' } }), requireFresh())
const handler = fetchSession(sessions, { trustProxy: 1, clientAddress: () => '192.0.2.1' })(
  fetchRequireFresh({ level: 2 })((_request, context: { readonly session: Session }) => new Response(context.session.userId)),
)
const response: Promise<Response> = handler(new Request('https://test.example/'))
void response
// @ts-expect-error no such option
fetchRequireFresh({ seconds: 5 })
// @ts-expect-error a level is a number
requireFresh({ level: 'high' })
// @ts-expect-error proxies are counted or named
session(sessions, { trustProxy: true })
// @ts-expect-error no such header
session(sessions, { trustProxy: { proxies: 1, header: 'x-real-ip' } })

// Options of the manager, and their values, are checked.
const lifetime = { preset: 'aal2', rotateEverySeconds: 900 } as const
void new SessionManager({ driver, lifetime, onReuse: 'revoke', binding: { ipAddress: 'reject', userAgent: 'rotate', ipv4Bits: 24 } })
// @ts-expect-error no such preset
void new SessionManager({ driver, lifetime: { preset: 'aal4' } })
// @ts-expect-error no such policy
void new SessionManager({ driver, onReuse: 'end' })
// @ts-expect-error no such action
void new SessionManager({ driver, binding: { ipAddress: 'log' } })
// @ts-expect-error no such field
void new SessionManager({ driver, binding: { address: 'report' } })

// What is told is typed by its kind.
sessions.on('revoked', ({ reason, removed }) => {
  const count: number = removed
  void count
  // @ts-expect-error no such reason
  if (reason === 'weather') throw new Error('never')
})
sessions.on('refused', ({ reason }) => reason === 'not-fresh' || reason === 'binding')
