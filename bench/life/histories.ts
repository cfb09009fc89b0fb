import { anyOf, below } from './lanes.ts'

/** How a session ends: by its visitor, who needs the lock for it, by somebody who does not, or by itself. */
export const ends = ['logout', 'invalidate', 'revoke', 'revokeUser', 'expiry'] as const
export type End = (typeof ends)[number]

/** Which of the two processes. */
export type Place = 0 | 1

/** A request of the session: it opens it, changes it, and saves it. Pauses are turns that others get. */
export interface PlannedRequest {
  readonly place: Place
  readonly opensAfter: number
  /** Saves once before the last save, and goes on. */
  readonly savesBetween: boolean
  readonly renews: 'rotation' | 'login' | 'no'
  readonly worksFor: number
  /** Whether its last save waits until the session has ended. */
  readonly isLate: boolean
}

export interface History {
  readonly end: End
  readonly place: Place
  /** Whether the end waits until a request has opened the session. */
  readonly endsWhileOpen: boolean
  readonly endsAfter: number
  readonly requests: readonly PlannedRequest[]
}

const MOST_REQUESTS = 4
const places = [0, 1] as const

/** All that is random in a history is drawn before it begins. What becomes of it depends on the store as well. */
export function drawHistory(random: () => number): History {
  const pause = (): number => below(random() < 0.7 ? 4 : 40, random)
  const request = (): PlannedRequest => ({
    place: anyOf<Place>(places, random),
    opensAfter: pause(),
    savesBetween: random() < 0.3,
    renews: anyOf(['rotation', 'login', 'no', 'no', 'no'], random),
    worksFor: pause(),
    isLate: random() < 0.4,
  })
  return {
    end: anyOf<End>(ends, random),
    place: anyOf<Place>(places, random),
    endsWhileOpen: random() < 0.6,
    endsAfter: pause(),
    requests: Array.from({ length: 1 + below(MOST_REQUESTS, random) }, request),
  }
}
