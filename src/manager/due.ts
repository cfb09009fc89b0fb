import { commitPlan } from '../session/commit-plan.ts'
import type { CommitPlan } from '../session/commit-plan.ts'
import type { SessionState } from '../session/session-state.ts'
import type { House } from './house.ts'
import type { Stored } from './stored.ts'

/** What the end of a request knows of its session. */
interface Standing {
  readonly isWritable: boolean
  readonly isChanged: boolean
  readonly isReplacing: boolean
}

/**
 * Which step ends a request, and whether it is time to record the use of its session and to renew its cookie.
 *
 * The record does not say when the browser last got the cookie, and one that is written often was always used just now: so each write that is the first in a
 * stretch of `touchEverySeconds` sends it.
 */
export function planFor({ settings, cookie }: House, state: SessionState, stored: Stored | undefined, standing: Standing): CommitPlan {
  const cookieSeconds = state.cookieSeconds ?? cookie.settings.lifetimeSeconds
  // A session that asked for a short life would end in use if that were recorded late; and so it would if its cookie did.
  const everyMs = Math.min(settings.touchEveryMs, state.limits.idleMs / 10, 100 * cookieSeconds || Infinity)
  const { now = 0, record } = stored ?? {}
  const { lastActivity = 0 } = record ?? {}
  const isTouchDue = now - lastActivity >= everyMs
  return commitPlan({
    ...standing,
    isStored: stored !== undefined,
    isWorthKeeping: stored === undefined && state.isWorthKeeping,
    isTouchDue,
    isCookieDue: cookieSeconds > 0 && (isTouchDue || Math.floor(now / everyMs) !== Math.floor(lastActivity / everyMs)),
  })
}

/** Whether the record has an instant that is yet to come: the store's clock was set back. Written anew it counts from now, and no limit gets longer by the step. */
export function isAhead({ record, now }: Stored): boolean {
  const { createdAt, authenticatedAt = 0, regeneratedAt = 0, lastActivity } = record
  return Math.max(createdAt, authenticatedAt, regeneratedAt, lastActivity) > now
}
