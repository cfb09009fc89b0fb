import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import { readSession as readFetch } from '../../src/adapters/fetch.ts'
import { readSession } from '../../src/adapters/node.ts'
import type { SessionManager } from '../../src/manager/session-manager.ts'
import type { SessionEnd } from '../../src/session/session-lifecycle.ts'

declare const typed: SessionManager<{ cart: { total: number } }>
declare const upgrade: IncomingMessage
declare const stream: Http2ServerRequest

// The data's types come along.
const total: number | undefined = (await readSession(typed, upgrade)).get('cart.total')
const same: number | undefined = (await readFetch(typed, new Request('https://app.example/'), { origin: 'https://app.example' })).get(
  'cart.total',
)
const visitor = await readSession(typed, stream, { trustProxy: 1, trustedOrigins: ['https://admin.example'] })
const end: SessionEnd = await visitor.watch({ everySeconds: 1, signal: AbortSignal.timeout(1) })
const reason: 'revoked' | 'expired' | 'stopped' = end.reason
void [total, same, reason]

// @ts-expect-error no such path
visitor.get('cart.sum')
// @ts-expect-error no such option
void visitor.watch({ seconds: 1 })
// @ts-expect-error the address of a node request is its socket's
void readSession(typed, upgrade, { clientAddress: () => '192.0.2.1' })
// @ts-expect-error a request of node:http has another door
void readFetch(typed, upgrade)
