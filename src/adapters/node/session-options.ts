import { IncomingMessage } from 'node:http'
import type { ServerResponse } from 'node:http'
import type { Http2ServerResponse } from 'node:http2'
import { Socket } from 'node:net'
import { exceptMatcher } from '../../http/except.ts'
import { addressFinder } from '../../http/trust-proxy.ts'
import type { AddressSource, TrustProxy } from '../../http/trust-proxy.ts'
import { SessionError } from '../../session/errors.ts'
import { booleanOption, checkFunction, choiceOption, knownFields, shown } from '../../session/option-check.ts'
import type { Concurrency } from '../../session/session-state.ts'
import type { Door } from './hold-state.ts'
import type { NodeRequest } from './response.ts'

/** How requests get their sessions. `Request` is the framework's request. */
export interface SessionOptions<Request = NodeRequest> {
  /** Whether there are sessions at all. `false` lets every request pass: no session, no cookie. Default: `true`. */
  readonly enabled?: boolean | undefined
  /**
   * Paths that get no session, such as `/health`, or `/assets/` for what is below it; see `exceptMatcher`. Compared is the path that
   * the application was given. Default: none.
   */
  readonly except?: readonly (string | RegExp)[] | undefined
  /**
   * How a request meets others of the same session: a mode, or a function of the request that gives one (`undefined`: the
   * default). Default: the manager's; `readonly` for a WebSocket that comes by the middleware of requests.
   */
  readonly concurrency?: Concurrency | ((request: Request) => Concurrency | undefined) | undefined
  /** Which proxies are believed when they say where a request came from: see `TrustProxy`. Default: `false`, none. */
  readonly trustProxy?: TrustProxy | undefined
  /** Whether what a request set is stored although it is answered with a status of 500 or more. Default: `false`. */
  readonly saveOnError?: boolean | undefined
  /** The property of the request that has the session: for a second one, of another manager, beside the first. Default: `session`. */
  readonly as?: string | undefined
  /**
   * Answers a request whose session could not be opened or stored, instead of the framework's error handlers. In plain `node:http` it
   * is also given what the handler throws; without it, that takes the way that it takes without a session. Default: `next` gets the error if it takes one; else the answer is a bare 503 or 500.
   */
  readonly onError?: ((error: unknown, request: Request, response: ServerResponse | Http2ServerResponse) => void) | undefined
}

/** Options after the check: nothing is left open. */
export interface SessionSettings<Request> extends Omit<Door, 'manager' | 'goneMs' | 'options'> {
  readonly enabled: boolean
  readonly isExcepted: (path: string) => boolean
  readonly addressOf: (source: AddressSource) => string | undefined
  readonly concurrencyOf: (request: Request) => Concurrency | undefined
  readonly onError: SessionOptions<Request>['onError']
}

const FIELDS = ['enabled', 'except', 'concurrency', 'trustProxy', 'saveOnError', 'as', 'onError']
const MODES: readonly Concurrency[] = ['exclusive', 'merge', 'readonly']

/** @throws {SessionError} `ERR_SESSION_CONFIG`, naming the option. */
export function checkSessionOptions<Request>(options: SessionOptions<Request>): SessionSettings<Request> {
  knownFields('session', options, FIELDS)
  checkFunction('session.onError', options.onError)
  return {
    enabled: booleanOption('session.enabled', options.enabled, true),
    isExcepted: exceptMatcher(options.except ?? [], 'session.except'),
    addressOf: addressFinder('session.trustProxy', options.trustProxy),
    concurrencyOf: concurrencyFrom(options.concurrency),
    saveOnError: booleanOption('session.saveOnError', options.saveOnError, false),
    property: propertyFrom(options.as ?? 'session'),
    onError: options.onError,
  }
}

function concurrencyFrom<Request>(option: SessionOptions<Request>['concurrency']): (request: Request) => Concurrency | undefined {
  if (typeof option === 'function') return option
  const mode = option === undefined ? undefined : choiceOption('session.concurrency', option, 'exclusive', MODES)
  return () => mode
}

// A name that a request has already would be overwritten, for everybody who reads it.
function propertyFrom(name: unknown): string {
  const isFree = typeof name === 'string' && name !== '' && !(name in new IncomingMessage(new Socket()))
  if (!isFree)
    throw SessionError.config('session.as', `must be a name that a request does not have yet, such as 'adminSession', not ${shown(name)}.`)
  return name
}
