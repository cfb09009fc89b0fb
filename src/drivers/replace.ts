import type { CommitResult, Lease, Version } from '../contracts/driver.ts'
import type { StoreKey } from '../session/id.ts'
import { type ReadBack, type Settled, type WriteToSettle, UnknownOutcome, settleWrite, staysUnknown } from './settle.ts'

/** The steps of `replace` as a driver's store does them, each on one key. */
export interface ReplaceSteps {
  /**
   * Inserts the record under the new key, with the lease that `keepLease` asked for; `undefined` when the key is taken. It is
   * called once: no client may send it a second time either.
   */
  readonly insert: () => Promise<{ readonly version: Version; readonly expiresAt: number } | undefined>
  /** Puts the marker, or nothing, under the old key and ends its lease; refused unless the lease is held and the version stands. */
  readonly mark: () => Promise<MarkAnswer>
  /** Reads what is under the old key now, past any replica. */
  readonly readOld: () => Promise<ReadBack | undefined>
  /** Removes the new record with its index entries. */
  readonly destroyNew: () => Promise<unknown>
  readonly newKey: StoreKey
  /** The marker's write token. When nothing is put in the old record's place, any token that no write has. */
  readonly markToken: string
  /** The lease on the old key. */
  readonly lease: Lease
  readonly keepLease: string | undefined
}

export type MarkAnswer = { readonly kind: 'written' } | { readonly kind: 'gone' } | { readonly kind: 'lost' }

/**
 * Moves a session to a new key in two steps of one key each, so that what the store can do to one key is enough. A crash in
 * between leaves the old record whole.
 *
 * The old key is read whenever the second step was not answered, or refused. This call's own marker there means done. The new record is
 * destroyed only when the old one is gone or at another version: then no late copy of the marker can be let in. Refused for the
 * lease alone, or still unknown, it is left: nobody has its id, and it ends with its idle time. Where nothing is put in the old record's
 * place, a removal that was not answered cannot be told from a logout: the new record is destroyed.
 *
 * @throws {SessionError} `ERR_SESSION_DRIVER_FAILED` with an `UnknownOutcome` as its cause when it stays unknown.
 */
export async function replaceInTwoSteps(
  steps: ReplaceSteps,
  settle: (write: WriteToSettle<MarkAnswer>) => Promise<Settled<MarkAnswer>> = settleWrite,
): Promise<CommitResult> {
  const inserted = await insertOnce(steps)
  if (inserted === undefined) return { kind: 'lost' }
  const settled = await settle({
    operation: 'replace',
    send: steps.mark,
    readBack: steps.readOld,
    writeToken: steps.markToken,
    from: steps.lease.version,
    doubtRefusals: true,
  })
  if (settled.kind === 'gone' || settled.kind === 'lost') {
    await steps.destroyNew().catch(leave)
    return { kind: settled.kind }
  }
  if (settled.kind === 'answered' && settled.answer.kind !== 'written') return settled.answer
  const { version, expiresAt } = inserted
  const { keepLease, newKey } = steps
  const lease = keepLease === undefined ? undefined : { key: newKey, token: keepLease, version }
  return { kind: 'written', version, expiresAt, lease, readBack: settled.kind === 'found' || settled.again }
}

async function insertOnce(steps: ReplaceSteps): ReturnType<ReplaceSteps['insert']> {
  try {
    return await steps.insert()
  } catch (error) {
    if (!(error instanceof UnknownOutcome)) throw error
    await steps.destroyNew().catch(leave)
    throw staysUnknown('replace', error)
  }
}

/** The new record stays behind. Nobody has its id, and it ends with its idle time. */
function leave(): void {}
