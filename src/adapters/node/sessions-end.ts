import type { Committed } from '../../manager/open-session.ts'
import { fail } from './failing.ts'
import { unfreeze } from './freeze.ts'
import { kHold } from './hold-state.ts'
import type { HeldResponse, Hold, Participant } from './hold-state.ts'
import { release } from './releasing.ts'

const NOTHING: Committed = { setCookie: undefined }

/**
 * Ends the sessions of a response, the innermost first, all in this call: from now on none takes a write. They are stored, or, when
 * the answer is a server error, dropped. `hold.pending` says how many do not know the outcome yet.
 */
export function endSessions(response: HeldResponse, hold: Hold): void {
  const hasFailed = response.statusCode >= 500
  clearTimeout(hold.goneTimer)
  for (let one: Participant | undefined = hold.innermost; one !== undefined; one = one.outer) {
    const answer = hasFailed && !one.door.saveOnError ? discard(one, statusCause(response.statusCode)) : commit(one)
    if (answer instanceof Promise) wait(response, hold, one, answer)
    else hold.keepCookie(answer, one)
  }
}

/** Gives a handler whose client is gone a while to answer all the same; when it does not, its sessions are dropped. */
export function abandonLater(response: HeldResponse): void {
  const hold = response[kHold]
  if (hold.status === 'open' || hold.status === 'frozen')
    hold.goneTimer ??= setTimeout(abandon, hold.innermost.door.goneMs, response, handlerIsSilent()).unref()
}

/** Drops the sessions of a response that nobody will answer. A late answer passes. */
export function abandon(response: HeldResponse, cause: unknown): void {
  const hold = response[kHold]
  if (hold.status !== 'open' && hold.status !== 'frozen') return
  if (hold.status === 'frozen') unfreeze(response)
  hold.status = 'done'
  clearTimeout(hold.goneTimer)
  for (let one: Participant | undefined = hold.innermost; one !== undefined; one = one.outer) void discard(one, cause)
}

function wait(response: HeldResponse, hold: Hold, by: Participant, answer: Promise<Committed>): void {
  hold.pending += 1
  answer.then(
    (committed) => {
      hold.keepCookie(committed, by)
      settle(response, hold)
    },
    async (error: unknown) => {
      hold.failure ??= { error, by }
      // What a save in the midst of the request has stored is told all the same.
      hold.keepCookie(await discard(by, error), by)
      settle(response, hold)
    },
  )
}

function settle(response: HeldResponse, hold: Hold): void {
  hold.pending -= 1
  if (hold.pending > 0) return
  if (hold.failure === undefined) release(response, hold)
  else fail(response, hold, hold.failure, hold.calls ?? [])
}

// An error that is thrown and one that comes by promise go the same way.
function commit(one: Participant): Committed | Promise<Committed> {
  try {
    return one.open.commit()
  } catch (error) {
    return Promise.reject(error)
  }
}

// The answer tells of a failure already: that the lock could not be given back as well is the manager's to report.
function discard(one: Participant, cause: unknown): Committed | Promise<Committed> {
  try {
    const answer = one.open.discard(cause)
    return answer instanceof Promise ? answer.catch(() => NOTHING) : answer
  } catch {
    return NOTHING
  }
}

function handlerIsSilent(): Error {
  return new Error('The client hung up, and the handler did not answer.')
}

function statusCause(status: number): Error {
  return new Error(`The request was answered with status ${status}.`)
}
