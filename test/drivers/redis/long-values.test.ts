import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RedisDriver } from '../../../src/drivers/redis/redis-driver.ts'
import { GIVE_BACK, aRecord, hold, newKey, recordUnder } from '../../../src/testing/suite/records.ts'
import { describeNeeding } from '../../support/needs.ts'
import { type Place, newPrefix, openPlace } from '../../support/redis-plain.ts'

// A script reads this many bytes of a value at once, and the rest only for who may have it.
const AT_ONCE = 4096

describeNeeding('redis', 'values of Redis that are as long as what is read at once', () => {
  const prefix = newPrefix()
  let place: Place
  let driver: RedisDriver

  beforeAll(async () => {
    place = await openPlace(prefix)
    driver = new RedisDriver({ client: place.plain, prefix })
    await driver.open()
  })
  afterAll(async () => {
    await driver.close()
    await place.close()
  })

  describe.each([AT_ONCE - 1, AT_ONCE, AT_ONCE + 1, 2 * AT_ONCE - 100])('%i bytes', (bytes) => {
    it('are read whole, under the lock and without', async () => {
      const key = newKey()
      await driver.insert(key, aRecord({ payload: '' }))
      const empty = await place.plain.strLen(prefix + key)
      // The number before a text is longer for a long one.
      const payload = 'é'.repeat(10) + 'x'.repeat(bytes - empty - 21)
      const first = await hold(driver, key)
      await driver.commit(first.lease, aRecord({ payload }), GIVE_BACK)
      expect(await place.plain.strLen(prefix + key)).toBe(bytes)
      expect((await recordUnder(driver, key)).payload).toBe(payload)
      const again = await hold(driver, key)
      expect(again.record.payload).toBe(payload)
      await driver.unlock(again.lease)
    })
  })

  it('a version whose token is longer than what is read with the header is found under it, by each write', async () => {
    const key = newKey()
    const writeToken = 'w'.repeat(200)
    await driver.insert(key, aRecord({ writeToken }))
    const first = await hold(driver, key)
    expect(await driver.commit(first.lease, aRecord({ writeToken }), GIVE_BACK)).toMatchObject({ kind: 'written' })
    const { version } = await recordUnder(driver, key)
    expect(await driver.update(key, aRecord({ writeToken: 'short' }), { ...version, writeToken: `${'w'.repeat(199)}x` })).toEqual({
      kind: 'conflict',
    })
    expect(await driver.update(key, aRecord(), version)).toMatchObject({ kind: 'written' })
  })
})
