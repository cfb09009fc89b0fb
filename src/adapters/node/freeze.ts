import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { codedError } from './length.ts'
import { asNodeResponse } from './response.ts'
import type { Http2Stream, NodeResponse } from './response.ts'

const kFrozen: unique symbol = Symbol('frozen')

interface Freezable extends Http2Stream {
  [kFrozen]?: boolean
}

/**
 * Makes a response say that its headers are sent, and refuse others, although nothing was sent. Node then answers rightly by itself:
 * `headersSent`, `setHeader` and its kin, `writeInformation`, and libraries that look at `_header`.
 */
export function freeze(response: NodeResponse): void {
  if (response.stream !== undefined) freezeStream(response.stream)
  else if (HEADER_TEXT_FREEZES) response._header = '-'
  else freezeByProperties(response)
}

export function unfreeze(response: NodeResponse): void {
  if (response.stream !== undefined) thawStream(response.stream)
  else if (HEADER_TEXT_FREEZES) response._header = null
  else thawProperties(response)
}

/** Makes a fresh response that belongs to no connection: to ask Node what it would say to a call, without making it. */
export function scratchResponse(): ServerResponse {
  return new ServerResponse(new IncomingMessage(new Socket()))
}

function headerTextFreezes(): boolean {
  const response = scratchResponse()
  asNodeResponse(response)._header = '-'
  try {
    response.setHeader('x-probe', '')
    return false
  } catch {
    return response.headersSent
  }
}

const HEADER_TEXT_FREEZES = headerTextFreezes()

const frozenHeadersSent = {
  configurable: true,
  get(this: Freezable): unknown {
    return this[kFrozen] === true || Reflect.get(Object.getPrototypeOf(this), 'headersSent', this)
  },
}

function freezeStream(stream: Freezable): void {
  if (stream[kFrozen] === undefined) Object.defineProperty(stream, 'headersSent', frozenHeadersSent)
  stream[kFrozen] = true
}

function thawStream(stream: Freezable): void {
  stream[kFrozen] = false
}

const FROZEN_METHODS = ['setHeader', 'setHeaders', 'appendHeader', 'removeHeader', 'writeInformation']

/** The way for a runtime where `_header` freezes nothing. Exported for its test. */
export function freezeByProperties(response: NodeResponse): void {
  Object.defineProperty(response, 'headersSent', { value: true, configurable: true })
  for (const name of FROZEN_METHODS) Object.defineProperty(response, name, { value: refuseHeaders, configurable: true })
}

export function thawProperties(response: NodeResponse): void {
  for (const name of ['headersSent', ...FROZEN_METHODS]) Reflect.deleteProperty(response, name)
}

function refuseHeaders(this: NodeResponse): never {
  throw headersSentError(this)
}

/** Node's error for a head that comes too late. */
export function headersSentError(response: NodeResponse): Error {
  return response.stream === undefined
    ? codedError('ERR_HTTP_HEADERS_SENT', 'Cannot write headers after they are sent to the client')
    : codedError('ERR_HTTP2_HEADERS_SENT', 'Response has already been initiated.')
}

// A field of a class is defined on what its base class returns, past the getter of Node's prototype: four times as fast as
// `Object.defineProperty`, on a path that each changed session takes.
// oxlint-disable-next-line typescript/no-extraneous-class -- it exists for what its constructor returns
class Given {
  constructor(response: object) {
    return response
  }
}

class Ended extends Given {
  readonly writableEnded: boolean = true
}

class Finished extends Given {
  readonly finished: boolean = true
}

/** Makes a response say that it has ended. `finished` of HTTP/1.1 stays: `server.close()` destroys the connection of a finished response. */
export function markEnded(response: NodeResponse): void {
  void new Ended(response)
  if (response.stream !== undefined) void new Finished(response)
}

export function unmarkEnded(response: NodeResponse): void {
  Reflect.deleteProperty(response, 'writableEnded')
  if (response.stream !== undefined) Reflect.deleteProperty(response, 'finished')
}

/** Makes a response say that its writer should wait for `drain`. */
export function markNeedDrain(response: NodeResponse): void {
  Object.defineProperty(response, 'writableNeedDrain', { value: true, configurable: true })
}

/** A writer was told to wait only when much is held back: the cost of a deleted property does not matter then. */
export function unmarkNeedDrain(response: NodeResponse): void {
  Reflect.deleteProperty(response, 'writableNeedDrain')
}
