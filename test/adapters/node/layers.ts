import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { createGzip } from 'node:zlib'
import type { Gzip, ZlibOptions } from 'node:zlib'

type Next = () => void
type Middleware = (req: IncomingMessage, res: ServerResponse, next: Next) => void
type AnyMethod = (...args: unknown[]) => unknown

function methodOf(res: ServerResponse, name: string): AnyMethod {
  const method: unknown = Reflect.get(res, name)
  if (typeof method !== 'function') throw new TypeError(`a response has no ${name}`)
  return (...args) => Reflect.apply(method, res, args)
}

/** Stands for `on-headers`: calls the listener once, when the head is about to be written. */
export function onHeaders(res: ServerResponse, listener: () => void): void {
  const writeHead = methodOf(res, 'writeHead')
  let isTold = false
  Reflect.set(res, 'writeHead', (status: number, ...rest: unknown[]) => {
    const headers = rest.find((argument): argument is OutgoingHttpHeaders => typeof argument === 'object' && argument !== null)
    if (!isTold) {
      isTold = true
      res.statusCode = status
      for (const [name, value] of Object.entries(headers ?? {})) if (value !== undefined) res.setHeader(name, value)
      listener()
    }
    return writeHead(res.statusCode)
  })
}

/**
 * Stands for `compression`, and does to a response what that does: it replaces `write`, `end` and `on`, begins the head by itself
 * (`_header`, `_implicitHeader`), takes the `drain` listeners for its zlib stream, and thinks that the response has ended when its own `end` was called.
 */
export function compression(options: ZlibOptions = {}): Middleware {
  return (_, res, next) => {
    const [write, end, on, implicitHeader] = [
      methodOf(res, 'write'),
      methodOf(res, 'end'),
      methodOf(res, 'on'),
      methodOf(res, '_implicitHeader'),
    ]
    let waiting: ((...args: unknown[]) => void)[] | undefined = []
    let gzip: Gzip | undefined
    let hasEnded = false
    const begin = (): void => {
      if (!Reflect.get(res, '_header')) implicitHeader()
    }
    Reflect.set(res, 'write', (chunk: string | Buffer, encoding?: unknown) => {
      if (hasEnded) return false
      begin()
      return gzip === undefined ? write(chunk, encoding) : gzip.write(Buffer.from(chunk))
    })
    Reflect.set(res, 'flush', () => gzip?.flush())
    Reflect.set(res, 'end', (chunk?: string | Buffer, encoding?: unknown) => {
      if (hasEnded) return false
      begin()
      if (gzip === undefined) return end(chunk, encoding)
      hasEnded = true
      return chunk === undefined || chunk === null ? gzip.end() : gzip.end(Buffer.from(chunk))
    })
    Reflect.set(res, 'on', (event: string, listener: (...args: unknown[]) => void) => {
      if (event !== 'drain' || waiting === undefined) on(event, listener)
      else if (gzip !== undefined) gzip.on('drain', listener)
      else waiting.push(listener)
      return res
    })
    onHeaders(res, () => {
      const listeners = waiting ?? []
      if (res.getHeader('Content-Type') === 'image/png') {
        waiting = undefined
        for (const listener of listeners) on('drain', listener)
        return
      }
      const zlib = createGzip(options)
      gzip = zlib
      for (const listener of listeners) zlib.on('drain', listener)
      res.setHeader('Content-Encoding', 'gzip')
      res.removeHeader('Content-Length')
      zlib.on('data', (chunk) => {
        if (write(chunk) === false) zlib.pause()
      })
      zlib.on('end', () => end())
      on('drain', () => zlib.resume())
    })
    next()
  }
}
