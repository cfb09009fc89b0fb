import { forbidsStoring } from '../../http/caching.ts'
import { errorResponseWords } from '../../http/failure.ts'
import { tellUnheard } from '../../http/unheard.ts'
import { asNodeResponse } from './response.ts'
import type { HeaderValue, NodeResponse } from './response.ts'
import { scratchResponse } from './freeze.ts'

// What may stand in a status line (RFC 9112, section 4: reason-phrase).
const REASON = /^[\t\x20-\x7e\x80-\xff]*$/

/**
 * Takes what `writeHead` was given as status and headers of the response, and sends nothing. What Node would refuse is refused with
 * Node's own error, at the caller.
 */
export function applyHead(response: NodeResponse, status: number, reason: unknown, headers: unknown): void {
  const isHttp2 = response.stream !== undefined
  const given = typeof reason === 'string' ? headers : (headers ?? reason)
  if (!isHttp2) refuseAsNode(status, typeof reason === 'string' ? reason : response.statusMessage, given)
  response.statusCode = isHttp2 ? status : Math.trunc(status)
  if (typeof reason === 'string') response.statusMessage = reason
  if (Array.isArray(given)) applyList(response, given)
  else if (typeof given === 'object' && given !== null)
    for (const [name, value] of Object.entries(given)) if (name !== '') response.setHeader(name, value)
}

/** Throws what Node would throw at the first byte for the status that was set, while nothing is stored or sent yet. */
export function checkStatusLine(response: NodeResponse): void {
  // HTTP/2 has no reason, warns when it is asked for, and checks the status when it is set.
  if (response.stream === undefined) refuseAsNode(response.statusCode, response.statusMessage, undefined)
}

function refuseAsNode(status: number, reason: string | undefined, headers: unknown): void {
  const isStatus = status >= 100 && status < 1000
  const isReason = reason === undefined || (typeof reason === 'string' && REASON.test(reason))
  const isList = !Array.isArray(headers) || headers.length % 2 === 0 || Array.isArray(headers[0])
  if (!isStatus || !isReason || !isList) asNodeResponse(scratchResponse()).writeHead(status, reason, headers)
}

// Names and values in turn, or pairs. What the list names replaces what was set; what it names twice is sent twice.
function applyList(response: NodeResponse, list: readonly unknown[]): void {
  const flat = Array.isArray(list[0]) ? list.flat(1) : list
  for (let at = 0; at < flat.length; at += 2) response.removeHeader(String(flat[at]))
  for (let at = 0; at < flat.length; at += 2) if (flat[at] !== '') response.appendHeader(String(flat[at]), flat[at + 1])
}

/** Headers as they were at one moment: names and values in turn. */
export type SavedHeaders = readonly HeaderValue[]

const NO_HEADERS: SavedHeaders = []

// What Express sets on every response: no need to read it out of each.
const EXPRESS_HEADERS: SavedHeaders = ['X-Powered-By', 'Express']

export function saveHeaders(response: NodeResponse): SavedHeaders {
  const lowerCased = response.getHeaderNames()
  if (lowerCased.length === 0) return NO_HEADERS
  if (lowerCased.length === 1 && response.getHeader('x-powered-by') === 'Express') return EXPRESS_HEADERS
  const names = response.getRawHeaderNames?.() ?? lowerCased
  const saved: HeaderValue[] = []
  for (const name of names) {
    const value = response.getHeader(name)
    // A list grows in place when a header is appended.
    if (value !== undefined) saved.push(name, Array.isArray(value) ? [...value] : value)
  }
  return saved
}

/** Makes the head what it was, or, but for the headers, what it is on every new response. */
export function restoreHead(response: NodeResponse, saved: SavedHeaders, sendDate: boolean): void {
  for (const name of response.getHeaderNames()) response.removeHeader(name)
  for (let at = 0; at < saved.length; at += 2) response.setHeader(String(saved[at]), saved[at + 1])
  response.statusCode = 200
  response.sendDate = sendDate
  if (response.stream !== undefined) return
  response.statusMessage = undefined
  // Node remembers which automatic headers were removed, and the length of a body that is lost now.
  response._contentLength = null
  response._removedContLen = false
  response._removedTE = false
  response._removedConnection = false
  response._trailer = ''
}

/** Adds the session's cookies, beside those of the application, and keeps caches from storing them. */
export function addCookies(response: NodeResponse, cookies: readonly string[]): void {
  for (const cookie of cookies) response.appendHeader('Set-Cookie', cookie)
  if (!forbidsStoring(String(response.getHeader('Cache-Control') ?? ''))) response.setHeader('Cache-Control', 'no-store')
}

/** Answers for an application that does not: status and reason, nothing of the cause, which is told of. */
export function answerError(response: NodeResponse, error: unknown): void {
  tellUnheard(error)
  const { status, headers, body } = errorResponseWords(error)
  response.statusCode = status
  for (const name of Object.keys(headers)) response.setHeader(name, headers[name])
  response.end(body)
}
