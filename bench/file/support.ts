import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Acquired, LockingDriver, MarkerWrite, RecordWrite } from '../../src/contracts/driver.ts'
import { asStoreKey } from '../../src/session/id.ts'
import type { StoreKey } from '../../src/session/id.ts'
import { randomHex } from '../../src/session/random.ts'

export const HOUR_MS = 3_600_000

/** What a session holds before and after the save that is killed. */
export const OLD_PAYLOAD = 'old '.repeat(60)
export const NEW_PAYLOAD = 'new '.repeat(70)
/** One that has no room beside its slot's descriptor. */
export const NEW_LONG_PAYLOAD = 'new '.repeat(5000)

export function newKey(): StoreKey {
  return keyFrom(randomHex(32))
}

export function keyFrom(text: string | undefined): StoreKey {
  const key = asStoreKey(text)
  if (key === undefined) throw new TypeError('not a store key')
  return key
}

/** A record of a session that outlives the run. */
export function recordWith(payload: string, changes: Partial<RecordWrite> = {}): RecordWrite {
  return {
    payload,
    flash: '{}',
    handle: randomHex(16),
    createdAt: 'now',
    authenticatedAt: undefined,
    regeneratedAt: undefined,
    userId: undefined,
    ipAddress: '192.0.2.1',
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64)',
    durations: { idleMs: HOUR_MS, absoluteMs: undefined },
    writeToken: randomHex(16),
    ...changes,
  }
}

export function newMarker(): MarkerWrite {
  return { reason: 'rotation', salt: randomHex(16), minimumMs: HOUR_MS, maximumMs: 24 * HOUR_MS, writeToken: randomHex(16) }
}

/** Takes the lease of a record, and waits while others have it. */
export async function hold(driver: LockingDriver, key: StoreKey): Promise<Extract<Acquired, { readonly kind: 'held' }>> {
  for (;;) {
    const acquired = await driver.acquire(key, { token: randomHex(16), leaseMs: 10_000 })
    if (acquired.kind === 'held') return acquired
    if (acquired.kind !== 'busy') throw new Error(`the session under ${key} is ${acquired.kind}`)
    await sleep(1 + Math.random() * 4)
  }
}

/** Runs with a folder that is gone afterwards. */
export async function withFolder<Result>(run: (path: string) => Promise<Result>): Promise<Result> {
  const path = await mkdtemp(join(tmpdir(), 'holdfast-'))
  try {
    return await run(path)
  } finally {
    await rm(path, { recursive: true, force: true })
  }
}

/** Random numbers from 0 to 1 that come again with the same seed. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
