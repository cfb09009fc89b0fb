import type { RefusalReason } from '../contracts/events.ts'
import { clientAddress } from '../http/client-address.ts'
import { SessionError, isSessionError } from '../session/errors.ts'
import type { SessionErrorCode } from '../session/errors.ts'
import type { SessionId, StoreKey } from '../session/id.ts'
import type { Concurrency } from '../session/session-state.ts'
import { find } from './finder.ts'
import type { Finding } from './finder.ts'
import { refuse } from './house.ts'
import type { Wait } from './lock-queue.ts'
import type { OpenRequest } from './open-session.ts'
import type { House } from './house.ts'

const UNREACHABLE = 'its store cannot be reached'

const REFUSALS: Partial<Record<SessionErrorCode, RefusalReason>> = {
  ERR_SESSION_LOCK_TIMEOUT: 'lock-timeout',
  ERR_SESSION_LOCK_QUEUE_FULL: 'queue-full',
  ERR_SESSION_LOCK_SELF: 'lock-self',
  ERR_SESSION_LOCK_LOST: 'lock-lost',
  ERR_SESSION_UNREADABLE: 'unreadable',
  ERR_SESSION_DRIVER_FAILED: 'store-error',
  ERR_SESSION_GONE: 'gone',
  ERR_SESSION_CONFLICT: 'conflict',
  ERR_SESSION_LIMIT: 'limit',
  ERR_SESSION_NOT_FRESH: 'not-fresh',
  ERR_SESSION_CONFIG: 'store-error',
}

/**
 * Finds the first of several ids that leads to a session, and takes its lock unless it is only read. Without one it is about an id that a
 * login replaced, or else the last.
 */
export function findFirst(house: House, ids: readonly SessionId[], mode: Concurrency, request: OpenRequest): Promise<Finding | undefined> {
  const wait = mode === 'exclusive' ? new RequestWait(request, house.settings.waitSeconds) : undefined
  const [first] = ids
  if (ids.length !== 1 || first === undefined) return findAmong(house, ids, wait, request)
  try {
    return find(house, first, wait)
  } catch (error) {
    return Promise.reject(error)
  }
}

async function findAmong(
  house: House,
  ids: readonly SessionId[],
  wait: Wait | undefined,
  request: OpenRequest,
): Promise<Finding | undefined> {
  let finding: Finding | undefined
  let replaced: Finding | undefined
  let reused: Finding | undefined
  for (const id of ids) {
    const next = await find(house, id, wait)
    if (finding !== undefined && (finding !== reused || next.kind === 'found')) reportMiss(house, finding, request)
    finding = next
    if (finding.kind === 'found') return finding
    if (finding.kind === 'replaced') replaced = finding
    if (finding.kind === 'reused') reused = finding
  }
  const telling = replaced ?? reused
  if (telling === undefined || finding === undefined || telling === finding) return finding
  reportMiss(house, finding, request)
  if (reused !== undefined && reused !== telling && reused !== finding) reportMiss(house, reused, request)
  return telling
}

/** Tells listeners of an id that leads nowhere. */
export function reportMiss(house: House, { kind, key }: Finding, request: OpenRequest): void {
  if (kind === 'expired') house.events.emit('expired', { key })
  if (kind !== 'unknown' && kind !== 'reused') return
  const reason = kind === 'reused' ? 'replaced-id' : 'unknown-id'
  house.events.emit('refused', { reason, key, cause: undefined, ipAddress: clientAddress(request.ipAddress) })
}

/** Asks for the request's signal only when it must wait: making one costs more than all the rest of taking a lock. */
class RequestWait implements Wait {
  readonly waitSeconds: number
  readonly deadline: number
  readonly #request: OpenRequest

  constructor(request: OpenRequest, waitSeconds: number) {
    this.#request = request
    this.waitSeconds = waitSeconds
    this.deadline = performance.now() + waitSeconds * 1000
  }

  get signal(): AbortSignal | undefined {
    return this.#request.signal
  }

  get isAborted(): boolean {
    return isAborted(this.#request)
  }
}

/** Gives back what a request got that does not wait any more, and gives the error that says so. */
export function unwanted(request: OpenRequest, custody: { giveBack(): void }): SessionError {
  custody.giveBack()
  return SessionError.aborted(request.signal?.reason)
}

/** A driver or serializer of somebody else's may throw what it likes; what callers and adapters see is one kind of error. */
export function asSessionError(operation: string, cause: unknown): SessionError {
  return isSessionError(cause) ? cause : SessionError.driverFailed(operation, '', { cause })
}

/** Tells listeners of an error that ends a request's session, if it is one that they can listen to. */
export function reportRefusal(house: House, key: Parameters<typeof refuse>[2], error: unknown): void {
  const reason = isSessionError(error) ? REFUSALS[error.code] : 'store-error'
  if (reason !== undefined) refuse(house, reason, key, error)
}

/**
 * Whether a new session may stand in for one that could not be had, and why it takes no writes, if it takes none.
 * @throws {SessionError} why it could not be had, where the settings say so.
 */
export function whyInstead(house: House, key: StoreKey | undefined, cause: unknown): string | undefined {
  const error = asSessionError('open', cause)
  reportRefusal(house, key, error)
  const { onStoreError, onUnreadable } = house.settings
  if (error.code === 'ERR_SESSION_DRIVER_FAILED' && onStoreError === 'anonymous') return UNREACHABLE
  if (error.code === 'ERR_SESSION_UNREADABLE' && onUnreadable !== 'throw') return undefined
  throw error
}

/** Whether the one who asked has left. It makes no signal. */
export function isAborted(request: OpenRequest): boolean {
  return request.isAborted ?? request.signal?.aborted === true
}
