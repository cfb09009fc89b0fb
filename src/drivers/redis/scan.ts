import type { Master } from './bridges/bridge.ts'
import type { RedisLine } from './line.ts'
import { cursorIn, textsIn } from './replies.ts'

/** Where a walk over all keys stands: at which master, at which cursor of its own, and what was read there and not given yet. */
export interface Place {
  readonly master: string
  readonly cursor: string
  readonly pending: readonly string[]
}

export interface Step {
  readonly names: readonly string[]
  /** Where the walk stands with these names behind it; `undefined` at its end. */
  readonly next: Place | undefined
}

const START = '0'

/**
 * Walks over the names that begin with a prefix, on all masters, at most one SCAN a step. What is there all the time is given at least once. SCAN may
 * give more than it was asked for: the rest waits in the place, since to scan again from there could pass names over.
 */
export async function scanStep(line: RedisLine, operation: string, prefix: string, place: Place | undefined, most: number): Promise<Step> {
  if (place !== undefined && place.pending.length > 0) return given(place.pending, most, place)
  const masters = await line.masters(operation)
  // A master that is no more is passed over: what it had is with the others.
  const master = masters.find(({ name }) => place === undefined || name >= place.master)
  if (master === undefined) return { names: [], next: undefined }
  const cursor = place?.master === master.name ? place.cursor : START
  const [reached, names] = await scan(line, operation, master, cursor, prefix, most)
  const following = reached === START ? masters[masters.indexOf(master) + 1]?.name : master.name
  return given([...new Set(names)], most, following === undefined ? undefined : { master: following, cursor: reached })
}

function given(names: readonly string[], most: number, place: Omit<Place, 'pending'> | undefined): Step {
  const pending = names.slice(most)
  const next = place ?? (pending.length > 0 ? { master: LAST, cursor: START } : undefined)
  return { names: names.slice(0, most), next: next && { ...next, pending } }
}

/** Behind the name of every master: an address ends before it. */
const LAST = '\uffff'

async function scan(
  line: RedisLine,
  operation: string,
  master: Master,
  cursor: string,
  prefix: string,
  count: number,
): Promise<readonly [string, string[]]> {
  const pattern = `${prefix.replaceAll(/[*?[\]^\\-]/g, '\\$&')}*`
  const reply: unknown = await line.ask(operation, master, ['SCAN', cursor, 'MATCH', pattern, 'COUNT', String(count)])
  const [reached, names]: readonly unknown[] = Array.isArray(reply) ? reply : []
  return [cursorIn(reached), textsIn(names)]
}
