import { EventEmitter } from 'node:events'
import { ServerResponse } from 'node:http'
import { types } from 'node:util'
import { watchDrain } from './drain.ts'
import { byteLength, swallowedEnd, swallowedFlushHeaders, swallowedWrite, swallowedWriteHead, tell } from './failing.ts'
import { freeze, headersSentError, markEnded, markNeedDrain, unfreeze } from './freeze.ts'
import { applyHead, checkStatusLine } from './head.ts'
import { giveHold, Hold, isHeld, kHold } from './hold-state.ts'
import type { HeldCall, HeldResponse, Participant } from './hold-state.ts'
import { guardSocket } from './late-destroy.ts'
import { checkContentLength, codedError } from './length.ts'
import { beginHead } from './releasing.ts'
import { isGone, isSource } from './response.ts'
import type { NodeResponse } from './response.ts'
import { abandon, abandonLater, endSessions } from './sessions-end.ts'

/**
 * Holds a response back until its sessions are stored. What begins it (`writeHead`, `write`, `end`, `flushHeaders`) is kept with all
 * that follows, and goes out, or is thrown away, when that is decided. The functions are shared: a request makes no closures.
 */
export function holdResponse(response: NodeResponse, participant: Participant): void {
  if (isHeld(response)) {
    response[kHold].innermost = participant
    return
  }
  const held = giveHold(response, new Hold(response, participant))
  held.writeHead = heldWriteHead
  held.write = heldWrite
  held.end = heldEnd
  held.flushHeaders = heldFlushHeaders
  if (held.flush !== undefined) held.flush = heldFlush
  watchDrain(held)
  held.on('pipe', onPipe)
  held.on('close', onClose)
  if (held.setTrailer !== undefined) held.setTrailer = heldSetTrailer
  if (isGone(held)) abandonLater(held)
}

/** Headers are set at once, so that what is wrong with them is thrown at the caller. It sends nothing and stores nothing. */
function heldWriteHead(this: HeldResponse, status: number, reason?: unknown, headers?: unknown): unknown {
  const hold = this[kHold]
  switch (hold.status) {
    case 'done':
      return hold.writeHead.call(this, status, reason, headers)
    case 'failed':
      return swallowedWriteHead.call(this)
    case 'open':
      applyHead(this, status, reason, headers)
      hold.keepStatus(this)
      hold.hasHead = true
      hold.status = 'frozen'
      freeze(this)
      return this
    default:
      throw headersSentError(this)
  }
}

function heldWrite(this: HeldResponse, chunk: unknown, encoding?: unknown, callback?: unknown): boolean {
  const hold = this[kHold]
  if (hold.status === 'done') return hold.write.call(this, chunk, encoding, callback)
  if (hold.status === 'failed') return swallowedWrite.call(this, chunk, encoding, callback)
  if (typeof encoding === 'function') return heldWrite.call(this, chunk, undefined, encoding)
  // Node refuses what is no chunk, before it does anything.
  if (!isChunk(chunk)) return hold.write.call(this, chunk, encoding, callback)
  if (hold.hasEnded) return writeAfterEnd(this, 'write', chunk, encoding, callback)
  const length = byteLength(chunk, encoding)
  checkContentLength(this, hold.bytes + length, false)
  if (hold.status !== 'waiting' && begin(this, hold)) return hold.write.call(this, chunk, encoding, callback)
  keep(hold, { method: 'write', chunk, encoding, callback })
  hold.bytes += length
  if (hold.bytes < this.writableHighWaterMark) return true
  if (!hold.isFull) markNeedDrain(this)
  hold.isFull = true
  return false
}

function heldEnd(this: HeldResponse, chunk?: unknown, encoding?: unknown, callback?: unknown): unknown {
  const hold = this[kHold]
  if (hold.status === 'done') return hold.end.call(this, chunk, encoding, callback)
  if (hold.status === 'failed') return swallowedEnd.call(this, chunk, encoding, callback)
  if (typeof chunk === 'function') return heldEnd.call(this, undefined, undefined, chunk)
  if (typeof encoding === 'function') return heldEnd.call(this, chunk, undefined, encoding)
  if (hold.hasEnded) {
    writeAfterEnd(this, 'end', chunk, encoding, callback)
    return this
  }
  if (!isLastChunk(this, chunk)) return hold.end.call(this, chunk, encoding, callback)
  checkContentLength(this, hold.bytes + byteLength(chunk, encoding), true)
  if (hold.status !== 'waiting' && begin(this, hold)) return hold.end.call(this, chunk, encoding, callback)
  keep(hold, { method: 'end', chunk, encoding, callback })
  hold.hasEnded = true
  const socket = this.stream === undefined ? hold.innermost.socket : undefined
  if (socket === undefined || isConnection(socket)) markEnded(this)
  if (socket !== undefined) guardSocket(socket)
  return this
}

function heldFlushHeaders(this: HeldResponse): void {
  const hold = this[kHold]
  if (hold.status === 'done') hold.flushHeaders.call(this)
  else if (hold.status === 'failed') swallowedFlushHeaders()
  else if (hold.status !== 'waiting' && begin(this, hold)) hold.flushHeaders.call(this)
  else if (!hold.hasEnded) keep(hold, { method: 'flushHeaders' })
}

// After the chunks that it is about, which are held back.
function heldFlush(this: HeldResponse): void {
  const hold = this[kHold]
  if (hold.status === 'waiting') keep(hold, { method: 'flush' })
  else hold.flush?.call(this)
}

/** The first byte was asked for. Answers whether it may go out at once. */
function begin(response: HeldResponse, hold: Hold): boolean {
  const wasFrozen = hold.status === 'frozen'
  if (wasFrozen) hold.restoreStatus(response)
  checkStatusLine(response)
  if (!wasFrozen) hold.keepStatus(response)
  hold.status = 'waiting'
  endSessions(response, hold)
  if (hold.pending > 0) {
    if (!wasFrozen) freeze(response)
    return false
  }
  if (wasFrozen) unfreeze(response)
  beginHead(response, hold)
  return true
}

function keep(hold: Hold, call: HeldCall): void {
  if (hold.calls === undefined) hold.calls = [call]
  else hold.calls.push(call)
}

function isChunk(chunk: unknown): boolean {
  return typeof chunk === 'string' || types.isUint8Array(chunk)
}

// HTTP/1.1 takes anything falsy for nothing.
function isLastChunk(response: HeldResponse, chunk: unknown): boolean {
  return chunk === undefined || chunk === null || isChunk(chunk) || (response.stream === undefined && !chunk)
}

// Asked without the layers in between, which have not seen the end yet.
function writeAfterEnd(response: HeldResponse, method: 'write' | 'end', chunk: unknown, encoding: unknown, callback: unknown): boolean {
  if (response.stream === undefined) {
    // Node sees the end in `finished`; it may stay set for no longer: see `markEnded`.
    response.finished = true
    Reflect.apply(ServerResponse.prototype[method], response, [chunk, encoding, callback])
    response.finished = false
  } else if (method === 'end') {
    tell(callback, undefined)
  } else {
    const error = codedError('ERR_STREAM_WRITE_AFTER_END', 'write after end')
    tell(callback, error)
    response.destroy(error)
  }
  return false
}

// What stands for one where a platform calls a function, as in @codegenie/serverless-express, takes an answer that has ended for one that is all there.
function isConnection(socket: object): boolean {
  return socket instanceof EventEmitter
}

function onPipe(this: HeldResponse, source: unknown): void {
  const hold = this[kHold]
  if (hold.status === 'done' || hold.status === 'failed' || !isSource(source)) return
  if (hold.sources === undefined) hold.sources = [source]
  else hold.sources.push(source)
  // Express and Fastify stop it then, before it has sent anything.
  if (isGone(this)) source.once('close', () => abandon(this, unsent()))
}

// What pipes has left the answer to its source, which says nothing to a response that is closed.
function onClose(this: HeldResponse): void {
  if (this[kHold].sources === undefined) abandonLater(this)
  else abandon(this, unsent())
}

/** Says that the answer is left to a web stream, which pipes nothing, and is stopped without a word where the response is closed. */
export function leaveToWebStream(response: NodeResponse): void {
  if (!isHeld(response)) return
  response[kHold].sources ??= []
  if (isGone(response)) abandon(response, unsent())
}

function unsent(): Error {
  return new Error('The connection ended before the first byte of the stream.')
}

// Node has no list of an HTTP/2 response's trailers, and no way to take one back.
function heldSetTrailer(this: HeldResponse, name: string, value: string): void {
  const hold = this[kHold]
  hold.setTrailer?.call(this, name, value)
  if (hold.status !== 'done') (hold.trailers ??= new Set()).add(name)
}
