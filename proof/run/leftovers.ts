import type { Leftovers, StoredSession } from '../history/event.ts'
import { until } from '../faults/until.ts'
import type { Host } from './host.ts'
import type { Store } from './store.ts'
import type { Found } from './talk.ts'

/** Longer than any lease, and shorter than a process could keep one that it has forgotten. */
const LEASES_END_MS = 10_000

/** What lies in a store when nobody uses it any more, as the applications find it. */
export async function leftoversIn(store: Store, hosts: readonly Host[]): Promise<Omit<Leftovers, 'cookies'>> {
  // One sees all, where they share a store.
  const asked = store.isApart === true ? hosts : hosts.slice(0, 1)
  const found = (await Promise.all(asked.map(surveyedBy))).flat()
  return {
    records: found.map(({ key, content }): StoredSession => ({ key, content })),
    locks: found.filter(({ isHeld }) => isHeld).map(({ key }) => key),
    pieces: await store.pieces(),
  }
}

/**
 * What one application finds once the last lease has ended, or should have.
 *
 * @throws {Error} When it could not look at all, which is not to be taken for an empty store.
 */
async function surveyedBy(host: Host): Promise<readonly Found[]> {
  let found: readonly Found[] | undefined
  const allFree = async (): Promise<boolean> => {
    found = foundIn(await host.order({ kind: 'survey' }))
    return found.every(({ isHeld }) => !isHeld)
  }
  const tooLate: unknown = await until('the last lease to end', allFree, LEASES_END_MS).catch((error: unknown) => error)
  if (found === undefined) throw tooLate
  return found
}

function foundIn(message: unknown): Found[] {
  if (!Array.isArray(message)) throw new TypeError(`no survey: ${JSON.stringify(message)}`)
  return message
}
