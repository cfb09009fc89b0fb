import { describe, expect, it } from 'vitest'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { testClock } from '../../src/testing/index.ts'
import { GIVE_BACK, LONG, aMarker, aRecord, hold, listAll, livesFor, newKey, store } from '../../src/testing/suite/records.ts'

function bounded(maxEntries: number) {
  const clock = testClock()
  const driver = new MemoryDriver({ maxEntries, clock: clock.now })
  const isThere = async (key: ReturnType<typeof newKey>): Promise<boolean> =>
    (await driver.list({ limit: 100 })).sessions.some((one) => one.key === key)
  return { clock, driver, isThere }
}

describe('MemoryDriver with maxEntries', () => {
  it('refuses a limit that cannot work', () => {
    for (const maxEntries of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => new MemoryDriver({ maxEntries })).toThrow(/'maxEntries'/)
    }
  })

  it('refuses an option that it does not know', () => {
    const misspelt: object = { maxEntrys: 5 }
    expect(() => new MemoryDriver(misspelt)).toThrow(/'maxEntrys'.*'maxEntries'/)
  })

  it('pushes out the session that was used least recently', async () => {
    const { driver, isThere } = bounded(3)
    const [a, b, c] = [await store(driver), await store(driver), await store(driver)]
    await driver.read(a.key)
    await driver.touch(b.key, aRecord().durations)
    const d = await store(driver)
    expect(await Promise.all([a, b, c, d].map(({ key }) => isThere(key)))).toEqual([true, true, false, true])
    await driver.update(a.key, aRecord(), a.version)
    await store(driver)
    expect(await isThere(a.key)).toBe(true)
    expect(await isThere(b.key)).toBe(false)
  })

  it('pushes out what has expired first, however recently it was used', async () => {
    const { driver, clock, isThere } = bounded(3)
    const [idle, other] = [await store(driver), await store(driver)]
    const brief = await store(driver, livesFor(1000))
    await driver.read(brief.key)
    clock.advance(1000)
    await store(driver)
    expect(await isThere(idle.key)).toBe(true)
    expect(await isThere(other.key)).toBe(true)
  })

  it('finds the expired one also behind those whose time was renewed', async () => {
    const { driver, clock, isThere } = bounded(12)
    const renewed = await Promise.all(Array.from({ length: 10 }, () => store(driver, livesFor(500))))
    for (const { key } of renewed) await driver.touch(key, { idleMs: LONG, absoluteMs: undefined })
    const idle = await store(driver)
    await store(driver, livesFor(1000))
    for (const { key } of renewed) await driver.read(key)
    clock.advance(1000)
    await store(driver)
    expect(await isThere(idle.key)).toBe(true)
    expect((await listAll(driver)).length).toBe(12)
  })

  it('never pushes out a session in use, but the next one', async () => {
    const { driver, isThere } = bounded(2)
    const [inUse, free] = [await store(driver), await store(driver)]
    const { lease } = await hold(driver, inUse.key)
    await driver.read(free.key)
    await store(driver)
    expect(await isThere(inUse.key)).toBe(true)
    expect(await isThere(free.key)).toBe(false)
    expect((await driver.commit(lease, aRecord(), GIVE_BACK)).kind).toBe('written')
  })

  it('rejects a new session while all are in use, and says what to do', async () => {
    const { driver } = bounded(2)
    const [a, b] = [await store(driver), await store(driver)]
    const [held] = [await hold(driver, a.key), await hold(driver, b.key)]
    await expect(driver.insert(newKey(), aRecord())).rejects.toMatchObject({
      code: 'ERR_SESSION_DRIVER_FAILED',
      message: expect.stringMatching(/'insert'.*2 records.*maxEntries/),
    })
    const to = newKey()
    await expect(driver.replace(held.lease, to, aRecord(), aMarker(), GIVE_BACK)).rejects.toMatchObject({
      code: 'ERR_SESSION_DRIVER_FAILED',
    })
    expect(await driver.renew(held.lease, LONG)).toBe(true)
    expect((await driver.replace(held.lease, to, aRecord(), undefined, GIVE_BACK)).kind).toBe('written')
    await store(driver)
  })

  it('counts markers, and pushes them out like records', async () => {
    const { driver } = bounded(2)
    const { key } = await store(driver)
    const { lease } = await hold(driver, key)
    const to = newKey()
    await driver.replace(lease, to, aRecord(), aMarker(), GIVE_BACK)
    await store(driver)
    expect(await driver.read(key)).toBeUndefined()
    expect(await driver.read(to)).toMatchObject({ kind: 'record' })
  })

  it('holds no more than its limit through 5,000 sessions', async () => {
    const { driver } = bounded(100)
    for (let n = 0; n < 5000; n++) await store(driver, { userId: n % 2 === 0 ? 'even' : undefined })
    expect((await listAll(driver)).length).toBe(100)
    expect((await listAll(driver, 'even')).length).toBe(50)
  })
})

describe('MemoryDriver', () => {
  it('collects 20,000 expired sessions in turns, so that others get theirs', async () => {
    const { driver, clock } = bounded(30_000)
    await Promise.all(Array.from({ length: 20_000 }, () => store(driver, livesFor(1000))))
    clock.advance(1000)
    let turns = 0
    const timer = setInterval(() => (turns += 1), 0)
    expect(await driver.gc()).toBe(20_000)
    clearInterval(timer)
    expect(turns).toBeGreaterThan(10)
  })

  it.each([Number.NaN, 0, -1, 0.5, Number.POSITIVE_INFINITY])(
    'collects and ends, also where the batch is %d, as of a variable that is not set',
    async (batchSize) => {
      const { driver, clock } = bounded(100)
      for (let n = 0; n < 20; n++) await store(driver, livesFor(1000))
      clock.advance(1000)
      expect(await driver.gc({ batchSize, signal: AbortSignal.timeout(500) })).toBe(20)
    },
  )

  it('counts one session where it ends those of a user, however many ids that one had', async () => {
    const { driver } = bounded(100)
    let { key } = await store(driver, { userId: '7' })
    for (let n = 0; n < 3; n++) {
      const { lease } = await hold(driver, key)
      key = newKey()
      await driver.replace(lease, key, aRecord({ userId: '7' }), aMarker(), GIVE_BACK)
    }
    expect((await driver.list({ userId: '7', limit: 1 })).sessions.map((one) => one.key)).toEqual([key])
    expect(await driver.revokeUser('7')).toBe(1)
  })

  it('does not look at live sessions when it collects: their time was renewed, and its look comes later', async () => {
    const { driver, clock } = bounded(100)
    const { key } = await store(driver, livesFor(1000))
    for (let n = 0; n < 5; n++) {
      clock.advance(900)
      await driver.touch(key, { idleMs: 1000, absoluteMs: undefined })
      expect(await driver.gc()).toBe(0)
    }
    clock.advance(1000)
    expect(await driver.gc()).toBe(1)
  })

  it('takes the expiry anew when the clock was set back', async () => {
    const { driver, clock } = bounded(10)
    clock.advance(10 * LONG)
    const { key } = await store(driver)
    clock.advance(-10 * LONG)
    await driver.touch(key, aRecord().durations)
    clock.advance(LONG)
    expect(await driver.read(key)).toBeUndefined()
  })

  it('gives out records that do not change under their reader', async () => {
    const { driver } = bounded(10)
    const { key, version } = await store(driver)
    const before = await driver.read(key)
    const copy = structuredClone(before)
    await driver.touch(key, { idleMs: 2 * LONG, absoluteMs: undefined })
    await driver.update(key, aRecord({ payload: 'new' }), version)
    expect(before).toEqual(copy)
  })
})
