import { closeSync, existsSync, mkdirSync, openSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hold, newKey, recordWith } from '../../../bench/file/support.ts'
import { collect } from '../../../src/drivers/file/collect.ts'
import { kernelLocks } from '../../../src/drivers/file/kernel-lock.ts'
import { lockRecord } from '../../../src/drivers/file/open-record.ts'
import { isSession, renewExpiry } from '../../../src/drivers/file/overwrite.ts'
import { userFolder } from '../../../src/drivers/file/paths.ts'
import { testClock } from '../../../src/testing/index.ts'
import { below, fileOf, openDriver } from './support.ts'

const SHORT = { durations: { idleMs: 1000, absoluteMs: undefined } }

describe('a collection (S-194, D-59)', () => {
  it('removes the temporary files of dead processes, not those that are held or young (S-194)', async () => {
    const { path, gc } = await collected()
    const [old, young, held] = ['old', 'young', 'held'].map((name) => join(path, 'tmp', name))
    for (const file of [old, young, held]) writeFileSync(file ?? '', 'x')
    for (const file of [old, held]) makeOld(file ?? '')
    const locks = kernelLocks()
    if (typeof locks === 'string') throw new Error(locks)
    const fd = openSync(held ?? '', 'r+')
    locks.take(fd)
    expect(await gc()).toBe(0)
    expect(readdirSync(join(path, 'tmp')).toSorted()).toEqual(['held', 'young'])
    locks.close(fd)
    await gc()
    expect(readdirSync(join(path, 'tmp'))).toEqual(['young'])
  })

  it('leaves links and folders among the temporary files, and goes on', async () => {
    const { path, gc, driver, clock } = await collected()
    const [link, folder, old] = ['link', 'folder', 'old'].map((name) => join(path, 'tmp', name))
    for (const file of [old, join(path, 'elsewhere')]) writeFileSync(file ?? '', 'x')
    symlinkSync(join(path, 'elsewhere'), link ?? '')
    mkdirSync(folder ?? '')
    for (const name of [link, folder, old]) makeOld(name ?? '')
    await driver.insert(newKey(), recordWith('x', { ...SHORT, userId: 'ada' }))
    clock.advance(2000)
    expect(await gc()).toBe(1)
    expect(readdirSync(join(path, 'tmp')).toSorted()).toEqual(['folder', 'link'])
    expect(existsSync(join(path, 'elsewhere'))).toBe(true)
  })

  it('is one at a time, whichever driver or process begins it', async () => {
    const { driver, path, gc, clock } = await collected()
    const neighbour = await openDriver({ path, clock: clock.now })
    for (let count = 0; count < 300; count++) await driver.insert(newKey(), recordWith('x', SHORT))
    clock.advance(2000)
    const [ours, theirs] = await Promise.all([gc(), neighbour.gc()])
    expect([ours, theirs]).toEqual([300, 0])
    expect(await neighbour.gc()).toBe(0)
    await driver.insert(newKey(), recordWith('x', SHORT))
    clock.advance(2000)
    expect(await neighbour.gc()).toBe(1)
  })

  it('leaves what it does not know', async () => {
    const { path, gc } = await collected()
    mkdirSync(join(path, 'aa'))
    const strangers = ['aa/README', 'aa/sess_0123', 'backup.tar', 'users/notes']
    for (const name of strangers) {
      writeFileSync(join(path, name), 'x')
      makeOld(join(path, name))
    }
    await gc()
    expect(below(path)).toEqual(expect.arrayContaining(strangers))
  })

  it('removes index entries whose record is gone, and folders of users who have none left', async () => {
    const { driver, path, gc, clock } = await collected()
    const [kept, expired] = [newKey(), newKey()]
    await driver.insert(kept, recordWith('x', { userId: 'ada' }))
    await driver.insert(expired, recordWith('x', { userId: 'ada', ...SHORT }))
    await driver.insert(newKey(), recordWith('x', { userId: 'bob', ...SHORT }))
    await driver.revokeUser('carol')
    for (const user of ['ada', 'bob', 'carol']) {
      for (const name of readdirSync(userFolder(path, user))) makeOld(join(userFolder(path, user), name))
    }
    clock.advance(2000)
    expect(await gc()).toBe(2)
    expect(readdirSync(userFolder(path, 'ada'))).toEqual([kept])
    expect(existsSync(userFolder(path, 'bob'))).toBe(false)
    expect(existsSync(userFolder(path, 'carol'))).toBe(false)
    expect((await driver.list({ userId: 'ada' })).sessions.map(({ key }) => key)).toEqual([kept])
  })

  it('leaves young index entries: their record may be on its way', async () => {
    const { path, gc } = await collected()
    mkdirSync(userFolder(path, 'ada'), { recursive: true })
    const entry = join(userFolder(path, 'ada'), newKey())
    closeSync(openSync(entry, 'w'))
    await gc()
    expect(existsSync(entry)).toBe(true)
    makeOld(entry)
    await gc()
    expect(existsSync(entry)).toBe(false)
  })

  it('takes an expired record that is held when its holder is gone, and not before', async () => {
    const { driver, path, gc, clock } = await collected()
    const key = newKey()
    await driver.insert(key, recordWith('x', SHORT))
    const other = await openDriver({ path, clock: clock.now })
    const { lease } = await hold(other, key)
    clock.advance(2000)
    expect(await gc()).toBe(0)
    expect(existsSync(fileOf(path, key))).toBe(true)
    await other.unlock(lease)
    expect(await gc()).toBe(1)
    expect(existsSync(fileOf(path, key))).toBe(false)
  })

  it('leaves a record that is used between the look at it and the lock on it', async () => {
    const { driver, path, clock } = await collected()
    const key = newKey()
    await driver.insert(key, recordWith('x', SHORT))
    clock.advance(2000)
    const locks = kernelLocks()
    if (typeof locks === 'string') throw new Error(locks)
    const folder = { root: path, locks, isDurable: false }
    let asked = 0
    const slow = {
      ...locks,
      take: (fd: number): boolean => {
        asked += 1
        if (asked === 1) renewNow()
        return locks.take(fd)
      },
    }
    const renewNow = (): void => {
      const open = lockRecord(folder, key)
      if (open === undefined || open === 'busy' || !isSession(open)) throw new Error('not there')
      void renewExpiry(folder, open, { idleMs: 60_000, absoluteMs: undefined }, clock.now())
      locks.close(open.fd)
    }
    expect(await collect({ ...folder, locks: slow }, {}, clock.now)).toBe(0)
    expect(asked).toBe(1)
    expect(await driver.read(key)).toMatchObject({ kind: 'record' })
  })

  it('gives others their turn while it runs, and stops when it is told to', async () => {
    const { driver, path, gc, clock } = await collected()
    for (let n = 0; n < 300; n++) await driver.insert(newKey(), recordWith('x', SHORT))
    clock.advance(2000)
    const abort = new AbortController()
    const collecting = gc({ batchSize: 10, signal: abort.signal })
    while (recordsIn(path) > 280) await new Promise((resolve) => setImmediate(resolve))
    abort.abort()
    const removed = await collecting
    expect(removed).toBeGreaterThan(0)
    expect(removed).toBeLessThan(300)
    expect(await gc()).toBe(300 - removed)
  })
})

async function collected() {
  const clock = testClock()
  const driver = await openDriver({ clock: clock.now })
  return { driver, clock, path: driver.path, gc: (options?: Parameters<typeof driver.gc>[0]): Promise<number> => driver.gc(options) }
}

/** An hour old, by the system's clock: that is whose time files have. */
function makeOld(path: string): void {
  const then = Date.now() / 1000 - 3600
  utimesSync(path, then, then)
}

function recordsIn(path: string): number {
  return below(path).filter((name) => /^[0-9a-f]{2}\/[0-9a-f]{64}$/.test(name)).length
}
