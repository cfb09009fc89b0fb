import { addressFinder } from '../../http/trust-proxy.ts'
import type { TrustProxy } from '../../http/trust-proxy.ts'
import type { OpenRequest } from '../../manager/open-session.ts'
import { SessionError } from '../../session/errors.ts'
import { checkFunction } from '../../session/option-check.ts'
import type { Concurrency } from '../../session/session-state.ts'

/** Says where a request came from. */
export type RequestAddress<Given> = (request: Request, given: Given) => string | undefined

/** @throws {SessionError} `ERR_SESSION_CONFIG`, naming the option. */
export function requestAddressFinder<Given>(
  name: string,
  {
    clientAddress,
    trustProxy,
  }: { readonly clientAddress?: ((given: Given) => string | undefined) | undefined; readonly trustProxy?: TrustProxy | undefined },
): RequestAddress<Given> {
  const addressOf = addressFinder(`${name}.trustProxy`, trustProxy)
  if (clientAddress === undefined && (trustProxy ?? false) !== false) {
    throw SessionError.config(`${name}.trustProxy`, 'needs clientAddress, which says who the nearest proxy is.')
  }
  checkFunction(`${name}.clientAddress`, clientAddress)
  return (request, given) =>
    addressOf({ socketAddress: clientAddress?.(given), header: (header) => request.headers.get(header) ?? undefined })
}

/** What an adapter looks at of a request's URL. */
export type RequestUrl = Pick<URL, 'protocol' | 'host' | 'pathname'>

/** A request as a manager sees it. What is not asked for costs nothing: frameworks make URL, headers and signal when they are looked at. */
export class FetchOpenRequest implements OpenRequest {
  readonly concurrency: Concurrency | undefined
  readonly ipAddress: string | undefined
  readonly #request: Request
  readonly #url: RequestUrl

  constructor(request: Request, url: RequestUrl, concurrency: Concurrency | undefined, ipAddress: string | undefined) {
    this.#request = request
    this.#url = url
    this.concurrency = concurrency
    this.ipAddress = ipAddress
  }

  get cookieHeader(): string | undefined {
    return this.#request.headers.get('cookie') ?? undefined
  }

  get signal(): AbortSignal {
    return this.#request.signal
  }

  get userAgent(): string | undefined {
    return this.#request.headers.get('user-agent') ?? undefined
  }

  get isHttps(): boolean {
    return this.#url.protocol === 'https:'
  }

  get host(): string {
    return this.#url.host
  }
}
