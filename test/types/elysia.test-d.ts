import { Elysia } from 'elysia'
import { csrf, logout, ownPages, requireFresh, session } from '../../src/adapters/elysia.ts'
import type { SessionManager } from '../../src/manager/session-manager.ts'

interface Data {
  visits: number
}

declare const sessions: SessionManager<Data>
declare const staff: SessionManager<{ role: string }>

// A chain of plugins knows its sessions, by their names and with their data.
new Elysia()
  .use(session(sessions))
  .use(session(staff, { as: 'staff', concurrency: (request) => (request.method === 'GET' ? 'readonly' : 'exclusive') }))
  .use(csrf())
  .get('/', (context) => {
    const visits: number | undefined = context.session.get('visits')
    const role: string | undefined = context.staff.get('role')
    // @ts-expect-error no such key
    context.session.get('visit')
    // @ts-expect-error no such session
    void context.admin
    return { visits, role }
  })
  .post('/password', () => 'changed', { beforeHandle: [requireFresh(), ownPages()] })
  .post('/logout', logout())

// Without the plugin there is no session.
// @ts-expect-error no such property
new Elysia().get('/', ({ session: none }) => none)
// @ts-expect-error no such option
session(sessions, { onError: () => new Response() })
// @ts-expect-error no such mode
session(sessions, { concurrency: () => 'optimistic' })
// @ts-expect-error an address is a text
session(sessions, { clientAddress: () => 7 })
