import type { CommitResult, Destroyed, Lease, UpdateResult, Version } from '../contracts/driver.ts'
import { SessionError, SessionLockError } from '../session/errors.ts'
import type { StoreKey } from '../session/id.ts'
import { sameVersion } from './instants.ts'

// Makes the outcome of a write certain where it can be, for stores behind a network. Each step that looks needless stands against a
// history that was found and in which a session was lost, a write carried out twice, or a logout undone.

/** A command was sent and no answer came: it may have been applied, it may not, and it may still be on its way. */
export class UnknownOutcome extends Error {
  override readonly name = 'UnknownOutcome'

  constructor(operation: string, options?: ErrorOptions) {
    super(`No answer to '${operation}': it may have been carried out or not.`, options)
  }
}

/** What is found under a key when it is read back. A marker has a version too: that of the step that put it there. */
export interface ReadBack {
  readonly version: Version
  readonly isMarker: boolean
  readonly expiresAt: number
}

/** One conditioned write. */
export interface WriteToSettle<Answer extends { readonly kind: string }> {
  /** For messages, such as `commit`. */
  readonly operation: string
  /** Sends the write. A `written` answer says that it was made; a rejection with `UnknownOutcome` that no answer came. */
  readonly send: () => Promise<Answer>
  /** Reads what is under the key now, past any replica; `undefined` when there is nothing. */
  readonly readBack: () => Promise<ReadBack | undefined>
  /** The token of this write: the same in each sending. */
  readonly writeToken: string
  /** The version that the write is conditioned on. */
  readonly from: Version
  /** True when something is undone after a refusal: then a refusal is read back even if nothing was unknown. */
  readonly doubtRefusals?: boolean
}

/**
 * What became of a write. `gone` and `lost` were read back: the version it was conditioned on is no more, so no copy of it can be let in
 * any more. `lost`: another has written since, on top of this write or not.
 */
export type Settled<Answer> =
  /** The store said so itself. `again`: a sending before this one had no answer. A refusal leaves the version as it was. */
  | { readonly kind: 'answered'; readonly answer: Answer; readonly again: boolean }
  /** Written, as reading back shows. */
  | { readonly kind: 'found'; readonly found: ReadBack }
  /** `isUnsure`: the write may have come before the session ended, and have been seen; or before it moved, and be in what it has become. */
  | { readonly kind: 'gone'; readonly isUnsure: boolean }
  | { readonly kind: 'lost' }

const SENDINGS = 3

/**
 * Sends a conditioned write, at most three times, until it is certain what became of it.
 *
 * An answer to the first sending is taken. After a sending without an answer the key is read back: the write's own token means
 * written; the version it started from means not written, and it is sent again with the same token; anything else is `lost`. A refusal
 * of a later sending says nothing about the earlier ones, and is read back as well: it is never a conflict to replay. When the
 * version still stands and the write was refused for its lease alone, a late copy may yet be let in: that is unknown.
 *
 * @throws {SessionError} `ERR_SESSION_DRIVER_FAILED` with an `UnknownOutcome` as its cause when it stays unknown.
 */
export function settleWrite<Answer extends { readonly kind: string }>(write: WriteToSettle<Answer>): Promise<Settled<Answer>> {
  return write.send().then(
    (answer) =>
      answer.kind === 'written' || write.doubtRefusals !== true
        ? { kind: 'answered', answer, again: false }
        : settleDoubt(write, answer, undefined),
    (error: unknown) => {
      if (!(error instanceof UnknownOutcome)) throw error
      return settleDoubt(write, undefined, error)
    },
  )
}

/** Settles a write whose first sending was refused, or had no answer. */
async function settleDoubt<Answer extends { readonly kind: string }>(
  write: WriteToSettle<Answer>,
  first: Answer | undefined,
  firstCause: unknown,
): Promise<Settled<Answer>> {
  let answer = first
  let cause = firstCause
  for (let sending = 1; ; sending++) {
    const found = await answered(write.operation, write.readBack)
    if (found === undefined) return { kind: 'gone', isUnsure: first === undefined }
    if (found.version.writeToken === write.writeToken) return { kind: 'found', found }
    if (!sameVersion(found.version, write.from)) return found.isMarker ? { kind: 'gone', isUnsure: true } : { kind: 'lost' }
    if (answer !== undefined && sending === 1) return { kind: 'answered', answer, again: false }
    if (answer !== undefined || sending === SENDINGS) throw staysUnknown(write.operation, cause)
    try {
      answer = await write.send()
      if (answer.kind === 'written') return { kind: 'answered', answer, again: true }
    } catch (error) {
      if (!(error instanceof UnknownOutcome)) throw staysUnknown(write.operation, error)
      cause = error
    }
  }
}

/** Settles a `commit` of a record. */
export function settleCommit(
  lease: Lease,
  keepLease: string | undefined,
  { send, readBack, writeToken, doubtRefusals }: Omit<WriteToSettle<CommitResult>, 'operation' | 'from'>,
): Promise<CommitResult> {
  const write = { operation: 'commit', send, readBack, writeToken, from: lease.version, doubtRefusals: doubtRefusals === true }
  return settleWrite(write).then((settled) => committedAs(lease, keepLease, settled))
}

function committedAs(lease: Lease, keepLease: string | undefined, settled: Settled<CommitResult>): CommitResult {
  if (settled.kind === 'answered') {
    return settled.again && settled.answer.kind === 'written' ? { ...settled.answer, readBack: true } : settled.answer
  }
  if (settled.kind === 'lost' || (settled.kind === 'gone' && settled.isUnsure)) return { kind: 'lost', isUnsure: true }
  if (settled.kind === 'gone') return { kind: 'gone' }
  const { version, expiresAt } = settled.found
  const kept = keepLease === undefined ? undefined : { key: lease.key, token: keepLease, version }
  return { kind: 'written', version, expiresAt, lease: kept, readBack: true }
}

/**
 * Settles a `commit` of nothing. Nothing can be lost by it, so it is simply sent again.
 *
 * @throws {SessionError} `ERR_SESSION_DRIVER_FAILED` when the store does not answer at all.
 */
export async function settleRelease(
  send: () => Promise<CommitResult>,
  readBack: () => Promise<ReadBack | undefined>,
): Promise<CommitResult> {
  const first = await send().catch(ignoreUnknown)
  if (first !== undefined) return first
  const again = await send().catch(ignoreUnknown)
  if (again?.kind === 'written') return { ...again, readBack: true }
  const found = await answered('commit', readBack)
  if (found === undefined || found.isMarker) return { kind: 'gone' }
  return { kind: 'written', version: found.version, expiresAt: found.expiresAt, lease: undefined, readBack: true }
}

/**
 * Settles an `update`.
 *
 * @throws {SessionLockError} `ERR_SESSION_LOCK_LOST` when a sending had no answer and another has written since, ended the session or moved it to another id:
 * whether this write came first cannot be known, so its changes must not be replayed.
 */
export async function settleUpdate(
  key: StoreKey,
  from: Version,
  write: Omit<WriteToSettle<UpdateResult>, 'operation' | 'from'>,
): Promise<UpdateResult> {
  const settled = await settleWrite({ ...write, operation: 'update', from })
  if (settled.kind === 'answered') return settled.answer
  if (settled.kind === 'lost' || (settled.kind === 'gone' && settled.isUnsure)) throw SessionLockError.unsure(key)
  if (settled.kind === 'gone') return { kind: 'gone' }
  return { kind: 'written', version: settled.found.version, expiresAt: settled.found.expiresAt }
}

/**
 * Settles a `destroy`, which may be sent again and again: a marker that leads on is there the next time too. Where nothing is left after a sending without an
 * answer, the record was removed.
 *
 * @throws {SessionError} `ERR_SESSION_DRIVER_FAILED` with an `UnknownOutcome` as its cause when no sending was answered.
 */
export async function settleDestroy(send: () => Promise<Destroyed>): Promise<Destroyed> {
  let cause: unknown
  for (let sending = 1; sending <= SENDINGS; sending++) {
    try {
      return await send()
    } catch (error) {
      if (!(error instanceof UnknownOutcome)) throw error
      cause = error
    }
  }
  throw staysUnknown('destroy', cause)
}

/** Waits for an answer that needs no settling; a missing one becomes the error that callers of a driver know. */
export function answered<Answer>(operation: string, send: () => Promise<Answer>): Promise<Answer> {
  return send().catch(asStaysUnknown(operation))
}

/** What `answered` does with a rejection. */
export function asStaysUnknown(operation: string): (error: unknown) => never {
  return (error) => {
    throw error instanceof UnknownOutcome ? staysUnknown(operation, error) : error
  }
}

/** The error for an outcome that stays unknown. */
export function staysUnknown(operation: string, cause: unknown): SessionError {
  const why = 'The store gave no answer that tells whether it was carried out.'
  return SessionError.driverFailed(operation, why, {
    cause: cause instanceof UnknownOutcome ? cause : new UnknownOutcome(operation, { cause }),
  })
}

function ignoreUnknown(error: unknown): undefined {
  if (!(error instanceof UnknownOutcome)) throw error
  return undefined
}
