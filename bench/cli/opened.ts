import { EncryptedSerializer } from '../../src/serializers/encrypted.ts'
import type { LockingDriver } from '../../src/contracts/driver.ts'
import { expires, isHeld, keyAt, ring } from './sealed-records.ts'

/** What became of the sessions that live on: each is read under its key, and opened. */
export interface Opened {
  /** Sessions whose data are what they were. */
  readonly whole: number
  readonly underNew: number
  /** Those that were held when it came to them. */
  readonly underOld: number
}

const LANES = 64

/** @param count Of all that were made; every other one that nobody holds has expired. */
export async function openAll(driver: LockingDriver, count: number): Promise<Opened> {
  const serializer = new EncryptedSerializer({ keys: ring })
  const counts = { whole: 0, underNew: 0, underOld: 0 }
  let next = 0
  const lane = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) {
      if (expires(index) && !isHeld(index)) continue
      const key = keyAt(index)
      const found = await driver.read(key)
      if (found?.kind !== 'record') continue
      const { payload, flash } = found.record
      const { value } = await serializer.restore(payload, { key, field: 'payload' })
      await serializer.restore(flash, { key, field: 'flash' })
      const names = [payload, flash].map((text) => serializer.keyNameOf(text))
      if (names.every((name) => name === 'new')) counts.underNew++
      if (names.every((name) => name === 'old')) counts.underOld++
      if (typeof value === 'object' && value !== null && Reflect.get(value, 'count') === index) counts.whole++
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  return counts
}
