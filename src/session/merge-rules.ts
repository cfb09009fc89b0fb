import { getPath, wayTo } from './dot-path.ts'
import type { Way } from './dot-path.ts'
import { SessionError } from './errors.ts'
import { copyOf } from './plain.ts'
import { sameValue } from './same-value.ts'

/**
 * Notes what an operation on a key finds now, and gives the check that it may be done on other data as well. An index means the same element only in the
 * same array; a value is put into a branch only where the branch still is one; and what was pulled must still be there to be taken.
 *
 * @returns Throws `ERR_SESSION_CONFLICT` when the operation would mean something else there.
 */
export function mergeable(
  data: Record<string, unknown>,
  key: string,
  operation: 'set' | 'forget' | 'pull',
): (data: Record<string, unknown>) => void {
  const { depth, end } = wayTo(data, key)
  const then: Way = { depth, end: Array.isArray(end) ? copyOf(end) : end }
  const pulled = operation === 'pull' ? copyOf(getPath(data, key)) : undefined
  return (newest) => {
    const now = wayTo(newest, key)
    const isSameWay = now.depth === then.depth && sameValue(now.end, then.end)
    const fits = isSameWay || (operation === 'set' ? leadsOn(then, now) : !Array.isArray(then.end) && !Array.isArray(now.end))
    const isTaken = operation === 'pull' && !sameValue(getPath(newest, key), pulled)
    if (!fits || isTaken) throw SessionError.conflict(`'${key}'`)
  }
}

// Others may have made branches, but taken none away, and put nothing else in the way.
function leadsOn(then: Way, now: Way): boolean {
  return now.depth >= then.depth && !Array.isArray(then.end) && (now.end === undefined || now.end === null)
}
