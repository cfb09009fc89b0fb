import type { ServerResponse } from 'node:http'
import type { Http2ServerResponse } from 'node:http2'
import { SessionError } from '../../session/errors.ts'
import { knownFields } from '../../session/option-check.ts'
import type { Concurrency } from '../../session/session-state.ts'
import { firstSession } from './hold-state.ts'
import type { OpenedSession } from './hold-state.ts'
import { asNodeResponse } from './response.ts'
import type { NodeRequest } from './response.ts'
import type { SessionOptions } from './session-options.ts'

/** How requests get their sessions, where a framework wraps the requests of Node in its own, and has its own way with errors. */
export interface FrameworkOptions<Own> extends Omit<SessionOptions, 'concurrency' | 'onError'> {
  /**
   * How a request meets others of the same session: a mode, or a function of the request that gives one (`undefined`: the default). Default: the manager's; `readonly` for
   * a WebSocket that comes the way of requests.
   */
  readonly concurrency?: Concurrency | ((request: Own) => Concurrency | undefined) | undefined
}

const FIELDS = ['enabled', 'except', 'concurrency', 'trustProxy', 'saveOnError', 'as']

/** Options as the middleware of Node takes them. */
export interface NodeOptions<Own> {
  readonly options: SessionOptions
  /** Says which request of the framework one of Node belongs to. */
  readonly meet: (request: NodeRequest, own: Own) => void
}

/**
 * Gives the options of the middleware of Node.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown.
 */
export function nodeOptions<Own>(framework: FrameworkOptions<Own>): NodeOptions<Own> {
  knownFields('session', framework, FIELDS)
  const { concurrency, ...options } = framework
  if (concurrency === undefined) return { options, meet: nobodyAsks }
  if (typeof concurrency !== 'function') return { options: { ...options, concurrency }, meet: nobodyAsks }
  const owns = new WeakMap<NodeRequest, { readonly own: Own }>()
  const concurrencyOf = (request: NodeRequest): Concurrency | undefined => {
    const met = owns.get(request)
    return met === undefined ? undefined : concurrency(met.own)
  }
  return { options: { ...options, concurrency: concurrencyOf }, meet: (request, own) => void owns.set(request, { own }) }
}

function nobodyAsks(): void {}

/**
 * Gives the session that was opened first for a response.
 * @throws {SessionError} `ERR_SESSION_CONFIG` when there is none, naming the layer that needs it.
 */
export function openedFor(response: ServerResponse | Http2ServerResponse, layer: string): OpenedSession {
  const open = firstSession(asNodeResponse(response))?.open
  if (open === undefined) throw SessionError.config(layer, 'there is no session in this request. Mount it behind session().')
  return open
}
