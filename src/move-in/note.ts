import type { Session } from '../session/session.ts'
import { asStoreKey } from '../session/id.ts'
import type { StoreKey } from '../session/id.ts'
import { isObject } from '../session/plain.ts'
import { randomHex } from '../session/random.ts'

/** Where a session that moved in notes where it came from, beside its metadata. */
export const NOTE_KEY = 'moved_in'
/** Where it notes which old session is nothing to it any more: a merging request that began before that may bring its note back. */
const LEFT_KEY = 'moved_out'
const STAMP_BYTES = 8

/** What a session that moved in knows of the old one. No store needs the cookie's secret, and none of it is here. */
export interface Note {
  /** The old cookie's name. */
  readonly from: string
  /** The key of the way that led here. */
  readonly key: StoreKey
  /** Whose the session was when this was noted. */
  readonly owner: string | undefined
  /** Whether the old session has been kept for a way back. Once it was not, nothing that becomes of it matters here, whatever the options say later. */
  readonly wayBack: 'open' | 'closed'
  /** Names the old session in its store, if it has one and was kept. */
  readonly identity: string | undefined
  /** Fingerprint of what the old store holds, as far as it was seen or written from here. */
  readonly seen: string | undefined
  /** That of what was found there before the last write, in case that it does not come there, or not yet. */
  readonly before: string | undefined
  /** The stamp of the last write there. It ends in the fingerprint of what was written. */
  readonly stamp: string | undefined
}

type Noted = Pick<Session<object>, 'metadata'>

export function noteIn({ metadata }: Noted): Note | undefined {
  const value = metadata.get(NOTE_KEY)
  if (!isObject(value)) return undefined
  const { from, key, owner, wayBack, identity, seen, before, stamp }: Partial<Record<keyof Note, unknown>> = value
  const way = asStoreKey(key)
  if (typeof from !== 'string' || way === undefined || way === metadata.get(LEFT_KEY)) return undefined
  const common = { from, key: way, owner: text(owner) }
  if (wayBack !== 'open') return closedNote(common)
  return { ...common, wayBack, identity: text(identity), seen: text(seen), before: text(before), stamp: text(stamp) }
}

/** The same, unless the session is somebody else's by now: a login that was stored in the midst of a request that failed leaves the note of who was there before. */
export function ownNoteIn(session: Noted & Pick<Session<object>, 'userId'>): Note | undefined {
  const note = noteIn(session)
  return note?.owner === session.userId ? note : undefined
}

/**
 * Whether the old store holds what it did before a write from here that has not come there, or what another write from here has put there, which then is as its
 * stamp says. What the old application changes has the stamp of the last write, or is not as its stamp says.
 */
export function isBehind({ before, stamp }: Note, found: string, foundStamp: string | undefined): boolean {
  return foundStamp !== stamp && (found === before || foundStamp?.endsWith(`.${found}`) === true)
}

/** The note of a write that is about to go there, where this was found. */
export function writingNote(note: Note, found: string, now: string): Note {
  return { ...note, seen: now, before: found, stamp: `${randomHex(STAMP_BYTES)}.${now}` }
}

/** Notes it. */
export function putNote({ metadata }: Noted, note: Note): void {
  metadata.set(NOTE_KEY, plainNote(note))
}

/** Notes that the old session is nothing to this one any more. */
export function leaveNote({ metadata }: Noted, { key }: Note): void {
  metadata.set(NOTE_KEY, undefined)
  metadata.set(LEFT_KEY, key)
}

/** A note of an old session that was not kept. */
export function closedNote({ from, key, owner }: Pick<Note, 'from' | 'key' | 'owner'>): Note {
  return { from, key, owner, wayBack: 'closed', identity: undefined, seen: undefined, before: undefined, stamp: undefined }
}

/** A note as it is stored: without what is not known. */
export function plainNote(note: Note): Record<string, string> {
  const plain: Record<string, string> = {}
  for (const [name, value] of Object.entries(note)) if (typeof value === 'string') plain[name] = value
  return plain
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
