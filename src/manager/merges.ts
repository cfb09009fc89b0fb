import type { RecordWrite } from '../contracts/driver.ts'
import { SessionError } from '../session/errors.ts'
import { find } from './finder.ts'
import type { Hold } from './hold.ts'
import type { House } from './house.ts'
import { patience } from './lock-queue.ts'
import type { Base, MergeEntry, Mergeable, Merged } from './merge-queue.ts'
import { assertNotHeldHere } from './self-wait.ts'
import { commitSession, draftOf, refusalError, withoutLock, writtenAs } from './store-steps.ts'

/** So often what requests did is done on what is stored, the last time under the lock. */
const MOST_TRIES = 5

/**
 * Stores what a request did that has no lock, conditioned on the version that it was done on. Those of one session that end while the store is busy
 * with another of them go together: their changes are done one after the other, and stored in one step.
 * @throws {SessionError} when nothing of it was stored, or the store failed.
 */
export async function storeMerged(house: House, request: Mergeable): Promise<Merged> {
  // Who can only wait for itself is no reason to refuse those whom it would be stored with.
  assertNotHeldHere(request.base.stored.key)
  return await house.merges.store(request, patience(house.settings.waitSeconds), (entries, known) => storeTogether(house, entries, known))
}

/** Answers what is stored then, if anything was. It never rejects: each of the requests is told what became of it. */
async function storeTogether(house: House, entries: readonly MergeEntry[], known: Base | undefined): Promise<Base | undefined> {
  let hold: Hold | undefined
  let left = entries
  try {
    let base = newest(entries, known)
    for (let tries = 1; base !== undefined; tries++) {
      const { record, changed } = await draft(left, base)
      left = changed
      if (record === undefined) break
      if (hold !== undefined) return tell(changed, await commit(house, hold, base, record))
      const { key, record: read } = base.stored
      const result = await withoutLock(house, key, () => house.driver.update(key, record, read.version))
      if (result.kind === 'written') return tell(changed, { id: base.id, stored: writtenAs(base.stored, record, result) })
      const isLast = result.kind === 'busy' || tries === MOST_TRIES - 1
      // Where it is gone, its id may have changed by itself.
      const finding = await find(house, base.id, isLast ? patience(house.settings.waitSeconds) : undefined)
      if (finding.kind !== 'found') throw SessionError.gone()
      hold = finding.hold
      base = { id: finding.id, stored: { key: finding.key, record: finding.record, now: finding.now, readAt: performance.now() } }
    }
    hold?.giveBack()
  } catch (error) {
    hold?.giveBack()
    for (const { reject } of left) reject(error)
  }
  return undefined
}

async function commit(house: House, hold: Hold, { id, stored }: Base, record: RecordWrite): Promise<Base> {
  hold.isWriting = true
  const outcome = await commitSession(house, hold, stored, record, false)
  if (outcome.kind === 'written') return { id, stored: outcome.stored }
  // A lock that is only this process's keeps no other process out.
  throw outcome.kind === 'lost' && !hold.hasLease ? SessionError.conflict('the session') : refusalError(stored.key, outcome, hold)
}

/** The latest of what the requests have read, and of what is known. */
function newest(entries: readonly MergeEntry[], known: Base | undefined): Base | undefined {
  let base = known
  for (const { request } of entries) {
    const { counter } = request.base.stored.record.version
    if (base === undefined || counter > base.stored.record.version.counter) base = request.base
  }
  return base
}

/**
 * Does what the requests did on a record, one after the other. Whose changes do not fit is told so, and the others go on without them.
 */
async function draft(
  entries: readonly MergeEntry[],
  base: Base,
): Promise<{ readonly record: RecordWrite | undefined; readonly changed: readonly MergeEntry[] }> {
  const changed: MergeEntry[] = []
  let at = base
  let record: RecordWrite | undefined
  for (const entry of entries) {
    try {
      const write = await entry.request.onto(at)
      if (write === 'must-lock' || (write === 'unchanged' && at === base)) {
        entry.resolve({ kind: write, base })
        continue
      }
      changed.push(entry)
      // It is there already, by what the others do: stored with that, or not at all.
      if (write === 'unchanged') continue
      record = write
      at = { id: base.id, stored: draftOf(at.stored, write) }
    } catch (error) {
      entry.reject(error)
    }
  }
  return { record, changed }
}

function tell(changed: readonly MergeEntry[], base: Base): Base {
  for (const { resolve } of changed) resolve({ kind: 'written', base })
  return base
}
