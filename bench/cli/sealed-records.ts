import { createHash } from 'node:crypto'
import type { RecordWrite } from '../../src/contracts/driver.ts'
import { EncryptedSerializer } from '../../src/serializers/encrypted.ts'
import type { StoreKey } from '../../src/session/id.ts'
import { HOUR_MS, keyFrom, randomFrom, recordWith } from '../file/support.ts'
import { keyTextFrom } from '../seal/support.ts'
import { ordinaryData } from '../servers/counter-app.ts'

/** The ring before the rotation, and as it is in the midst of it. */
const oldRing = { old: keyTextFrom('old') }
export const ring = { new: keyTextFrom('new'), old: { key: oldRing.old, state: 'opens' } } as const

/** Sessions that somebody holds, of those that live and of those that are to expire. */
export const HELD = 10

const SESSIONS_A_USER = 10
const DIGITS = 32

/** The same for a number each time, so that nobody need keep a million. */
export function keyAt(index: number): StoreKey {
  return keyFrom(createHash('sha256').update(`sealed session ${index}`).digest('hex'))
}

/** Every other one is to expire. */
export function expires(index: number): boolean {
  return index % 2 === 1
}

/** Whether somebody holds it all the while. */
export function isHeld(index: number): boolean {
  return index < 2 * HELD
}

/** Who has it: each user has some that live and some that expire. */
function userAt(index: number): string {
  return `user ${Math.floor(index / SESSIONS_A_USER)}`
}

/** Makes the records of sessions as a manager stores them: 300 ordinary bytes, each sealed for its own key. */
export function sealing(seed: number): (index: number) => Promise<RecordWrite> {
  const serializer = new EncryptedSerializer({ keys: oldRing })
  const random = randomFrom(seed)
  const hex = (digits: number): string => Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join('')
  return async (index) => {
    const key = keyAt(index)
    const payload = await serializer.prepare({ ...ordinaryData, count: index }, { key, field: 'payload' })
    const flash = await serializer.prepare({}, { key, field: 'flash' })
    if (payload === undefined || flash === undefined) throw new TypeError('nothing to store')
    const durations = { idleMs: 24 * HOUR_MS, absoluteMs: undefined }
    return recordWith(payload, { flash, durations, handle: hex(24), writeToken: hex(DIGITS), userId: userAt(index) })
  }
}
