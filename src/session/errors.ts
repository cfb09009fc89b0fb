import { shownKey } from './id.ts'
import type { StoreKey } from './id.ts'
import { isObject } from './plain.ts'

/** Every code that an error of this library can have. */
export type SessionErrorCode =
  | 'ERR_SESSION_CONFIG'
  | 'ERR_SESSION_ALREADY_STARTED'
  | 'ERR_SESSION_NOT_STARTED'
  | 'ERR_SESSION_CLOSED'
  | 'ERR_SESSION_READONLY'
  | 'ERR_SESSION_INVALID_ID'
  | 'ERR_SESSION_INVALID_ARGUMENT'
  | 'ERR_SESSION_SERIALIZATION_FAILED'
  | 'ERR_SESSION_DESERIALIZATION_FAILED'
  | 'ERR_SESSION_UNREADABLE'
  | 'ERR_SESSION_DRIVER_FAILED'
  | 'ERR_SESSION_SECURITY_VALIDATION_FAILED'
  | 'ERR_SESSION_EXPIRED'
  | 'ERR_SESSION_GONE'
  | 'ERR_SESSION_CONFLICT'
  | 'ERR_SESSION_ABORTED'
  | 'ERR_SESSION_LOCK_TIMEOUT'
  | 'ERR_SESSION_LOCK_QUEUE_FULL'
  | 'ERR_SESSION_LOCK_FAILED'
  | 'ERR_SESSION_LOCK_RELEASE_FAILED'
  | 'ERR_SESSION_LOCK_LOST'
  | 'ERR_SESSION_LOCK_SELF'
  | 'ERR_SESSION_LOCK_ALREADY_LOCKED'
  | 'ERR_SESSION_LOCK_NOT_LOCKED'
  | 'ERR_SESSION_CSRF'
  | 'ERR_SESSION_LIMIT'
  | 'ERR_SESSION_NOT_FRESH'

/** Any error of this library. Messages never hold an id, a token, a payload or a ring key; a store key, a hash, may stand in them. */
export class SessionError extends Error {
  override readonly name: string = 'SessionError'
  readonly code: SessionErrorCode
  /** The HTTP status that an adapter answers with when nobody else handles the error. */
  readonly status: number
  /** False: frameworks that follow the `http-errors` habit show their visitors the status only. */
  readonly expose = false as const
  /** True for every error of this library, also across two installed copies. */
  readonly isSessionError = true as const

  constructor(code: SessionErrorCode, message: string, options: ErrorOptions & { readonly status?: number } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.code = code
    this.status = options.status ?? 500
  }

  /** An option has a value that cannot work. The message names the option, what came, and what is allowed. */
  static config(option: string, problem: string): SessionError {
    return new SessionError('ERR_SESSION_CONFIG', `Option '${option}': ${problem}`)
  }

  /** A method was handed something it cannot use. */
  static invalidArgument(method: string, problem: string): SessionError {
    return new SessionError('ERR_SESSION_INVALID_ARGUMENT', `${method}: ${problem}`)
  }

  /** `start` was called for another id while the session is started. */
  static alreadyStarted(): SessionError {
    return new SessionError('ERR_SESSION_ALREADY_STARTED', 'Session has already been started. Save or release it first.')
  }

  /** A data method was called on a session that is not started. */
  static notStarted(): SessionError {
    return new SessionError('ERR_SESSION_NOT_STARTED', 'Session has not been started yet. Await start() first.')
  }

  /** A write came after the session was committed: the response may already be on its way. */
  static closed(): SessionError {
    return new SessionError(
      'ERR_SESSION_CLOSED',
      'Session is closed: the response has begun, or it was saved or ended. Write to it before, or end it by invalidate().',
    )
  }

  /** A write to a session that was opened with `concurrency: 'readonly'`. */
  static readonly(why = "it was opened with concurrency 'readonly'"): SessionError {
    return new SessionError('ERR_SESSION_READONLY', `Session is read-only: ${why}. Nothing was changed.`)
  }

  /** A text that was handed in as a session id has not the form of one. The text is not shown. */
  static invalidId(): SessionError {
    return new SessionError('ERR_SESSION_INVALID_ID', 'Invalid session ID: it must be 40 lowercase hex digits.')
  }

  /** A value cannot be kept. Nothing was written. */
  static serializationFailed(why = '', options?: ErrorOptions): SessionError {
    return new SessionError('ERR_SESSION_SERIALIZATION_FAILED', sentence('Failed to serialize session data.', why), options)
  }

  /** A stored text could not be understood. It stays as it is. */
  static deserializationFailed(why = '', options?: ErrorOptions): SessionError {
    return new SessionError('ERR_SESSION_DESERIALIZATION_FAILED', sentence('Failed to deserialize session data.', why), options)
  }

  /** A record is there and cannot be read. It stays as it is. */
  static unreadable(key: StoreKey, why: string, options?: ErrorOptions): SessionError {
    return new SessionError(
      'ERR_SESSION_UNREADABLE',
      `Session record '${shownKey(key)}' cannot be read: ${why}. It was left untouched.`,
      options,
    )
  }

  /** The store failed, or did not answer in time. */
  static driverFailed(operation: string, why = '', options?: ErrorOptions): SessionError {
    return new SessionError('ERR_SESSION_DRIVER_FAILED', sentence(`Session driver operation '${operation}' failed.`, why), {
      ...options,
      status: 503,
    })
  }

  static securityValidationFailed(reason: string): SessionError {
    return new SessionError('ERR_SESSION_SECURITY_VALIDATION_FAILED', `Session security validation failed: ${reason}`, { status: 403 })
  }

  static expired(): SessionError {
    return new SessionError('ERR_SESSION_EXPIRED', 'Session has expired.')
  }

  /** The session was destroyed, by a logout or a revocation, while this request held it. Nothing was written. */
  static gone(): SessionError {
    return new SessionError('ERR_SESSION_GONE', 'Session was ended by another request while this one ran. Nothing of it was stored.')
  }

  /** Another request stored something meanwhile on which what this one did does not fit. Nothing was written. */
  static conflict(what: string, options?: ErrorOptions): SessionError {
    return new SessionError(
      'ERR_SESSION_CONFLICT',
      `Another request changed ${what} while this one ran, and both changes cannot be kept. Nothing of this request was stored: send it again, or open the session with concurrency 'exclusive'.`,
      { ...options, status: 409 },
    )
  }

  /** The user has as many sessions as `maxPerUser` allows. The login was not stored. */
  static limit(sessions: number): SessionError {
    return new SessionError(
      'ERR_SESSION_LIMIT',
      `This user has as many sessions as maxPerUser allows (${sessions}). End another one first.`,
      {
        status: 403,
      },
    )
  }

  /** The user must prove again who they are before this. */
  static notFresh(): SessionError {
    return new SessionError(
      'ERR_SESSION_NOT_FRESH',
      'This needs a fresh login: the last proof of who the user is is too old, or too weak.',
      { status: 403 },
    )
  }

  /** The caller's signal ended a wait. */
  static aborted(cause: unknown): SessionError {
    return new SessionError('ERR_SESSION_ABORTED', 'Waiting for the session was aborted.', { cause })
  }
}

/** The lock of a session could not be had, or was lost. */
export class SessionLockError extends SessionError {
  override readonly name = 'SessionLockError'

  constructor(code: SessionErrorCode, message: string, options: ErrorOptions & { readonly status?: number } = {}) {
    super(code, message, { status: 503, ...options })
  }

  /** Another request kept the session locked for longer than this one would wait. */
  static timeout(key: StoreKey, seconds: number): SessionLockError {
    return new SessionLockError(
      'ERR_SESSION_LOCK_TIMEOUT',
      `Failed to acquire lock for session '${shownKey(key)}' within ${seconds} seconds. Raise lock.waitSeconds, or end the slow request sooner. ` +
        'A request that waits for itself (session() mounted twice, or a request to the own server with the visitor’s cookie) ends here too.',
    )
  }

  /** So many requests wait for one session already that another would only make it worse. */
  static queueFull(key: StoreKey, waiters: number): SessionLockError {
    return new SessionLockError(
      'ERR_SESSION_LOCK_QUEUE_FULL',
      `Failed to acquire lock for session '${shownKey(key)}'. Reason: ${waiters} requests wait for it already. Raise lock.maxWaiters, or use concurrency 'readonly' where nothing is written.`,
    )
  }

  static acquisitionFailed(key: StoreKey, reason = '', options?: ErrorOptions): SessionLockError {
    return new SessionLockError(
      'ERR_SESSION_LOCK_FAILED',
      because(`Failed to acquire lock for session '${shownKey(key)}'.`, reason),
      options,
    )
  }

  static releaseFailed(key: StoreKey, reason = '', options?: ErrorOptions): SessionLockError {
    return new SessionLockError(
      'ERR_SESSION_LOCK_RELEASE_FAILED',
      because(`Failed to release lock for session '${shownKey(key)}'.`, reason),
      options,
    )
  }

  static alreadyLocked(key: StoreKey): SessionLockError {
    return new SessionLockError('ERR_SESSION_LOCK_ALREADY_LOCKED', `Session '${shownKey(key)}' is already locked.`)
  }

  static notLocked(key: StoreKey): SessionLockError {
    return new SessionLockError('ERR_SESSION_LOCK_NOT_LOCKED', `Session '${shownKey(key)}' is not locked.`)
  }

  /** The lease ended before the commit: the request held the session for too long, or its process was paused. Nothing was written. */
  static lost(key: StoreKey, why = 'its lease ended or another request wrote'): SessionLockError {
    return new SessionLockError(
      'ERR_SESSION_LOCK_LOST',
      `Lost the lock for session '${shownKey(key)}': ${why}. Nothing of this request was stored.`,
    )
  }

  /** The store did not answer the write, and by the time it was read back another request had written. */
  static unsure(key: StoreKey): SessionLockError {
    return new SessionLockError(
      'ERR_SESSION_LOCK_LOST',
      `Lost the lock for session '${shownKey(key)}': the store did not answer, and another request has written since, or has ended the session. Whether this request was stored before that is not known: look before you do it again.`,
    )
  }

  /** The request waits for a lock that it holds itself. */
  static self(key: StoreKey): SessionLockError {
    return new SessionLockError(
      'ERR_SESSION_LOCK_SELF',
      `Failed to acquire lock for session '${shownKey(key)}'. Reason: this request holds it already. Use the session that it has, or start the second one with concurrency 'readonly'. For an application that is mounted in another, except its paths from the session() around it.`,
      { status: 500 },
    )
  }
}

/** A request that changes state did not prove that it came from the application's own pages. */
export class CsrfError extends SessionError {
  override readonly name = 'CsrfError'
  /** Which check refused: for logs, not for visitors. */
  readonly reason: string

  constructor(reason: string, status = 403) {
    super('ERR_SESSION_CSRF', 'CSRF token mismatch.', { status })
    this.reason = reason
  }
}

/** True for every error of this library, also one thrown by another installed copy. */
export function isSessionError(error: unknown): error is SessionError {
  return isObject(error) && 'isSessionError' in error && error.isSessionError === true
}

// The seed's rule: an empty message, or '0', adds nothing.
function sentence(first: string, why: string): string {
  return why === '' || why === '0' ? first : `${first} ${why}`
}

function because(first: string, reason: string): string {
  return reason === '' || reason === '0' ? first : `${first} Reason: ${reason}`
}
