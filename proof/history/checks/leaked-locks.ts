import type { Leftovers, Operation } from '../event.ts'
import { found, shownBy } from '../report.ts'
import type { Verdict } from '../report.ts'

/** Whether a lock is held when nobody is there any more who could hold it. */
export function leakedLocks(_history: readonly Operation[], { locks }: Leftovers): Verdict {
  return found(locks.map((lock) => shownBy(`${lock} is held in the end`)))
}
