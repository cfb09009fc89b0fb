import { refuseForeignUpgrade } from '../foreign-upgrade.ts'
import type { UpgradeOptions } from '../foreign-upgrade.ts'
import type { TrustProxy } from '../../http/trust-proxy.ts'
import type { SessionManager } from '../../manager/session-manager.ts'
import { knownFields } from '../../session/option-check.ts'
import type { DefaultData } from '../../session/path-types.ts'
import type { Session } from '../../session/session.ts'
import { FetchOpenRequest, requestAddressFinder } from './open-request.ts'

/** How a session is read. */
export interface FetchReadOptions extends UpgradeOptions {
  /** The client's address, where the platform tells it beside the request. Default: not known. */
  readonly clientAddress?: ((request: Request) => string | undefined) | undefined
  /** Which proxies are believed when they say where a request came from: see `TrustProxy`. It needs `clientAddress`. Default: `false`, none. */
  readonly trustProxy?: TrustProxy | undefined
}

/**
 * Reads a request's session where `session()` is not: before an upgrade to a WebSocket. It takes no lock and waits for none, costs one read, and nothing at all
 * without a session cookie: then it is a new session (`isNew`). It takes no writes; `watch` tells of its end.
 *
 * An upgrade that another site's page asks for, by its `Origin`, is refused before anything is read, and told of by a `refused` event with the reason `csrf`.
 * @throws {CsrfError} `ERR_SESSION_CSRF` (403) for an upgrade of another site's page.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work; and as `SessionManager.start`.
 * @see OWASP ASVS 4.4.2.
 */
export async function readSession<Data extends object = DefaultData>(
  manager: SessionManager<Data>,
  request: Request,
  options: FetchReadOptions = {},
): Promise<Session<Data>> {
  knownFields('readSession', options, ['origin', 'trustedOrigins', 'clientAddress', 'trustProxy'])
  const ipAddress = requestAddressFinder('readSession', options)(request, request)
  const asked = new FetchOpenRequest(request, new URL(request.url), 'readonly', ipAddress)
  const header = (name: string): string | undefined => request.headers.get(name) ?? undefined
  refuseForeignUpgrade(manager, asked, { isUpgrade: request.headers.has('upgrade'), header }, options)
  return (await manager.open(asked)).session
}
