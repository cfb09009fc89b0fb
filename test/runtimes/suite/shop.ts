import { csrfToken } from '../../../src/http/csrf-words.ts'
import type { Session } from '../../../src/session/session.ts'
import { turn } from './kit.ts'

// What the routes of the application do, whatever framework it is written for.

/** Reads, lets others run, and writes: without a lock, parallel requests lose updates. */
export async function count(session: Session): Promise<string> {
  const before = Number(session.get('count', 0))
  await turn()
  session.set('count', before + 1)
  return String(before + 1)
}

export function tokenOf(session: Session): string {
  return csrfToken(session)
}

export async function login(session: Session): Promise<void> {
  await session.regenerate({ destroy: true })
  session.setUserId('ada')
}

/** A body in three parts, which were not there when the response began. */
export function parts(session: Session): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  let left = 3
  return new ReadableStream({
    async pull(controller) {
      await turn()
      if (left === 0) controller.close()
      else controller.enqueue(encoder.encode(`${Number(session.get('count'))}.`))
      left -= 1
    },
  })
}
