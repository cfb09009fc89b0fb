import { addressFinder } from '../../http/trust-proxy.ts'
import type { TrustProxy } from '../../http/trust-proxy.ts'
import type { OpenRequest } from '../../manager/open-session.ts'
import { SessionError } from '../../session/errors.ts'
import { checkFunction } from '../../session/option-check.ts'

/** Says where a request came from. */
export type RequestAddress<Given> = (request: Request, given: Given) => string | undefined

/** @throws {SessionError} `ERR_SESSION_CONFIG`, naming the option. */
export function requestAddressFinder<Given>(
  name: string,
  { clientAddress, trustProxy }: { readonly clientAddress?: (given: Given) => string | undefined; readonly trustProxy?: TrustProxy },
): RequestAddress<Given> {
  const addressOf = addressFinder(`${name}.trustProxy`, trustProxy)
  if (clientAddress === undefined && (trustProxy ?? false) !== false) {
    throw SessionError.config(`${name}.trustProxy`, 'needs clientAddress, which says who the nearest proxy is.')
  }
  checkFunction(`${name}.clientAddress`, clientAddress)
  return (request, given) =>
    addressOf({ socketAddress: clientAddress?.(given), header: (header) => request.headers.get(header) ?? undefined })
}

/** A request as a manager sees it. */
export function openRequestOf(request: Request, url: URL, ipAddress: string | undefined): OpenRequest {
  return {
    cookieHeader: request.headers.get('cookie') ?? undefined,
    ipAddress,
    userAgent: request.headers.get('user-agent') ?? undefined,
    isHttps: url.protocol === 'https:',
    host: url.host,
  }
}
