import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LockingDriver } from '../../src/contracts/driver.ts'
import { FileDriver } from '../../src/drivers/file/file-driver.ts'
import type { StoreKey } from '../../src/session/id.ts'
import { randomHex } from '../../src/session/random.ts'
import { newKey, newMarker, randomFrom, recordWith, withFolder } from './support.ts'

export interface LogoutResult {
  readonly logouts: number
  /** Saves that came before the logout. */
  readonly saved: number
  /** Saves that were told that the session is gone. */
  readonly refused: number
  /** Sessions that were there after both: must be 0. */
  readonly broughtBack: number
}

/** Logouts against saves that have other things in between, by two drivers on one folder. */
export async function logoutsOnFiles(logouts: number, seed: number, durability: 'process' | 'power'): Promise<LogoutResult> {
  return withFolder(async (path) => {
    const [saver, other] = [new FileDriver({ path, durability }), new FileDriver({ path, durability })]
    await saver.open()
    await other.open()
    const result = await logoutsInOneProcess(saver, other, logouts, seed, durability === 'power' ? 2 : 0)
    await saver.close()
    await other.close()
    return result
  })
}

/** @param stepMs How long a step of the driver takes: what happens between steps takes as long. */
async function logoutsInOneProcess(
  saver: LockingDriver,
  other: LockingDriver,
  logouts: number,
  seed: number,
  stepMs: number,
): Promise<LogoutResult> {
  const random = randomFrom(seed)
  const counts = { saved: 0, refused: 0, broughtBack: 0 }
  const pause = async (): Promise<void> => {
    if (stepMs > 0) return sleep(random() * stepMs)
    const turns = Math.floor(random() * 4)
    for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve))
  }
  const save = async (key: StoreKey, moved: StoreKey): Promise<void> => {
    const token = randomHex(16)
    const acquired = await saver.acquire(key, { token, leaseMs: 60_000 })
    if (acquired.kind !== 'held') return void (counts.refused += 1)
    await pause()
    const first = await saver.commit(acquired.lease, recordWith('first'), { keepLease: randomHex(16), leaseMs: 60_000 })
    if (first.kind !== 'written' || first.lease === undefined) return void (counts.refused += 1)
    await pause()
    const last =
      random() < 0.5
        ? await saver.commit(first.lease, recordWith('last'), { leaseMs: 60_000 })
        : await saver.replace(first.lease, moved, recordWith('moved'), newMarker(), { leaseMs: 60_000 })
    if (last.kind === 'written') counts.saved += 1
    else counts.refused += 1
  }
  const logOut = async (key: StoreKey, moved: StoreKey): Promise<void> => {
    for (let steps = Math.floor(random() * 5); steps > 0; steps--) await pause()
    await endSession(other, key, moved)
  }
  for (let logout = 0; logout < logouts; logout++) {
    const [key, moved] = [newKey(), newKey()]
    await saver.insert(key, recordWith('new'))
    await Promise.all([save(key, moved), logOut(key, moved)])
    if (await isThere(other, key, moved)) counts.broughtBack += 1
  }
  return { logouts, ...counts }
}

/** Logouts in this process, against saves in another one, some microseconds apart. */
export async function logoutsAcrossProcesses(logouts: number, seed: number): Promise<LogoutResult> {
  return withFolder(async (path) => {
    const random = randomFrom(seed)
    const driver = new FileDriver({ path })
    await driver.open()
    const child = spawn(process.execPath, [join(import.meta.dirname, 'save-worker.ts'), path], { stdio: ['pipe', 'pipe', 'inherit'] })
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const answer = async (): Promise<string> => {
      const { value, done } = await lines.next()
      if (done === true) throw new Error('the other process ended')
      return value
    }
    const counts = { saved: 0, refused: 0, broughtBack: 0 }
    try {
      for (let logout = 0; logout < logouts; logout++) {
        const [key, moved] = [newKey(), newKey()]
        await driver.insert(key, recordWith('new'))
        child.stdin.write(`${key} ${moved} ${Math.floor(random() * 150)} ${random() < 0.5 ? 'save' : 'move'}\n`)
        await answer()
        spin(Math.floor(random() * 150))
        await endSession(driver, key, moved)
        if ((await answer()) === 'written') counts.saved += 1
        else counts.refused += 1
        if (await isThere(driver, key, moved)) counts.broughtBack += 1
      }
    } finally {
      child.kill()
      await driver.close()
    }
    return { logouts, ...counts }
  })
}

/** Keeps the processor busy for about so many microseconds. */
export function spin(microseconds: number): void {
  const end = performance.now() + microseconds / 1000
  while (performance.now() < end);
}

/** Ends a session as a logout does: where it finds the marker of a renewal, it follows it. */
async function endSession(driver: LockingDriver, key: StoreKey, moved: StoreKey): Promise<void> {
  const destroyed = await driver.destroy(key)
  if (destroyed.kind === 'marker') await driver.destroy(moved)
}

async function isThere(driver: LockingDriver, key: StoreKey, moved: StoreKey): Promise<boolean> {
  return (await driver.read(key))?.kind === 'record' || (await driver.read(moved))?.kind === 'record'
}
