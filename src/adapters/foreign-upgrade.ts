import { CSRF_REASONS, CsrfGuard } from '../http/csrf-guard.ts'
import type { CsrfRequest } from '../http/csrf-guard.ts'
import { checkCsrf, checkOrigins } from '../http/csrf-options.ts'
import type { CsrfOptions } from '../http/csrf-options.ts'
import type { OpenRequest, OpenSession } from '../manager/open-session.ts'
import { CsrfError } from '../session/errors.ts'

/** Which pages may open a connection. Both are as in `csrf()`. */
export type UpgradeOptions = Pick<CsrfOptions, 'origin' | 'trustedOrigins'>

type Upgrade = Pick<CsrfRequest, 'header'> & { readonly isUpgrade: boolean }

/**
 * Refuses an upgrade that another site's page asks for: no browser asks that page first, and it would send the visitor's cookie along. Who sends no `Origin` is no
 * browser. Other requests pass: what they are answered, another site's page cannot read.
 * @throws {CsrfError} for such an upgrade; `SessionError` with `ERR_SESSION_CONFIG` for an option that cannot work.
 * @see OWASP ASVS 4.4.2; RFC 6455, section 10.2.
 */
export function refuseForeignUpgrade(
  manager: { openNew(): Pick<OpenSession, 'refused'> },
  request: OpenRequest,
  { isUpgrade, header }: Upgrade,
  options: UpgradeOptions,
): void {
  const guard = new CsrfGuard({ ...checkCsrf({}), ...checkOrigins('readSession', options) })
  const decision = isUpgrade ? guard.checkOrigin({ host: request.host, isHttps: request.isHttps === true, header }) : undefined
  if (decision === undefined || decision.pass) return
  const error = new CsrfError(CSRF_REASONS[decision.reason].replaceAll('csrf.', 'readSession.'))
  manager.openNew().refused('csrf', error)
  throw error
}
