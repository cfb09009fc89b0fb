import type { Leftovers, Operation } from '../event.ts'
import { contentOf, found, shownBy } from '../report.ts'
import type { Verdict } from '../report.ts'

/** Whether anybody was given the session of somebody else. */
export function strangers(history: readonly Operation[], { cookies }: Leftovers): Verdict {
  const served = history.flatMap((operation) => {
    const { answer, session } = operation
    if (answer === undefined || answer.saw === 'new' || answer.saw.mark === session) return []
    return [shownBy(`a request for ${session} was given ${contentOf(answer.saw)}`, operation)]
  })
  const last = cookies.flatMap(({ session, found: end }) =>
    typeof end === 'object' && end.mark !== session ? [shownBy(`in the end the cookie of ${session} opened ${contentOf(end)}`)] : [],
  )
  return found([...served, ...last])
}
