import type { ListedSession } from '../../contracts/driver.ts'
import { LOOKS } from '../../manager/owners.ts'
import { isSessionError } from '../../session/errors.ts'
import { EXIT } from '../exit-codes.ts'
import { CommandError } from '../failure.ts'
import { goingOn } from '../going-on.ts'
import { Progress } from '../progress.ts'
import type { Store } from '../store.ts'
import { confirmed } from '../terminal.ts'
import { listed } from '../walk.ts'
import { count, isoTime } from '../words.ts'
import type { Revocation, RevokeCommandOptions } from './revocation.ts'

type Sessions = Pick<Store, 'driver'>

const MOST_PASSES = 10
const DAY_LENGTH = 'YYYY-MM-DD'.length
const ISO = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?$/

/**
 * Ends every session that began before now, or before an instant, page by page: nothing is kept of a page when the next one comes. A session that takes a new
 * id meanwhile may move to a page behind: it is over when the last passes have found nothing.
 */
export async function revokeEverybody(
  store: Sessions,
  options: RevokeCommandOptions,
  stopping: AbortSignal,
): Promise<Revocation | undefined> {
  const before = options.before === undefined ? await storeNow(store) : instantOf(options.before)
  let hasSeenAhead = false
  const isMeant = async (session: ListedSession): Promise<boolean> => {
    if (session.createdAt <= before) return true
    if (options.before !== undefined || !(await isAhead(store, session))) return false
    hasSeenAhead = true
    return true
  }
  const { config } = options
  if (options.dryRun === true) {
    const revoked = await countMeant(store, isMeant, stopping)
    return {
      revoked,
      isDryRun: true,
      goesOn: stopping.aborted ? goingOn('revoke --all', { config, before: options.before, 'dry-run': true }) : undefined,
    }
  }
  if (!(await confirmed("End everybody's sessions? All users will be logged out.", options))) return undefined
  // Nothing tells sessions that are ahead of the clock from those of visitors who come meanwhile: where there are such, these go too.
  const goesOn = (): string => goingOn('revoke --all', { config, before: hasSeenAhead ? undefined : new Date(before).toISOString() })
  const progress = new Progress('Ending sessions')
  let revoked = 0
  try {
    for (let pass = 0, empty = 0; pass < MOST_PASSES; pass++) {
      const revokedBefore = revoked
      for await (const { sessions, cursor } of listed(store.driver, {})) {
        for (const session of sessions) if ((await isMeant(session)) && (await ends(store, session))) revoked++
        progress.show(revoked, cursor)
        if (stopping.aborted) return { revoked, isDryRun: false, goesOn: goesOn() }
      }
      empty = revoked === revokedBefore ? empty + 1 : 0
      if (empty === LOOKS) return { revoked, isDryRun: false }
    }
  } finally {
    progress.end()
  }
  throw new CommandError(
    EXIT.store,
    `${count(revoked)} ended, and there were still more after ${MOST_PASSES} passes. Go on with: ${goesOn()}`,
  )
}

/** Whether a session seems to be yet to come: it was there when the store's clock was set back. */
async function isAhead(store: Sessions, session: ListedSession): Promise<boolean> {
  return session.createdAt > ((await clockAt(store, session)) ?? Infinity)
}

async function ends({ driver }: Sessions, { key }: ListedSession): Promise<boolean> {
  return (await driver.destroy(key)).kind === 'record'
}

async function countMeant(
  { driver }: Sessions,
  isMeant: (session: ListedSession) => Promise<boolean>,
  stopping: AbortSignal,
): Promise<number> {
  const progress = new Progress('Counting')
  let there = 0
  for await (const { sessions, cursor } of listed(driver, {})) {
    for (const session of sessions) if (await isMeant(session)) there++
    progress.show(there, cursor)
    if (stopping.aborted) break
  }
  progress.end()
  return there
}

/** Sessions carry the store's time: its clock is asked, which the first session that is read tells. */
async function storeNow(store: Sessions): Promise<number> {
  for await (const { sessions } of listed(store.driver, {})) {
    for (const session of sessions) {
      const now = await clockAt(store, session)
      if (now !== undefined) return now
    }
  }
  return Date.now()
}

/** A session that is listed may be gone by now, or damaged where a list does not look: it tells nothing. */
async function clockAt({ driver }: Sessions, { key }: ListedSession): Promise<number | undefined> {
  try {
    return (await driver.read(key))?.now
  } catch (error) {
    if (isSessionError(error) && error.code === 'ERR_SESSION_UNREADABLE') return undefined
    throw error
  }
}

/** `Date.parse` alone takes much for a date, each engine what it likes: `5`, `05/06/2026`, and the 30th of February for the 2nd of March. */
function instantOf(text: string): number {
  const day = text.slice(0, DAY_LENGTH)
  const isInstant = ISO.test(text) && isoTime(Date.parse(day))?.startsWith(day) === true
  const instant = isInstant ? Date.parse(text) : Number.NaN
  if (Number.isNaN(instant)) throw new CommandError(EXIT.usage, '--before takes an instant such as 2026-01-31T12:00:00Z.')
  return instant
}
