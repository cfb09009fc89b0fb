import type { Found, ListedSession } from '../contracts/driver.ts'
import { isSessionError } from '../session/errors.ts'
import { type StoreKey, asStoreKey } from '../session/id.ts'
import { EXIT } from './exit-codes.ts'
import { CommandError } from './failure.ts'
import type { Store } from './store.ts'
import { listed } from './walk.ts'

const HASH_LENGTH = 64
const ID_LENGTH = 40

/** What lies under a name that was typed: the key of the store, or the handle of a session. */
export type Named = { readonly key: StoreKey; readonly found: Found } | { readonly key: StoreKey; readonly found: 'unreadable' } | undefined

/**
 * Finds what a key or a handle names. A handle is looked for among a user's sessions, else among all.
 * @throws {CommandError} for an id of a session, which is a secret, and stays out of command lines.
 */
export async function named(store: Store, name: string, owner: { readonly userId?: string }): Promise<Named> {
  const text = name.trim().toLowerCase()
  const key = asStoreKey(text)
  if (key?.length === ID_LENGTH) {
    throw new CommandError(
      EXIT.usage,
      "That looks like a session's id, which is a secret. Give the key or the handle that holdfast list shows.",
    )
  }
  if (key?.length === HASH_LENGTH) return await under(store, key)
  const session = await withHandle(store, name.trim(), owner)
  return session === undefined ? undefined : await under(store, session.key)
}

/** @throws {CommandError} that nothing is there. */
export function nothingThere(): CommandError {
  return new CommandError(EXIT.no, 'No session has this key or handle: it has ended, or never was. See: holdfast list')
}

/** @returns An error that says that something is there, and cannot be read. */
export function notReadable(): CommandError {
  return new CommandError(EXIT.no, 'The record is there and cannot be read: it is damaged, or another program wrote it. It stays as it is.')
}

async function under({ driver }: Store, key: StoreKey): Promise<Named> {
  try {
    const found = await driver.read(key)
    return found === undefined ? undefined : { key, found }
  } catch (error) {
    if (isSessionError(error) && error.code === 'ERR_SESSION_UNREADABLE') return { key, found: 'unreadable' }
    throw error
  }
}

async function withHandle({ driver }: Store, handle: string, owner: { readonly userId?: string }): Promise<ListedSession | undefined> {
  for await (const { sessions } of listed(driver, owner)) {
    const session = sessions.find((one) => one.handle === handle)
    if (session !== undefined) return session
  }
  return undefined
}
