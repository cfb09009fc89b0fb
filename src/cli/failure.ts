import { isSessionError } from '../session/errors.ts'
import { EXIT } from './exit-codes.ts'

/** Ends a command with one line for people, and an exit code. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly exitCode: number

  constructor(exitCode: number, message: string) {
    super(message)
    this.exitCode = exitCode
  }
}

// An id of a session has 40 hex digits, and may have been typed. A hash of one has 64, and may be shown.
const ID = /(?<![0-9a-f])[0-9a-f]{40}(?![0-9a-f])/gi
// A URL in a message of a client may have a password.
const CREDENTIALS = /\/\/[^/\s']*@/g

/** A text as one line, without what is nobody's to read. */
export function oneLine(text: string): string {
  return text
    .replaceAll(CREDENTIALS, '//')
    .replaceAll(ID, '(an id)')
    .replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029\s]+/gu, ' ')
    .trim()
}

/** What failed, as one line that says what to do, and the exit code. */
export function failureOf(error: unknown): { readonly message: string; readonly code: string; readonly exitCode: number } {
  if (error instanceof CommandError) return { message: oneLine(error.message), code: 'ERR_COMMAND', exitCode: error.exitCode }
  if (isCommanderError(error)) {
    const message = `${oneLine(error.message).replace(/^error: /, '')}. See: holdfast help`.replace('.. See', '. See')
    return { message, code: 'ERR_COMMAND', exitCode: EXIT.usage }
  }
  if (isSessionError(error)) {
    const isUsage = error.code === 'ERR_SESSION_CONFIG' || error.code === 'ERR_SESSION_INVALID_ARGUMENT'
    return { message: oneLine(error.message), code: error.code, exitCode: isUsage ? EXIT.usage : EXIT.store }
  }
  const message = error instanceof Error ? error.message : String(error)
  return { message: oneLine(message), code: 'ERR_COMMAND', exitCode: EXIT.no }
}

/** Commander's own, by its form: help and version are thrown as well, with the exit code 0. */
export function isCommanderError(error: unknown): error is Error & { readonly exitCode: number; readonly code: string } {
  return error instanceof Error && 'exitCode' in error && 'code' in error && String(error.code).startsWith('commander.')
}
