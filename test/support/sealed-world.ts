import { expect, onTestFinished } from 'vitest'
import type { ListingDriver, LockingDriver, RewritingDriver, StoredRecord } from '../../src/contracts/driver.ts'
import type { SessionEvents } from '../../src/contracts/events.ts'
import type { Serializer } from '../../src/contracts/serializer.ts'
import type { SessionManagerOptions } from '../../src/manager/options.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import type { StoreKey } from '../../src/session/id.ts'
import type { DefaultData } from '../../src/session/path-types.ts'
import { keyOf } from '../manager/support/shop.ts'

/** A store of its own for one test. */
export interface Store {
  /** A driver on this store: another one each time, as another process has it. */
  readonly connect: () => WholeDriver | Promise<WholeDriver>
  /** All that lies under a key, byte for byte. */
  readonly raw: (key: StoreKey) => Promise<Uint8Array>
  /** Removes it when the test is over. Drivers are closed before. */
  readonly remove: () => void | Promise<void>
}

export type WholeDriver = LockingDriver & ListingDriver & RewritingDriver
type Options = Partial<Omit<SessionManagerOptions<DefaultData>, 'driver' | 'concurrency' | 'assumeSingleProcess'>>

/** One process with the store. */
export interface Deployed {
  readonly sessions: SessionManager
  readonly refusals: SessionEvents['refused'][]
  readonly troubles: SessionEvents['trouble'][]
}

export interface World {
  /** A process that was deployed with this serializer; plain texts without one. */
  readonly deploy: (serializer?: Serializer, options?: Options) => Promise<Deployed>
  readonly driver: WholeDriver
  readonly store: Store
  readonly recordOf: (id: string) => Promise<StoredRecord | undefined>
  /** What lies in the store under these ids, in hex, once no request holds them. */
  readonly bytesOf: (ids: readonly string[]) => Promise<string[]>
}

/** Makes a store and what a test needs around it. It is removed when the test is over. */
export async function openWorld(open: () => Store | Promise<Store>): Promise<World> {
  const store = await open()
  const managers: SessionManager[] = []
  const driver = await store.connect()
  onTestFinished(async () => {
    for (const manager of managers) await manager.close({ waitSeconds: 1 })
    await driver.close()
    await store.remove()
  })
  await driver.open()
  return {
    store,
    driver,
    deploy: async (serializer, options = {}) => {
      const sessions = new SessionManager({ driver: await store.connect(), ...(serializer && { serializer }), ...options })
      managers.push(sessions)
      const refusals: SessionEvents['refused'][] = []
      const troubles: SessionEvents['trouble'][] = []
      sessions.on('refused', (event) => void refusals.push(event))
      sessions.on('trouble', (event) => void troubles.push(event))
      return { sessions, refusals, troubles }
    },
    recordOf: async (id) => {
      const found = await driver.read(keyOf(id))
      return found?.kind === 'record' ? found.record : undefined
    },
    bytesOf: async (ids) => {
      await leasesEnd(driver, ids)
      return await Promise.all(ids.map(async (id) => Buffer.from(await store.raw(keyOf(id))).toString('hex')))
    },
  }
}

export const ADDRESS = '203.0.113.77'

/** Some sessions of some users. Gives their ids. */
export async function fillStore(sessions: SessionManager, count = 4): Promise<string[]> {
  const ids: string[] = []
  for (let n = 0; n < count; n++) {
    const session = await sessions.start()
    session.set('cart', { secret: 'Brötchen 🥐', n })
    session.flash('status', 'flash-secret')
    session.setUserId(`user-${n}`)
    session.setIpAddress(ADDRESS)
    await session.save()
    ids.push(session.id)
  }
  return ids
}

/** What the sessions of these ids hold. */
export async function contentsOf(sessions: SessionManager, ids: readonly string[]): Promise<unknown[]> {
  const contents: unknown[] = []
  for (const id of ids) {
    const session = await sessions.start(id, { concurrency: 'readonly' })
    contents.push(session.isNew ? 'new' : [session.get('cart'), session.getFlash('status'), session.userId, session.ipAddress])
  }
  return contents
}

/** What they hold when nothing was lost. */
export function whole(count = 4): unknown[] {
  return Array.from({ length: count }, (_, n) => [{ secret: 'Brötchen 🥐', n }, 'flash-secret', `user-${n}`, ADDRESS])
}

/** A lease is given back in the background, and the token of the last one may stay beside the record: here it is always the same. */
async function leasesEnd(driver: WholeDriver, ids: readonly string[]): Promise<void> {
  const token = 'a'.repeat(32)
  for (const id of ids) {
    const key = keyOf(id)
    await expect.poll(async () => (await driver.acquire(key, { token, leaseMs: 10_000 })).kind, { timeout: 20_000 }).toBe('held')
    expect(await driver.unlock({ key, token })).toBe(true)
  }
}
