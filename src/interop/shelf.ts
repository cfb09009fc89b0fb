import type { StoreKey } from '../session/id.ts'
import type { Contents } from './contents.ts'

/** Somebody else's store, as much of it as a driver of ours needs. Every method rejects with what the store says. */
export interface Shelf {
  /** What lies under a key, in whatever form; `undefined` when nothing does. */
  read(key: StoreKey): Promise<unknown>
  /** Puts it there, in place of what was, for so many milliseconds. */
  write(contents: Contents, keepMs: number): Promise<void>
  /** Removing nothing is fine. */
  remove(key: StoreKey): Promise<void>
}

/** A store that can say what it has. */
export interface OpenShelf extends Shelf {
  /** The keys of what was written here: all, or at least all of a user. */
  keys(userId: string | undefined): Promise<readonly StoreKey[]>
}
