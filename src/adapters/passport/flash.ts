import type { Session } from '../../session/session.ts'
import type { AnyData } from '../../session/session-state.ts'
import { isTaken } from './taken.ts'

/** What Passport calls for `failureFlash` and `successFlash`: adds to the messages of a kind, and says how many there are; without a message it gives them. */
export type Flash = (type: string, message?: string | readonly string[]) => readonly unknown[] | number

/**
 * Makes `req.flash` of a session's flash data. What was read is shown in no later request. A message for a session that takes no writes is not kept: Passport calls
 * this where nobody catches what is thrown.
 */
export function flashOver(session: Session<AnyData>): Flash {
  return (type, message) => {
    const kept = session.getFlash(type, [])
    const messages: readonly unknown[] = Array.isArray(kept) ? kept : [kept]
    if (message === undefined) {
      if (messages.length > 0) isTaken(() => session.now(type, messages))
      return messages
    }
    const more = [...messages, ...(typeof message === 'string' ? [message] : message)]
    return isTaken(() => session.flash(type, more)) ? more.length : messages.length
  }
}
