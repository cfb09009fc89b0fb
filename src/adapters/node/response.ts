import type { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'

/** A request of `node:http`, or of the compatibility API of HTTP/2. */
export type NodeRequest = IncomingMessage | Http2ServerRequest
export type WriteHead = (status: number, reason?: unknown, headers?: unknown) => unknown
export type Write = (chunk: unknown, encoding?: unknown, callback?: unknown) => boolean
export type End = (chunk?: unknown, encoding?: unknown, callback?: unknown) => unknown
export type FlushHeaders = () => void
export type Listener = (...args: unknown[]) => void
export type UseListener = (event: string | symbol, listener: Listener) => unknown
export type HeaderValue = number | string | string[]

/** A stream that is piped into a response. */
export interface Source {
  unpipe(destination: unknown): unknown
  destroy(): unknown
  once(event: 'close', listener: () => void): unknown
}

/** What stands behind a response of HTTP/2. */
export interface Http2Stream {
  readonly closed: boolean
  readonly destroyed: boolean
}

/**
 * What the hold uses of a response, alike for HTTP/1.1 and the HTTP/2 compatibility API. The methods that begin a response and those
 * that take listeners are plain properties here: middleware replaces them.
 */
export interface NodeResponse extends Omit<EventEmitter, 'on' | 'off' | 'removeListener'> {
  on: UseListener
  off: UseListener
  removeListener: UseListener
  writeHead: WriteHead
  write: Write
  end: End
  flushHeaders: FlushHeaders
  /** Of a layer that compresses, around this one: sends what it has so far. */
  flush?: FlushHeaders
  destroy: (error?: Error) => unknown
  statusCode: number
  /** Reading it warns on HTTP/2. */
  statusMessage: string | undefined
  sendDate: boolean
  readonly headersSent: boolean
  readonly writableHighWaterMark: number
  readonly writableFinished: boolean
  getHeader(name: string): HeaderValue | undefined
  getHeaderNames(): string[]
  setHeader(name: string, value: unknown): unknown
  appendHeader(name: string, value: unknown): unknown
  removeHeader(name: string): void
  /** HTTP/1.1 only: the names as they were spelt. */
  getRawHeaderNames?(): string[]
  /** HTTP/2 only. */
  readonly stream?: Http2Stream
  setTrailer?: (name: string, value: string) => void
  // HTTP/1.1 only from here on. Those with an underline are Node's own, the same for a decade; freeze.ts checks at import that the one
  // which carries weight still does.
  readonly destroyed?: boolean
  finished?: boolean
  strictContentLength?: boolean
  _header?: string | null
  _hasBody?: boolean
  _contentLength?: number | null
  _removedContLen?: boolean
  _removedTE?: boolean
  _removedConnection?: boolean
  _trailer?: string
}

export function isSource(value: unknown): value is Source {
  return typeof value === 'object' && value !== null && 'unpipe' in value && 'destroy' in value
}

/** The response as the hold sees it: the types of `node:http` and `node:http2` have no words for replaced methods and inner fields. */
export function asNodeResponse(response: ServerResponse | Http2ServerResponse): NodeResponse
export function asNodeResponse(response: object): object {
  return response
}

/** An object whose type has no words for what `as` names. `Reflect` takes several times as long. */
export function propertiesOf(object: object): Record<string, unknown>
export function propertiesOf(object: object): object {
  return object
}

/** What tells that a client has hung up. */
export interface Connection {
  on(event: 'close', listener: () => void): unknown
  removeListener(event: 'close', listener: () => void): unknown
  readonly destroyed?: boolean
  readonly stream?: Http2Stream
}

/** Whether the client is gone, or the response is over. */
export function isGone({ stream, destroyed }: Connection): boolean {
  return stream === undefined ? destroyed === true : stream.closed || stream.destroyed
}
