import { emitDrain } from './drain.ts'
import { unfreeze, unmarkEnded, unmarkNeedDrain } from './freeze.ts'
import { addCookies, answerError, restoreHead } from './head.ts'
import { kHold } from './hold-state.ts'
import type { HeldCall, HeldResponse, Hold, HoldFailure, Participant } from './hold-state.ts'
import { guardSocket, releaseSocket } from './late-destroy.ts'

/**
 * Throws away what was held back and makes the response what it was when the session was opened, so that another answer can go out.
 *
 * If the handler had ended the response, its application answers. If it is still writing, nothing tells its calls from those of an
 * error handler: then the answer is sent here, in one step, and what the handler still says is swallowed.
 */
export function fail(response: HeldResponse, hold: Hold, failure: HoldFailure, calls: readonly HeldCall[]): void {
  unfreeze(response)
  hold.status = 'failed'
  hold.failure = failure
  hold.calls = undefined
  hold.bytes = 0
  if (hold.isFull) unmarkNeedDrain(response)
  restoreMethods(response, hold)
  restoreHead(response, hold.headers, hold.sendDate)
  dropTrailers(response, hold)
  if (hold.cookies !== undefined) addCookies(response, hold.cookies)
  for (const call of calls) if ('callback' in call) tell(call.callback, failure.error)
  if (hold.hasEnded) {
    unmarkEnded(response)
    if (response.stream === undefined) releaseSocket(failure.by.socket, response)
    failure.by.answer(failure.error)
  } else answerWriter(response, hold, failure)
}

// This strips layers that were put around the response later, and that may think that it has ended.
function restoreMethods(response: HeldResponse, hold: Hold): void {
  response.writeHead = hold.writeHead
  response.write = hold.write
  response.end = hold.end
  response.flushHeaders = hold.flushHeaders
  if (response.on !== hold.on) response.on = hold.on
  if (response.removeListener !== hold.removeListener) response.removeListener = hold.removeListener
  if (response.off !== hold.off) response.off = hold.off
}

// HTTP/2 has no way to take a trailer back.
function dropTrailers(response: HeldResponse, hold: Hold): void {
  for (const name of hold.trailers ?? []) hold.setTrailer?.call(response, name, '')
}

function answerWriter(response: HeldResponse, hold: Hold, { error, by }: HoldFailure): void {
  // Before the answer finishes: a pipeline would take that for its own success, or wait for ever for what was swallowed.
  process.nextTick(tellWriter, response, error)
  for (const source of hold.sources ?? []) stopSource(response, source)
  spareUntilFinished(response, by)
  answerError(response, error)
  response.writeHead = swallowedWriteHead
  response.write = swallowedWrite
  response.end = swallowedEnd
  response.flushHeaders = swallowedFlushHeaders
}

function tellWriter(response: HeldResponse, error: unknown): void {
  // First: one that waits for nothing but this should not be made to throw.
  if (response[kHold].isFull) emitDrain(response)
  if (response.listenerCount('error') > 0) response.emit('error', error)
}

// Without an error: `send` and others would hand that to an error handler, which would meet an answer that is on its way.
function stopSource(response: HeldResponse, source: { unpipe(from: unknown): unknown; destroy(): unknown }): void {
  let wasPiped = false
  response.once('unpipe', () => {
    wasPiped = true
  })
  source.unpipe(response)
  if (wasPiped) source.destroy()
}

// A pipeline destroys the response when its source dies, and Express the socket when a handler throws late.
function spareUntilFinished(response: HeldResponse, { socket }: Participant): void {
  const { destroy } = response
  response.destroy = () => response
  if (response.stream === undefined) guardSocket(socket)
  response.once('finish', () => {
    response.destroy = destroy
    if (response.stream === undefined) releaseSocket(socket, response)
  })
}

export function swallowedWriteHead(this: HeldResponse): unknown {
  return this
}

export function swallowedFlushHeaders(): void {}

/**
 * Takes a chunk and loses it. After some of them it answers `false`, as for a client that is gone: a loop that writes until it is
 * told to wait must not run for ever.
 */
export function swallowedWrite(this: HeldResponse, chunk: unknown, encoding?: unknown, callback?: unknown): boolean {
  const hold = this[kHold]
  tell(typeof encoding === 'function' ? encoding : callback, hold.failure?.error)
  hold.bytes += byteLength(chunk, encoding)
  return hold.bytes < this.writableHighWaterMark
}

export function swallowedEnd(this: HeldResponse, chunk?: unknown, encoding?: unknown, callback?: unknown): unknown {
  for (const argument of [chunk, encoding, callback]) tell(argument, this[kHold].failure?.error)
  return this
}

export function tell(callback: unknown, error: unknown): void {
  if (typeof callback === 'function') process.nextTick(callback, error)
}

export function byteLength(chunk: unknown, encoding: unknown): number {
  if (typeof chunk === 'string')
    return Buffer.byteLength(chunk, typeof encoding === 'string' && Buffer.isEncoding(encoding) ? encoding : 'utf8')
  return chunk instanceof Uint8Array ? chunk.byteLength : 0
}
