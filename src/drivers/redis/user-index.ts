import type { Durations } from '../../contracts/driver.ts'
import { asStoreKey, type StoreKey } from '../../session/id.ts'
import { sha256 } from '../../session/sha256.ts'
import type { Epoch } from '../revoke.ts'
import type { RedisLine } from './line.ts'
import { digitsIn, textIn, textsIn } from './replies.ts'
import { milliseconds } from './script-arguments.ts'
import { ENTER, ENTRIES, INDEX_MS, RAISE, READ_EPOCH, SHRINK } from './scripts/index.ts'

/** An entry: where a session of the user may be, and when it was entered, in Unix milliseconds on the server's clock. */
export interface Entry {
  readonly key: StoreKey
  readonly enteredAt: number
}

export interface Entries {
  readonly entries: readonly Entry[]
  readonly now: number
}

/** What names every index, before 64 hex digits. No session's key under the same prefix can: they are hex digits. */
export const USER = 'user:'

/** A session under way to be written is entered before it: a younger entry with nothing under its key is not stale. */
export const YOUNG_MS = 300_000

/**
 * Where each user's sessions may be, and the epoch of their revocations. An entry is a hint: it is written before its record, at login, and whoever
 * reads it looks at the record itself.
 */
export class UserIndex {
  readonly #line: RedisLine
  readonly #prefix: string

  constructor(line: RedisLine, prefix: string) {
    this.#line = line
    this.#prefix = prefix + USER
  }

  /** Enters a session, and reads the epoch. */
  async enter(userId: string, key: StoreKey, durations: Durations): Promise<Epoch> {
    // Its limits may be made longer later, and nothing enters it again then: a revocation must find it all the same.
    const longestMs = Math.max(Number(milliseconds(durations.absoluteMs)), INDEX_MS) + YOUNG_MS
    return this.#line.run('enter', ENTER, await this.#keyOf(userId), [key, String(longestMs)], epochOf)
  }

  async epoch(userId: string): Promise<Epoch> {
    return this.#line.run('epoch', READ_EPOCH, await this.#keyOf(userId), [], epochOf)
  }

  async raise(userId: string, exceptHandle: string | undefined): Promise<void> {
    await this.#line.run('revokeUser', RAISE, await this.#keyOf(userId), [exceptHandle ?? ''], () => undefined)
  }

  /** Entries from an instant on, in the order of instant and key. -1: all. */
  async entries(operation: string, userId: string, from: number, skip: number, count: number): Promise<Entries> {
    return this.entriesIn(operation, await this.#keyOf(userId), from, skip, count)
  }

  async entriesIn(operation: string, indexKey: string, from: number, skip: number, count: number): Promise<Entries> {
    const range = [String(from), String(skip), String(count)]
    const [now, ...rest] = await this.#line.run(operation, ENTRIES, indexKey, range, textsIn)
    const entries: Entry[] = []
    for (let at = 0; at < rest.length; at += 2) {
      const key = asStoreKey(rest[at])
      if (key !== undefined) entries.push({ key, enteredAt: digitsIn(rest[at + 1]) })
    }
    return { entries, now: digitsIn(now) }
  }

  async forget(userId: string, keys: readonly StoreKey[]): Promise<void> {
    await this.forgetIn(await this.#keyOf(userId), keys)
  }

  /** Lets an index in which nothing is left but the epoch end as soon as no login can need that. */
  async shrink(indexKey: string): Promise<void> {
    await this.#line.run('gc', SHRINK, indexKey, [], () => undefined)
  }

  async forgetIn(indexKey: string, keys: readonly StoreKey[]): Promise<void> {
    if (keys.length > 0) await this.#line.send('forget', indexKey, ['ZREM', indexKey, ...keys])
  }

  /** A user id may be any text, and is nobody's business who looks at the names of keys. */
  async #keyOf(userId: string): Promise<string> {
    // Bytes of UTF-16, so that half a surrogate pair is told from another.
    return this.#prefix + (await sha256(Uint8Array.from(Buffer.from(userId, 'utf16le'))))
  }
}

function epochOf(reply: unknown): Epoch {
  const text = textIn(reply)
  if (text === '') return { counter: 0, exceptHandle: undefined }
  const [, counter, handle] = /^~(\d+):(.*)$/s.exec(text) ?? []
  return { counter: digitsIn(counter), exceptHandle: handle === '' ? undefined : handle }
}
