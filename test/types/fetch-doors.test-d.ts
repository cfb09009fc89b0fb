import { H3 } from 'h3'
import { Hono } from 'hono'
import * as h3 from '../../src/adapters/h3.ts'
import { csrf, requireFresh, session } from '../../src/adapters/hono.ts'
import type { SessionVariables } from '../../src/adapters/hono.ts'
import { SessionServiceProvider } from '../../src/config/container.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'

interface Data {
  visits: number
}

declare const sessions: SessionManager<Data>
declare const staff: SessionManager<{ role: string }>

// A chain of middlewares knows its sessions, by their names and with their data.
new Hono()
  .use(session(sessions), csrf())
  .use(session(staff, { as: 'staff', concurrency: (c) => (c.req.method === 'GET' ? 'readonly' : 'exclusive') }))
  .get('/', requireFresh(), (c) => {
    const visits: number | undefined = c.var.session.get('visits')
    const role: string | undefined = c.get('staff').get('role')
    // @ts-expect-error no such key
    c.var.session.get('visit')
    // @ts-expect-error no such session
    void c.var.admin
    return c.json({ visits, role })
  })

// So does an application that was told.
const app = new Hono<{ Variables: SessionVariables<Data> & SessionVariables<{ role: string }, 'staff'> }>()
app.use(session(sessions), session(staff, { as: 'staff' }))
app.get('/', (c) => c.text(c.var.staff.get('role', 'nobody')))
// @ts-expect-error no such option
session(sessions, { onError: () => new Response() })
// @ts-expect-error no such mode
session(sessions, { concurrency: () => 'optimistic' })
// @ts-expect-error an address is a text
session(sessions, { clientAddress: () => 7 })

// The session is in h3's context.
const server = new H3().use(h3.session(sessions, { concurrency: ({ req }) => (req.method === 'GET' ? 'readonly' : 'merge') }))
server.get('/', ({ context }) => context.session.get('visits'))
// @ts-expect-error no such option
h3.session(sessions, { except: '/health' })

// The manager of a container is made of what the container gives.
void new SessionServiceProvider<Data>({
  manager: (parts) => new SessionManager<Data>(parts),
  session: (manager) => session(manager, { as: 'visitor' }),
})
// @ts-expect-error a manager of other data
void new SessionServiceProvider<Data>({ manager: () => staff })
// @ts-expect-error a driver is made, not handed over
void new SessionServiceProvider({ driver: {} })
