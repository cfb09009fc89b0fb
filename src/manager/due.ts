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

/** Which step ends a request, and whether it is time to record the use of its session and to renew its cookie. */
export function planFor({ settings, cookie }: House, state: SessionState, stored: Stored | undefined, standing: Standing): CommitPlan {
  // A session that asked for a short life would end in use if that were recorded late.
  const used = stored && useOf(stored, Math.min(settings.touchEveryMs, state.limits.idleMs / 10))
  return commitPlan({
    ...standing,
    isStored: stored !== undefined,
    isWorthKeeping: stored === undefined && state.isWorthKeeping,
    isTouchDue: used?.isTouchDue === true,
    isCookieDue: used?.isCookieDue === true && (state.cookieSeconds ?? cookie.settings.lifetimeSeconds) > 0,
  })
}

/**
 * What is due by when a session was last used. The record does not say when the browser last got the cookie, and one that is written
 * often was always used just now: so each write that is the first in a stretch of `touchEverySeconds` sends it.
 */
function useOf({ now, record }: Stored, everyMs: number): { readonly isTouchDue: boolean; readonly isCookieDue: boolean } {
  const isTouchDue = now - record.lastActivity >= everyMs
  return { isTouchDue, isCookieDue: isTouchDue || Math.floor(now / everyMs) !== Math.floor(record.lastActivity / everyMs) }
}

/** Whether the record has an instant that is yet to come: the store's clock was set back. Written anew it counts from now, and no limit gets longer by the step. */
export function isAhead({ record, now }: Stored): boolean {
  const { createdAt, authenticatedAt = 0, regeneratedAt = 0, lastActivity } = record
  return Math.max(createdAt, authenticatedAt, regeneratedAt, lastActivity) > now
}
