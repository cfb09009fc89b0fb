import { cookies } from 'next/headers.js'
import { after } from 'next/server.js'
import type { TrustProxy } from '../../http/trust-proxy.ts'
import type { OpenRequest } from '../../manager/open-session.ts'
import type { SessionManager } from '../../manager/session-manager.ts'
import { knownFields } from '../../session/option-check.ts'
import { isObject } from '../../session/plain.ts'
import type { DefaultData } from '../../session/path-types.ts'
import { requestAddressFinder } from '../fetch/open-request.ts'
import { askedHere } from './asked.ts'
import { Reading } from './reading.ts'
import type { ReadonlySession } from './reading.ts'

/** How a session is read. */
export interface NextReadOptions {
  /** The client's address, where the platform tells it in a header. The request has a head only. Default: not known. */
  readonly clientAddress?: ((request: Request) => string | undefined) | undefined
  /** Which proxies are believed when they say where a request came from: see `TrustProxy`. It needs `clientAddress`. Default: `false`, none. */
  readonly trustProxy?: TrustProxy | undefined
}

/**
 * Reads the visitor's session in a server component, however many of a page ask for it: one read, no lock, and nothing at all without a session cookie: then it
 * is a new session (`isNew`). It takes no writes, since a server component cannot send a cookie.
 *
 * When the page has gone out, flash messages that it asked for are taken out of the session. Its use is not recorded: let the proxy open the session for that.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work; and as `SessionManager.start`.
 */
export async function readSession<Data extends object = DefaultData>(
  manager: SessionManager<Data>,
  options: NextReadOptions = {},
): Promise<ReadonlySession<Data>> {
  knownFields('readSession', options, ['clientAddress', 'trustProxy'])
  const addressOf = requestAddressFinder('readSession', options)
  const request = await askedHere(manager.name)
  return await readOnce(manager, headOf(request, addressOf(request, request)), await cookies())
}

/** A session that was read for a page already. */
interface Read<Data extends object> {
  readonly manager: SessionManager<Data>
  readonly asked: string
  readonly view: Promise<ReadonlySession<Data>>
}

// What a manager looks at, as data, so that two components that ask the same can be told.
function headOf(request: Request, ipAddress: string | undefined): OpenRequest {
  const url = new URL(request.url)
  return {
    cookieHeader: request.headers.get('cookie') ?? undefined,
    ipAddress,
    userAgent: request.headers.get('user-agent') ?? undefined,
    isHttps: url.protocol === 'https:',
    host: url.host,
  }
}

// What Next gives as the cookies is one thing for all components of a page, and another when an action has changed them. React's `cache` would tell pages
// apart as well, but only for code that Next has bundled.
const allReads = new WeakMap<object, unknown[]>()

function readOnce<Data extends object>(manager: SessionManager<Data>, request: OpenRequest, page: object): Promise<ReadonlySession<Data>> {
  const reads = allReads.get(page) ?? []
  allReads.set(page, reads)
  const asked = JSON.stringify(request)
  const known = reads.find((one) => isRead(one, manager, asked))
  if (known !== undefined) return known.view
  const view = read(manager, request)
  reads.push({ manager, asked, view } satisfies Read<Data>)
  return view
}

// What was asked is compared too, so that nobody gets what was read for another, whatever Next makes of its cookies some day.
function isRead<Data extends object>(one: unknown, manager: SessionManager<Data>, asked: string): one is Read<Data> {
  return isObject(one) && 'manager' in one && one.manager === manager && 'asked' in one && one.asked === asked
}

async function read<Data extends object>(manager: SessionManager<Data>, request: OpenRequest): Promise<ReadonlySession<Data>> {
  const { session } = await manager.open({ ...request, concurrency: 'readonly' })
  const reading = new Reading(manager, session)
  after(() => reading.finish())
  return reading.view
}
