import { isSessionError } from '../../session/errors.ts'

const TAKES_NONE: ReadonlySet<string> = new Set(['ERR_SESSION_READONLY', 'ERR_SESSION_CLOSED', 'ERR_SESSION_NOT_STARTED'])

/** Writes, and answers whether the session takes writes. What is wrong with the write itself is thrown. */
export function isTaken(write: () => void): boolean {
  try {
    write()
    return true
  } catch (error) {
    if (isSessionError(error) && TAKES_NONE.has(error.code)) return false
    throw error
  }
}
