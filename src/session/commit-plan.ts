/** What is known of a session when its request ends. */
export interface CommitFacts {
  /** A record was read, or written earlier in this request. */
  readonly isStored: boolean
  /** The session takes writes. */
  readonly isWritable: boolean
  /** There is something in it that is worth a record. */
  readonly isWorthKeeping: boolean
  /** Its texts or its owner differ from what is stored. */
  readonly isChanged: boolean
  /** It is to move to a new id. */
  readonly isReplacing: boolean
  /** Its last recorded activity is older than `touchEverySeconds`. */
  readonly isTouchDue: boolean
  /** The cookie has a lifetime of its own, and it is time to move it along with the record's. */
  readonly isCookieDue: boolean
}

/** What the store must be asked to do. `release` gives back the lease and nothing else. */
export type StoreStep = 'nothing' | 'insert' | 'replace' | 'write' | 'touch' | 'release'

export interface CommitPlan {
  readonly step: StoreStep
  /** Whether the step, once done, is a reason to send the cookie. */
  readonly renewsCookie: boolean
}

const NOTHING: CommitPlan = { step: 'nothing', renewsCookie: false }
const INSERT: CommitPlan = { step: 'insert', renewsCookie: true }
const REPLACE: CommitPlan = { step: 'replace', renewsCookie: true }
const RELEASE: CommitPlan = { step: 'release', renewsCookie: false }

/** Decides what must be written and whether the response carries the cookie. It does nothing itself. */
export function commitPlan(facts: CommitFacts): CommitPlan {
  if (!facts.isStored) return facts.isWritable && facts.isWorthKeeping ? INSERT : NOTHING
  if (facts.isWritable && facts.isReplacing) return REPLACE
  if (facts.isWritable && facts.isChanged) return { step: 'write', renewsCookie: facts.isCookieDue }
  return facts.isTouchDue ? { step: 'touch', renewsCookie: facts.isCookieDue } : RELEASE
}
