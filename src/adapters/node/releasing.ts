import { emitDrain } from './drain.ts'
import { fail, tell } from './failing.ts'
import { unfreeze, unmarkNeedDrain } from './freeze.ts'
import { addCookies } from './head.ts'
import type { HeldCall, HeldResponse, Hold } from './hold-state.ts'
import { releaseSocket } from './late-destroy.ts'

/** Lets out what was held back, in one turn and in order, now that the sessions are stored. */
export function release(response: HeldResponse, hold: Hold): void {
  const calls = hold.calls ?? []
  unfreeze(response)
  hold.restoreStatus(response)
  if (hold.isFull) unmarkNeedDrain(response)
  hold.calls = undefined
  let isReady = true
  let next = 0
  try {
    beginHead(response, hold)
    for (; next < calls.length; next++) isReady = replay(response, hold, calls[next], isReady)
  } catch (error) {
    failReplay(response, hold, error, calls.slice(next))
    return
  }
  if (hold.isFull && isReady && !hold.hasEnded) process.nextTick(emitDrain, response)
  if (hold.hasEnded && response.stream === undefined) releaseSocket(hold.innermost.socket, response)
}

/** Lets calls pass from now on. The cookies are added first: a `writeHead` with headers would have replaced them. */
export function beginHead(response: HeldResponse, hold: Hold): void {
  hold.status = 'done'
  if (hold.lastCookie !== undefined && response.statusCode < 500) addLastCookie(hold, hold.lastCookie())
  if (hold.cookies !== undefined) addCookies(response, hold.cookies)
  if (hold.hasHead) hold.writeHead.call(response, response.statusCode)
}

function addLastCookie(hold: Hold, cookie: string | undefined): void {
  if (cookie !== undefined) hold.addCookie(cookie)
}

function replay(response: HeldResponse, hold: Hold, call: HeldCall | undefined, isReady: boolean): boolean {
  switch (call?.method) {
    case 'write':
      return hold.write.call(response, call.chunk, call.encoding, call.callback)
    case 'end':
      hold.end.call(response, call.chunk, call.encoding, call.callback)
      return true
    case 'flushHeaders':
    case 'flush':
      hold[call.method]?.call(response)
      return isReady
    case undefined:
      return isReady
  }
}

// What Node refuses only now would have been thrown at the handler, which is gone. The sessions are stored: their cookies go out.
function failReplay(response: HeldResponse, hold: Hold, error: unknown, rest: readonly HeldCall[]): void {
  if (!response.headersSent) {
    if (!hold.hasEnded) process.emitWarning(asError(error))
    fail(response, hold, { error, by: hold.innermost }, rest)
    return
  }
  for (const call of rest) if ('callback' in call) tell(call.callback, error)
  if (hold.hasEnded && response.stream === undefined) releaseSocket(hold.innermost.socket, response)
  process.emitWarning(asError(error))
  response.destroy(asError(error))
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error('A layer of the response threw something that is no error.', { cause: error })
}
