import { createHash } from 'node:crypto'
import { isSessionError, SessionError } from '../../session/errors.ts'
import { asStoreKey } from '../../session/id.ts'
import type { StoreKey } from '../../session/id.ts'
import { isObject } from '../../session/plain.ts'

// With `hashIds: false` the file is named after the id itself, and the system's own messages name the file.
const ID_IN_PATH = /(?<![0-9a-f])[0-9a-f]{40}(?![0-9a-f])/g

/** The system's short name of what went wrong, such as `ENOENT`. */
export function codeOf(error: unknown): string | undefined {
  // Not asked for its class: where code runs in a context of its own, as in Jest, the system's errors are of another `Error`.
  return isObject(error) && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** Makes of what the system threw an error that says what to do. An error of this library stays as it is. */
export function failure(operation: string, root: string, error: unknown): SessionError {
  if (isSessionError(error)) return error
  return SessionError.driverFailed(operation, adviceFor(codeOf(error), root), { cause: withoutId(error) })
}

/** The record is there and is not one, or is damaged. */
export function unreadable(key: StoreKey, why: string, error?: unknown): SessionError {
  return SessionError.unreadable(shownKey(key), why, error === undefined ? undefined : { cause: withoutId(error) })
}

function adviceFor(code: string | undefined, root: string): string {
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return `There is no room left for '${root}': free some, or raise the quota. What was stored is intact.`
    case 'EMFILE':
    case 'ENFILE':
      return 'Too many open files: each locked session keeps one open. Raise the limit (ulimit -n), or end requests sooner.'
    case 'EROFS':
      return `The file system of '${root}' is read-only: mount it writable, or choose another path.`
    case 'EACCES':
    case 'EPERM':
      return `This process may not read and write in '${root}': give the folder and all in it to the user that runs it.`
    case 'ENOENT':
    case 'ENOTDIR':
      return `'${root}' is not the session folder that was opened: mount or restore it, or open the driver again.`
    default:
      return code === undefined ? '' : `The system answered ${code} in '${root}'.`
  }
}

function withoutId(error: unknown): unknown {
  const message: unknown = isObject(error) ? Reflect.get(error, 'message') : undefined
  if (typeof message !== 'string' || message.search(ID_IN_PATH) === -1) return error
  return Object.assign(new Error(message.replaceAll(ID_IN_PATH, '[id]')), { code: codeOf(error) })
}

function shownKey(key: StoreKey): StoreKey {
  return key.length === 40 ? (asStoreKey(createHash('sha256').update(key).digest('hex')) ?? key) : key
}
