import type { MiddlewareFunction } from 'react-router'
import type { SessionError } from '../../session/errors.ts'

/** What React Router hands a middleware: the request, the parameters, the context. */
export type MiddlewareArgs = Parameters<MiddlewareFunction<Response>>[0]

/** Answers an error of a session. */
export type OnError = (error: SessionError, args: MiddlewareArgs) => Response | Promise<Response>

const DATA = /\/_(?:root)?\.data$|\.data$/

/** The address of the page that a request is about: the data of `/cart` are asked for at `/cart.data`. */
export function urlOf({ request }: MiddlewareArgs): URL {
  const url = new URL(request.url)
  url.pathname = url.pathname.replace(DATA, (end) => (end.startsWith('/') ? '/' : ''))
  return url
}
