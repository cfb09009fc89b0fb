import { newSessionId } from '../session/id.ts'
import type { SessionId } from '../session/id.ts'
import { randomHex } from '../session/random.ts'
import { successorId } from './digest.ts'
import type { Replacement } from './store-steps.ts'

const SALT_BYTES = 16

/** The id that a session is to have next, and how it comes to it: after a login nobody finds it by the old one. */
export async function nextId(
  id: SessionId,
  reason: Replacement['reason'],
): Promise<{ readonly id: SessionId; readonly replacement: Replacement }> {
  if (reason === 'login') return { id: newSessionId(), replacement: { reason, salt: undefined } }
  const salt = randomHex(SALT_BYTES)
  return { id: await successorId(id, salt), replacement: { reason, salt } }
}
