import { SessionError } from '../session/errors.ts'
import { asStoreKey } from '../session/id.ts'

/**
 * The key behind which a walk in the order of the keys goes on; without a cursor it stands before all of them.
 * @throws {SessionError} `ERR_SESSION_INVALID_ARGUMENT` for a text that is no key: a walk that went on from there could pass all over, and seem to be at its end.
 */
export function keyBehind(operation: string, cursor: string | undefined): string {
  const after = cursor === undefined ? '' : asStoreKey(cursor)
  if (after === undefined) throw wrongCursor(operation)
  return after
}

/** What a walk says to a cursor that is none of its own. */
export function wrongCursor(operation: string): SessionError {
  return SessionError.invalidArgument(
    operation,
    'the cursor is none that a page before ended with. Leave it out to begin at the beginning.',
  )
}
