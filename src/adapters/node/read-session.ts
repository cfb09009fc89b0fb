import { addressFinder } from '../../http/trust-proxy.ts'
import type { TrustProxy } from '../../http/trust-proxy.ts'
import type { SessionManager } from '../../manager/session-manager.ts'
import { knownFields } from '../../session/option-check.ts'
import type { DefaultData } from '../../session/path-types.ts'
import type { Session } from '../../session/session.ts'
import { refuseForeignUpgrade } from '../foreign-upgrade.ts'
import type { UpgradeOptions } from '../foreign-upgrade.ts'
import { NodeOpenRequest } from './open-request.ts'
import type { Connection, NodeRequest } from './response.ts'

/** How a session is read. */
export interface ReadOptions extends UpgradeOptions {
  /** Which proxies are believed when they say where a request came from: see `TrustProxy`. Default: `false`, none. */
  readonly trustProxy?: TrustProxy | undefined
}

// Nothing waits here, and what a socket was opened with may be gone while the socket stays: socket.io goes over many connections.
const STAYS: Connection = { on: () => undefined, removeListener: () => undefined }

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
  request: NodeRequest,
  options: ReadOptions = {},
): Promise<Session<Data>> {
  knownFields('readSession', options, ['origin', 'trustedOrigins', 'trustProxy'])
  const asked = new NodeOpenRequest(request, STAYS, 'readonly', addressFinder('readSession.trustProxy', options.trustProxy))
  const { headers } = request
  // HTTP/2 has no header for it, but a pseudo-header (RFC 8441).
  const isUpgrade = headers.upgrade !== undefined || headers[':protocol'] !== undefined
  refuseForeignUpgrade(manager, asked, { isUpgrade, header: (name) => headers[name] }, options)
  return (await manager.open(asked)).session
}
