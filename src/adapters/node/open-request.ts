import type { AddressSource } from '../../http/trust-proxy.ts'
import type { OpenRequest } from '../../manager/open-session.ts'
import type { Concurrency } from '../../session/session-state.ts'
import { isGone } from './response.ts'
import type { Connection, NodeRequest } from './response.ts'

/** A request as a manager sees it. What is not asked for costs nothing. */
export class NodeOpenRequest implements OpenRequest, AddressSource {
  readonly concurrency: Concurrency | undefined
  readonly #request: NodeRequest
  readonly #connection: Connection
  readonly #socket: NodeRequest['socket']
  readonly #addressOf: (source: AddressSource) => string | undefined
  #hangUp: AbortController | undefined
  #onClose: (() => void) | undefined

  /** @param connection The response, or what stands for it where there is none. */
  constructor(
    request: NodeRequest,
    connection: Connection,
    concurrency: Concurrency | undefined,
    addressOf: (source: AddressSource) => string | undefined,
  ) {
    this.#request = request
    this.#connection = connection
    this.#socket = request.socket
    this.concurrency = concurrency
    this.#addressOf = addressOf
  }

  get cookieHeader(): string | undefined {
    return this.#request.headers.cookie
  }

  /** Aborts when the client hangs up, until `settled` is called. */
  get signal(): AbortSignal {
    return (this.#hangUp ??= this.#watch()).signal
  }

  get isAborted(): boolean {
    return this.#hangUp?.signal.aborted ?? isGone(this.#connection)
  }

  get ipAddress(): string | undefined {
    return this.#addressOf(this)
  }

  get socketAddress(): string | undefined {
    return this.#socket.remoteAddress
  }

  header(name: string): string | undefined {
    const value = this.#request.headers[name]
    return typeof value === 'string' ? value : value?.join()
  }

  get userAgent(): string | undefined {
    return this.#request.headers['user-agent']
  }

  get isHttps(): boolean {
    return isHttps({ socket: this.#socket })
  }

  get host(): string | undefined {
    return hostOf(this.#request)
  }

  /** The session is open, or will not be: nothing waits any more. */
  settled(): void {
    if (this.#onClose !== undefined) this.#connection.removeListener('close', this.#onClose)
  }

  #watch(): AbortController {
    const hangUp = new AbortController()
    this.#onClose = () => hangUp.abort(new Error('The client hung up.'))
    if (isGone(this.#connection)) this.#onClose()
    else this.#connection.on('close', this.#onClose)
    return hangUp
  }
}

export function isHttps({ socket }: Pick<NodeRequest, 'socket'>): boolean {
  return 'encrypted' in socket && socket.encrypted
}

export function hostOf({ headers }: NodeRequest): string | undefined {
  const authority = headers[':authority']
  return typeof authority === 'string' ? authority : headers.host
}

/** The path and query that the application was given, before any router took a part of it. */
export function urlOf(request: NodeRequest & { readonly originalUrl?: unknown }): string {
  return typeof request.originalUrl === 'string' ? request.originalUrl : (request.url ?? '/')
}
