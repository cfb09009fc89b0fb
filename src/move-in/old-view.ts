import type { Cookies } from 'cookie'
import type { OpenRequest, OpenSession } from '../manager/open-session.ts'
import { setOwn } from '../session/plain.ts'
import { userIdOf } from '../session/request-info.ts'
import type { Session } from '../session/session.ts'
import { ownData, withoutReserved } from './contents.ts'
import { fingerprint } from './fingerprint.ts'
import type { KeptAlive } from './kept-alive.ts'
import { isBehind, ownNoteIn, putNote } from './note.ts'
import type { OldContents, OldSession, OldSource } from './old-session.ts'
import { keyOfOld } from './ways.ts'
import type { Ground } from './ways.ts'

/** What a request brings beside our own cookie. */
export interface Brought {
  readonly cookies: Cookies
  readonly olds: readonly OldSession[]
}

/** A request, and what stands around it while visitors move in. */
export interface View {
  readonly ground: Ground
  readonly request: OpenRequest
  readonly brought: Brought
  readonly sources: readonly OldSource[]
  /** Whether the old application may come back, and so old sessions stay. */
  readonly isWayBackOpen: boolean
  readonly keptAlive: KeptAlive
}

/**
 * While there is a way back, looks at the old session of one that has moved in: it may have ended in the old application, or changed there. What was changed
 * there is taken over. Gives what the old store holds, if there is one; `'ended'` when the session has ended, here too.
 */
export async function comparedWithOld<Data extends object>(
  view: View,
  open: OpenSession<Data>,
): Promise<OldContents | 'ended' | undefined> {
  const note = ownNoteIn(open.session)
  const source = view.sources.find(({ cookieName }) => cookieName === note?.from)
  if (note?.wayBack !== 'open' || source === undefined || !view.isWayBackOpen) return undefined
  try {
    if (source.shelf === undefined || note.identity === undefined) {
      // Each save there makes another seal, and a logout none.
      const old = view.brought.olds.find((brought) => brought.source === source)
      if (old !== undefined && (await keyOfOld(old)) === note.key) return undefined
      return await endHere(open)
    }
    const contents = await source.shelf.read(note.identity)
    if (contents === undefined) return await endHere(open)
    const found = fingerprint(ownData(contents.raw))
    if (found === note.seen || isBehind(note, found, contents.stamp) || open.session.mode === 'readonly') return contents
    await takeOver(view, open.session, contents)
    putNote(open.session, { ...note, owner: open.session.userId, seen: found, before: undefined })
    return contents
  } catch (error) {
    await open.session.release()
    throw error
  }
}

/** Ends a session that is over elsewhere; one that is only read is left, and shown to nobody. */
export async function endHere<Data extends object>({ session }: OpenSession<Data>): Promise<'ended'> {
  try {
    if (session.mode !== 'readonly') await session.destroy()
  } finally {
    // Where the store did not end it, no request has it that would give its lock back.
    await session.release()
  }
  return 'ended'
}

/** Puts in place of a session's data what the old application has made of it since. */
async function takeOver<Data extends object>({ ground }: View, session: Session<Data>, { data, userId }: OldContents): Promise<void> {
  const { attributes } = session
  attributes.clear()
  for (const [name, value] of Object.entries(withoutReserved(data, ground.house.newBags()))) {
    // A name with a dot is a way into the data here, and was none there.
    if (name.includes('.')) setOwn(attributes.data, name, value)
    else attributes.set(name, value)
  }
  const owner = userIdOf(userId)
  if (owner === session.userId) return
  await session.regenerate({ destroy: true })
  session.setUserId(owner ?? null)
}
