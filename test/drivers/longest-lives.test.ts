import { rmSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { FileDriver } from '../../src/drivers/file/file-driver.ts'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import type { LifetimeOptions, LockOptions } from '../../src/manager/options.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import type { SessionLifetime } from '../../src/session/own-lifetime.ts'
import { aRecord, newKey, recordUnder } from '../../src/testing/suite/records.ts'
import { describeNeeding } from '../support/needs.ts'
import type { Store } from '../support/sealed-world.ts'
import { mariaDbStores } from '../support/stores/mariadb.ts'
import { postgresStores } from '../support/stores/postgres.ts'
import { redisStores } from '../support/stores/redis.ts'
import { sqliteStore } from '../support/stores/sqlite.ts'
import { makeFolder } from './file/support.ts'

type Made = Pick<Store, 'connect' | 'remove'>

const { MAX_SAFE_INTEGER, MAX_VALUE } = Number

/** What somebody writes for "never", where no option says so. */
function longestLives(name: string, make: () => Made | Promise<Made>): void {
  const useTwice = async (lifetime: LifetimeOptions, lock: LockOptions = {}, asks: SessionLifetime = {}): Promise<void> => {
    const store = await make()
    for (const concurrency of ['exclusive', 'merge'] as const) {
      const sessions = new SessionManager({ driver: await store.connect(), lifetime, lock, concurrency, collectEverySeconds: 0 })
      const before = Date.now()
      const open = await sessions.open({})
      open.session.setUserId('ada')
      open.session.set('n', 1)
      open.session.setLifetime(asks)
      await open.session.save()
      open.session.increment('n')
      await open.commit()
      const again = await sessions.start(open.session.id)
      expect(again.increment('n'), concurrency).toBe(3)
      await again.save()
      const { sessions: listed } = await sessions.list({ userId: 'ada' })
      expect(Math.abs((listed[0]?.createdAt ?? 0) - before)).toBeLessThan(60_000)
      expect(await sessions.revokeUser('ada')).toBe(1)
      await sessions.close()
    }
    await store.remove()
  }

  describe(`${name}, and numbers that no clock comes to`, () => {
    it.each([MAX_SAFE_INTEGER, MAX_VALUE])('a session that may lie unused for %d seconds lives', async (idleSeconds) => {
      await useTwice({ idleSeconds, absoluteSeconds: 0 })
    })

    it.each([MAX_SAFE_INTEGER, MAX_VALUE])('so does one that may live for %d in all', async (absoluteSeconds) => {
      await useTwice({ absoluteSeconds })
    })

    it.each([MAX_SAFE_INTEGER, MAX_VALUE])('and one that itself asks for %d', async (seconds) => {
      await useTwice(
        { maxIdleSeconds: MAX_VALUE, maxAbsoluteSeconds: 0 },
        {},
        { idleSeconds: Math.min(seconds, 1e11), absoluteSeconds: seconds },
      )
    })

    it.each([MAX_SAFE_INTEGER, MAX_VALUE])(
      'so does a record of %d milliseconds, as the cookie of express-session may have them',
      async (idleMs) => {
        const store = await make()
        const driver = await store.connect()
        await driver.open()
        for (const absoluteMs of [undefined, idleMs]) {
          const key = newKey()
          await driver.insert(key, aRecord({ userId: 'ada', durations: { idleMs, absoluteMs } }))
          expect((await recordUnder(driver, key)).expiresAt).toBeGreaterThan(1e14)
          expect((await driver.touch(key, { idleMs, absoluteMs })).kind).toBe('written')
          expect((await recordUnder(driver, key)).expiresAt).toBeGreaterThan(1e14)
        }
        await driver.close()
        await store.remove()
      },
    )

    it.each([MAX_SAFE_INTEGER, MAX_VALUE])('a lock of %d seconds is held, and given back', async (seconds) => {
      await useTwice({}, { leaseSeconds: seconds, maxHoldSeconds: seconds })
    })
  })
}

longestLives('memory', () => {
  const driver = new MemoryDriver()
  return { connect: () => driver, remove: () => undefined }
})

longestLives('files', () => {
  const path = makeFolder()
  return { connect: () => new FileDriver({ path }), remove: () => rmSync(path, { recursive: true, force: true }) }
})

longestLives('SQLite', sqliteStore)

describeNeeding('postgres', 'on PostgreSQL', () => longestLives('PostgreSQL', postgresStores()))

describeNeeding('mariadb', 'on MariaDB', () => longestLives('MariaDB', mariaDbStores()))

describeNeeding('redis', 'on Redis', () => longestLives('Redis', redisStores()))
