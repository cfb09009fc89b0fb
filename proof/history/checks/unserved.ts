import { issuerOf } from '../ends.ts'
import type { Leftovers, Operation } from '../event.ts'
import { found, shownBy } from '../report.ts'
import type { Verdict } from '../report.ts'

/** Whether a browser was not served when all faults were over. */
export function unserved(history: readonly Operation[], { cookies }: Leftovers): Verdict {
  const last = cookies.filter(({ found: end }) => end === 'unanswered')
  return found(
    last.map(({ process, session, id }) => {
      const issuer = issuerOf(id, history)
      return shownBy(`${process} is not served in the end, with its cookie of ${session}`, ...(issuer === undefined ? [] : [issuer]))
    }),
  )
}
