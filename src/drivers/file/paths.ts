// <root>/holdfast.json        format and kind of lock
// <root>/<aa>/<key>           a record, under the first two digits of its key
// <root>/<aa>/<key>.ending    the same while it is being destroyed
// <root>/users/<aa>/<hash>/   one user's folder: an entry named after each key, and the epoch
// <root>/tmp/                 files that have no name yet
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { SessionError } from '../../session/errors.ts'
import { asStoreKey } from '../../session/id.ts'
import type { StoreKey } from '../../session/id.ts'
import { randomHex } from '../../session/random.ts'

/** The folders that records lie in: one for each two hex digits. */
export const FANS: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

export const formatPath = (root: string): string => join(root, 'holdfast.json')
export const tempFolder = (root: string): string => join(root, 'tmp')
export const usersFolder = (root: string): string => join(root, 'users')
export const newTempPath = (root: string): string => `${tempFolder(root)}/${randomHex(16)}`

/**
 * Where a record lies. Whatever the types say, only a text that has the form of a key becomes a path.
 *
 * @throws {SessionError} `ERR_SESSION_INVALID_ARGUMENT`; the text is not shown.
 */
export function recordPath(root: string, key: StoreKey): string {
  if (asStoreKey(key) === undefined) throw SessionError.invalidArgument('FileDriver', 'a key must be 64 or 40 lowercase hex digits')
  return `${root}/${key.slice(0, 2)}/${key}`
}

/** Where a record lies while it is being destroyed: nobody finds it there who does not destroy as well. */
export const endingPath = (root: string, key: StoreKey): string => recordPath(root, key) + ENDING
const ENDING = '.ending'

/** The key of a record that is being destroyed, by the name of its file. */
export function endingKey(name: string): StoreKey | undefined {
  return name.endsWith(ENDING) ? asStoreKey(name.slice(0, -ENDING.length)) : undefined
}

/** Where a user's index entries lie. A user id may be any text, so its hash names the folder. */
export function userFolder(root: string, userId: string): string {
  const hash = createHash('sha256').update(userId).digest('hex')
  return `${usersFolder(root)}/${hash.slice(0, 2)}/${hash}`
}
