import type { Leftovers, Operation, Seen } from './event.ts'

/** The requests of each session, in the order in which they were sent. */
export function sessionsOf(history: readonly Operation[]): ReadonlyMap<string, readonly Operation[]> {
  const sorted = history.toSorted((one, other) => one.invokedAt - other.invokedAt)
  return Map.groupBy(sorted, ({ session }) => session)
}

/** A session that lies in the store in the end. */
export interface Left {
  readonly key: string
  readonly seen: Seen
}

/** What lies in the store in the end, by the names of the sessions. */
export function leftOf({ records }: Leftovers): ReadonlyMap<string, readonly Left[]> {
  const left = records.flatMap(({ key, content }): Left[] => (typeof content === 'object' ? [{ key, seen: content }] : []))
  return Map.groupBy(left, ({ seen }) => seen.mark)
}
