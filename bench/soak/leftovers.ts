import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../../proof/faults/until.ts'
import type { Holdings } from '../../proof/run/gauge.ts'
import type { Host } from '../../proof/run/host.ts'

/** What takes a while to be closed is not left over: on a busy machine one look at a heap alone takes seconds. */
const CLOSING_MS = 30_000
/** Node keeps a timer for the date of answers, up to a second. */
const LAST_TIMER_MS = 1100

export async function holdingsOf(host: Host): Promise<Holdings> {
  const answer = await host.order({ kind: 'holdings' })
  if (!isHoldings(answer)) throw new TypeError(`no holdings: ${JSON.stringify(answer)}`)
  return answer
}

/**
 * Closes all that a process has, and gives what it still holds then beyond what it had before its first request.
 *
 * @throws {Error} When it never told what it holds, which is not to be taken for nothing.
 */
export async function closed(host: Host, before: Holdings): Promise<Holdings> {
  await host.order({ kind: 'close' })
  let left: Holdings | undefined
  const nothingLeft = async (): Promise<boolean> => {
    await sleep(LAST_TIMER_MS)
    left = beyond(before, await holdingsOf(host))
    return Object.keys(left).length === 0
  }
  const tooLate: unknown = await until('all to be closed', nothingLeft, CLOSING_MS).catch((error: unknown) => error)
  if (left === undefined) throw tooLate
  return left
}

/** How many files it has open beyond those that it had before its first request. */
export async function filesOpenedBy(host: Host, before: Holdings): Promise<number> {
  return heldOf(beyond(before, await holdingsOf(host)), 'open file')
}

/** What there is more of now, by how much. */
function beyond(before: Holdings, now: Holdings): Holdings {
  const more = Object.entries(now).map(([kind, count]) => [kind, count - (before[kind] ?? 0)] as const)
  return Object.fromEntries(more.filter(([, count]) => count > 0))
}

/** The sum of those kinds whose names begin so. */
export function heldOf(holdings: Holdings, beginning: string): number {
  return Object.entries(holdings).reduce((sum, [kind, count]) => (kind.startsWith(beginning) ? sum + count : sum), 0)
}

function isHoldings(answer: unknown): answer is Holdings {
  return typeof answer === 'object' && answer !== null && Object.values(answer).every((count) => typeof count === 'number')
}
