import type { RefusalReason } from '../contracts/events.ts'
import { SessionError, isSessionError } from '../session/errors.ts'
import type { SessionErrorCode } from '../session/errors.ts'
import type { SessionId } from '../session/id.ts'
import type { Concurrency } from '../session/session-state.ts'
import { findExclusive, findReadonly } from './finder.ts'
import type { Finding } from './finder.ts'
import { refuse } from './house.ts'
import type { Wait } from './lock-queue.ts'
import type { OpenRequest } from './open-session.ts'
import type { House } from './house.ts'

const REFUSALS: Partial<Record<SessionErrorCode, RefusalReason>> = {
  ERR_SESSION_LOCK_TIMEOUT: 'lock-timeout',
  ERR_SESSION_LOCK_QUEUE_FULL: 'queue-full',
  ERR_SESSION_LOCK_SELF: 'lock-self',
  ERR_SESSION_LOCK_LOST: 'lock-lost',
  ERR_SESSION_UNREADABLE: 'unreadable',
  ERR_SESSION_DRIVER_FAILED: 'store-error',
  ERR_SESSION_GONE: 'gone',
}

/** Finds the first of several ids that leads to a session. Without one it is about an id that a login replaced, or else the last. */
export async function findFirst(
  house: House,
  ids: readonly SessionId[],
  mode: Concurrency,
  request: OpenRequest,
): Promise<Finding | undefined> {
  const { waitSeconds } = house.settings
  const deadline = performance.now() + waitSeconds * 1000
  const wait: Wait = {
    waitSeconds,
    deadline,
    get signal() {
      return request.signal
    },
    get isAborted() {
      return isAborted(request)
    },
  }
  let finding: Finding | undefined
  let replaced: Finding | undefined
  for (const id of ids) {
    finding = mode === 'readonly' ? await findReadonly(house, id) : await findExclusive(house, id, wait)
    if (finding.kind === 'found') return finding
    if (finding.kind === 'replaced') replaced = finding
    else refuse(house, finding.kind === 'reused' ? 'replaced-id' : 'unknown-id', finding.key, undefined)
  }
  return replaced ?? finding
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

/** Whether the one who asked has left. It makes no signal. */
export function isAborted(request: OpenRequest): boolean {
  return request.isAborted ?? request.signal?.aborted === true
}
