import type { Destroyed, RecordWrite } from '../contracts/driver.ts'
import { SessionError } from '../session/errors.ts'
import type { StoreKey } from '../session/id.ts'
import { UnknownOutcome, answered, staysUnknown } from './settle.ts'

/** How often a user's sessions were revoked, and which session the last revocation left. */
export interface Epoch {
  readonly counter: number
  readonly exceptHandle: string | undefined
}

/** What a store does for a revocation. */
export interface RevokeSteps {
  /** Raises the user's epoch: a login that is under way will see it after its write. */
  readonly raiseEpoch: () => Promise<unknown>
  /** The keys of all sessions of the user, without the one that stays. */
  readonly list: () => Promise<readonly StoreKey[]>
  /** Ends one, whoever holds it. */
  readonly destroy: (key: StoreKey) => Promise<Destroyed>
}

const MOST_PASSES = 100
const MOST_MISSING_ANSWERS = 3

/**
 * Ends all sessions of a user in a store where a list is older than what it is used for: raises the epoch, then lists and destroys until
 * a list is empty. A session that moved to another key since it was listed is found by the next pass. Every step can be repeated, so a
 * missing answer costs one more pass.
 *
 * @returns How many sessions were ended.
 * @throws {SessionError} `ERR_SESSION_DRIVER_FAILED` when the store does not answer, or the sessions do not end.
 */
export async function revokeInPasses(steps: RevokeSteps): Promise<number> {
  let missing = 0
  let raised = false
  let revoked = 0
  for (let pass = 0; pass < MOST_PASSES; pass++) {
    try {
      if (!raised) await steps.raiseEpoch()
      raised = true
      const keys = await steps.list()
      if (keys.length === 0) return revoked
      for (const key of keys) if ((await steps.destroy(key)).kind === 'record') revoked += 1
    } catch (error) {
      missing += 1
      if (!(error instanceof UnknownOutcome)) throw error
      if (missing > MOST_MISSING_ANSWERS) throw staysUnknown('revokeUser', error)
    }
  }
  throw SessionError.driverFailed('revokeUser', `Sessions of this user were still found after ${MOST_PASSES} passes. Call it again.`)
}

/** A write that gives a session to a user: an insert, or a write over a session that had another user or none. */
export interface WriteUnderEpoch<Result> {
  readonly readEpoch: () => Promise<Epoch>
  readonly write: () => Promise<Result>
  readonly wasWritten: (result: Result) => boolean
  readonly handle: string
  /** Removes what was written. */
  readonly undo: () => Promise<unknown>
}

/** Whether a write gives a session to a user: it had another one, or none, or the user proved anew who they are. */
export function isLogin(write: Pick<RecordWrite, 'userId' | 'authenticatedAt'>, before: string | undefined): boolean {
  return write.userId !== undefined && (write.userId !== before || write.authenticatedAt === 'now')
}

const MOST_LOOKS = 3

/**
 * Writes a login so that a revocation that runs meanwhile ends it too, even where its lists did not show it: reads the epoch before the
 * write and again after it. When nobody can say whether it was raised, the session is removed as well.
 *
 * A session that moves to another key with the user it had needs none of this: a revocation whose last list does not show it
 * has removed the old record, and then the move is refused.
 *
 * @returns What the write gave, and whether the session was revoked in the meantime and is gone again. A driver answers that with `gone`, an
 * `insert` by rejecting with `SessionError.gone`.
 */
export async function writeUnderEpoch<Result>(
  steps: WriteUnderEpoch<Result>,
): Promise<{ readonly result: Result; readonly revoked: boolean }> {
  const before = await answered('epoch', steps.readEpoch)
  const result = await steps.write()
  if (!steps.wasWritten(result)) return { result, revoked: false }
  const after = await readAgain(steps)
  const wasLeft = after.counter === before.counter + 1 && after.exceptHandle === steps.handle
  const revoked = after.counter !== before.counter && !wasLeft
  if (revoked) await answered('destroy', steps.undo)
  return { result, revoked }
}

async function readAgain({ readEpoch, undo }: Pick<WriteUnderEpoch<unknown>, 'readEpoch' | 'undo'>): Promise<Epoch> {
  let cause: unknown
  for (let look = 0; look < MOST_LOOKS; look++) {
    try {
      return await readEpoch()
    } catch (error) {
      cause = error
      if (!(error instanceof UnknownOutcome)) break
    }
  }
  await undo().catch(() => undefined)
  throw cause instanceof UnknownOutcome ? staysUnknown('epoch', cause) : cause
}
