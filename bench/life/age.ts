import type { SessionDriver } from '../../src/contracts/driver.ts'
import type { StoreKey } from '../../src/session/id.ts'
import { randomHex } from '../../src/session/random.ts'

/** Makes a session older than it is, so that nobody need wait until its id is to be renewed. */
export async function age(driver: SessionDriver, key: StoreKey, seconds: number): Promise<void> {
  const found = await driver.read(key)
  if (found?.kind !== 'record') throw new Error(`there is no session under ${key}`)
  const { record, now } = found
  const durations = { idleMs: record.expiresAt - now, absoluteMs: undefined }
  const older = { createdAt: record.createdAt - 1000 * seconds, regeneratedAt: undefined, durations, writeToken: randomHex(16) }
  const { kind } = await driver.update(key, { ...record, ...older }, record.version)
  if (kind !== 'written') throw new Error(`the session under ${key} is ${kind}`)
}
