import { CSRF_REASONS, csrfGuard } from '../../http/csrf-guard.ts'
import type { CsrfOptions } from '../../http/csrf-options.ts'
import type { OpenSession } from '../../manager/open-session.ts'
import { CsrfError } from '../../session/errors.ts'

/** Looks at a request that asks for a WebSocket. */
export type UpgradeCheck = (request: Request, url: URL, open: OpenSession<object>) => void

/**
 * Makes what refuses an upgrade that another site's page asks for: that is a GET, no browser asks its server first, and it would send the visitor's cookie along.
 * @see OWASP ASVS 4.4.2; RFC 6455, section 10.2.
 */
export function upgradeCheck(options: CsrfOptions): UpgradeCheck {
  const guard = csrfGuard(options)
  return (request, { pathname, host, protocol }, open) => {
    if (!request.headers.has('upgrade') || guard.settings.isExcepted(pathname)) return
    const header = (name: string): string | undefined => request.headers.get(name) ?? undefined
    const decision = guard.checkOrigin({ host, isHttps: protocol === 'https:', header })
    if (decision === undefined || decision.pass) return
    const error = new CsrfError(CSRF_REASONS[decision.reason], guard.settings.status)
    open.refused('csrf', error)
    if (!decision.reportOnly) throw error
  }
}
