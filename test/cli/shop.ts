import type { LockingDriver } from '../../src/contracts/driver.ts'
import { EncryptedSerializer } from '../../src/serializers/encrypted.ts'
import type { KeyRingOptions } from '../../src/serializers/encrypted.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'

/** A word that lies in the data of every session. */
export const PAYLOAD_WORD = 'turmoil-of-the-heart'
export const FLASH_WORD = 'a-flash-of-lightning'

export interface Visitor {
  readonly id: string
  readonly token: string
  readonly handle: string
  readonly userId: string | undefined
}

/** Stores sessions as an application does: half of them of the user `ada`, the others of nobody. */
export async function visitors(driver: LockingDriver, count: number, keys?: KeyRingOptions): Promise<Visitor[]> {
  const sessions = new SessionManager({
    driver,
    collectEverySeconds: 0,
    ...(keys !== undefined && { serializer: new EncryptedSerializer({ keys }) }),
  })
  const made: Visitor[] = []
  for (let n = 0; n < count; n++) {
    const session = await sessions.start()
    session.set('secret.word', `${PAYLOAD_WORD} ${n}`)
    session.flash('status', FLASH_WORD)
    if (n % 2 === 0) session.setUserId('ada')
    session.setRequestInfo(`203.0.113.${(n % 250) + 1}`, 'Mozilla/5.0 (Windows NT 10.0) Firefox/140.0')
    const token = session.token()
    await session.save()
    made.push({ id: session.id, token, handle: session.handle ?? '', userId: session.userId })
  }
  return made
}

/** A record that ends at once. */
export const ENDED = { idleMs: 1, absoluteMs: undefined } as const
