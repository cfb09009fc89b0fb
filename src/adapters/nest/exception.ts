import { HttpException, Logger } from '@nestjs/common'
import { errorResponseWords } from '../../http/failure.ts'
import { isSessionError } from '../../session/errors.ts'
import type { SessionError } from '../../session/errors.ts'

/**
 * A `SessionError` as an exception of Nest: with its status, and a message that tells the visitor nothing about the cause. Exception filters get it where a session could
 * not be opened or stored and where a guard refused. A filter of your own may make one of a `SessionError` that a handler threw.
 */
export class SessionException extends HttpException {
  /** What happened. */
  declare readonly cause: SessionError

  constructor(cause: SessionError) {
    const { status, body } = errorResponseWords(cause)
    super(body, status, { cause })
  }
}

const logger = new Logger('SessionModule')

/** What exception filters are given for an error of ours; any other stays what it is. Nest logs no exception that has a status, and a store that is down must be heard of. */
export function asException(error: unknown): unknown {
  if (!isSessionError(error)) return error
  const exception = new SessionException(error)
  // A client that hung up is nobody's fault.
  if (exception.getStatus() >= 500 && error.code !== 'ERR_SESSION_ABORTED') logger.error(error)
  return exception
}
