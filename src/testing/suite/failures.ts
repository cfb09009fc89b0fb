import type { LockingDriver, RewritingDriver, SessionDriver } from '../../contracts/driver.ts'
import { assert, equal, rejects } from '../assert.ts'
import { LONG, aRecord, newKey, newToken, recordUnder, someTexts, store } from './records.ts'
import type { Suite } from './world.ts'

/** Absent, unreadable and unreachable are three different results. */
export function failureTests(suite: Suite): void {
  suite.unreadable(
    'SessionDriver: Absent is an answer; a record that is there and cannot be read rejects with `ERR_SESSION_UNREADABLE`',
    async ({ driver, corrupt }) => {
      const { key, version } = await store(driver)
      await corrupt(key)
      equal(await driver.read(newKey()), undefined, 'an absent record')
      await rejects(driver.read(key), 'ERR_SESSION_UNREADABLE')
      await rejects(driver.update(key, aRecord(), version), 'ERR_SESSION_UNREADABLE')
      if (isRewriting(driver)) await rejects(driver.rewrite(key, someTexts(), version), 'ERR_SESSION_UNREADABLE')
    },
  )

  suite.unreadable('a record that cannot be read is not taken for a free key', async ({ driver, corrupt }) => {
    const { key } = await store(driver)
    await corrupt(key)
    const inserted = await driver.insert(key, aRecord()).catch(() => undefined)
    equal(inserted, undefined, 'insert')
    await rejects(driver.read(key), 'ERR_SESSION_UNREADABLE')
  })

  suite.unreadable('a collection leaves a record that cannot be read', async ({ driver, corrupt }) => {
    const { key, version } = await store(driver)
    const undo = await corrupt(key)
    await driver.gc()
    await undo()
    equal((await recordUnder(driver, key)).version, version)
  })

  suite.unreadable('asking for the lease of a record that cannot be read leaves no lease behind', async ({ driver, corrupt }) => {
    if (!isLocking(driver)) return
    const { key } = await store(driver)
    const undo = await corrupt(key)
    await rejects(driver.acquire(key, { token: newToken(), leaseMs: LONG }), 'ERR_SESSION_UNREADABLE')
    await undo()
    equal((await driver.acquire(key, { token: newToken(), leaseMs: LONG })).kind, 'held')
  })

  suite.failing('SessionDriver: A store that failed rejects with `ERR_SESSION_DRIVER_FAILED` and its `cause`', async (world) => {
    const { driver, breakStore } = world
    const { key, version, write } = await store(driver)
    const undo = await breakStore()
    try {
      const calls = [
        driver.read(key),
        driver.insert(newKey(), aRecord()),
        driver.update(key, aRecord(), version),
        driver.touch(key, write.durations),
        driver.destroy(key),
        ...(isLocking(driver) ? [driver.acquire(key, { token: newToken(), leaseMs: LONG })] : []),
        ...(isRewriting(driver) ? [driver.rewrite(key, someTexts(), version)] : []),
      ]
      const errors = await Promise.all(calls.map((call) => rejects(call, 'ERR_SESSION_DRIVER_FAILED')))
      for (const error of errors) assert(error.cause !== undefined, `the error has no cause: ${error.message}`)
    } finally {
      await undo()
    }
  })

  if (!suite.canFail && !suite.canBeUnreadable) return
  suite.test('SessionDriver: Neither changes what is stored', async ({ driver, corrupt, breakStore }) => {
    const { key, version, write } = await store(driver)
    const before = await recordUnder(driver, key)
    const fixtures = [...(suite.canBeUnreadable ? [() => corrupt(key)] : []), ...(suite.canFail ? [breakStore] : [])]
    for (const breakIt of fixtures) {
      const undo = await breakIt()
      const attempts: Promise<unknown>[] = [
        driver.insert(key, aRecord()),
        driver.update(key, aRecord(), version),
        driver.touch(key, write.durations, version),
      ]
      if (isLocking(driver)) attempts.push(driver.commit({ key, token: newToken(), version }, aRecord(), { leaseMs: LONG }))
      if (isRewriting(driver)) attempts.push(driver.rewrite(key, someTexts(), version))
      await Promise.allSettled(attempts)
      await undo()
      equal(await recordUnder(driver, key), before, 'the record')
    }
  })
}

function isLocking(driver: SessionDriver): driver is LockingDriver {
  return 'acquire' in driver
}

function isRewriting(driver: SessionDriver): driver is RewritingDriver {
  return 'rewrite' in driver
}
