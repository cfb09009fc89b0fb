import type { Leftovers, Operation, Seen } from '../event.ts'
import { contentOf, found, shownBy } from '../report.ts'
import type { Verdict } from '../report.ts'

/** Whether anybody saw, or the store has in the end, a part of what was written at once, or a part without its whole. */
export function halfRecords(history: readonly Operation[], { records, pieces, cookies }: Leftovers): Verdict {
  const seen = history.flatMap((operation) => {
    const saw = operation.answer?.saw
    return saw !== undefined && isHalf(saw) ? [shownBy(`half of a write was seen: ${contentOf(saw)}`, operation)] : []
  })
  const stored = records.flatMap(({ key, content }) => {
    if (content === 'unreadable') return [shownBy(`${key} cannot be read in the end`)]
    return content !== 'marker' && isHalf(content) ? [shownBy(`${key} has half of a write in the end: ${contentOf(content)}`)] : []
  })
  const last = cookies.flatMap(({ found: end }) =>
    end !== 'unanswered' && isHalf(end) ? [shownBy(`half of a write was seen in the end: ${contentOf(end)}`)] : [],
  )
  return found([...seen, ...stored, ...last, ...pieces.map((piece) => shownBy(`left in the end: ${piece}`))])
}

function isHalf(seen: Seen | 'new'): seen is Seen {
  return seen !== 'new' && seen.counter !== seen.twin
}
