import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FileDriver } from '../../src/drivers/file/file-driver.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { newKey, recordUnder, store } from '../../src/testing/suite/records.ts'
import { testClock } from '../../src/testing/test-clock.ts'
import { below, fileOf, openDriver } from '../drivers/file/support.ts'
import { failureOf } from '../manager/support/shop.ts'

const lease = { token: 'a'.repeat(32), leaseMs: 1000 }
const other = { token: 'b'.repeat(32), leaseMs: 1000 }

describe('the file driver', () => {
  it('S-180: takes its options by name, and refuses what it does not know or cannot use', () => {
    const wrong: [object, string][] = [
      [{ path: '' }, "Option 'path': must be the path of a folder"],
      [{ path: 'x', ttl: 7200 }, "Option 'ttl': is not known."],
      [{ path: 'x', durabilty: 'power' }, "Did you mean 'durability'?"],
      [{ path: 'x', durability: 'disk' }, 'must be one of "process", "power", not "disk".'],
      [{ path: 'x', singleProcess: 'false' }, "Option 'singleProcess': must be true or false"],
      [{ path: 'x', clock: 5 }, "Option 'clock': must be a function"],
    ]
    for (const [options, message] of wrong) expect(() => Reflect.construct(FileDriver, [options]), message).toThrow(message)
  })

  it('S-186 S-188: a missing file is no session; one that cannot be read is an error, without the id', async () => {
    const driver = await openDriver()
    expect(await driver.read(newKey())).toBeUndefined()
    const { key } = await store(driver)
    writeFileSync(fileOf(driver.path, key), 'not a record')
    expect(await failureOf(driver.read(key))).toMatchObject({ code: 'ERR_SESSION_UNREADABLE' })
  })

  it('S-187: a read writes nothing', async () => {
    const clock = testClock()
    const driver = await openDriver({ clock: clock.now })
    const { key } = await store(driver)
    const path = fileOf(driver.path, key)
    const [bytes, { mtimeMs }] = [readFileSync(path), statSync(path)]
    clock.advance(60_000)
    await driver.read(key)
    expect(readFileSync(path).equals(bytes)).toBe(true)
    expect(statSync(path).mtimeMs).toBe(mtimeMs)
  })

  it('S-189: a session ends with its lifetime although its file is still there', async () => {
    const clock = testClock()
    const driver = await openDriver({ clock: clock.now })
    const sessions = new SessionManager({ driver, lifetime: { idleSeconds: 100 }, collectEverySeconds: 0 })
    const id = await sessions.run(undefined, (session) => (session.set('a', 1), session.id))
    clock.advance(100_000)
    const files = below(driver.path)
    expect(await sessions.run(id, (session) => [session.isNew, session.get('a')])).toEqual([true, undefined])
    expect(below(driver.path)).toEqual(files)
  })

  it('S-191: a new record is whole before it has its name, and nothing temporary stays', async () => {
    const driver = await openDriver()
    await Promise.all(Array.from({ length: 20 }, () => store(driver)))
    expect(readdirSync(join(driver.path, 'tmp'))).toEqual([])
  })

  it('S-192: a text may hold any characters', async () => {
    const driver = await openDriver()
    const payload = '\u0000\ud800 half a pair, "quotes" and \u00e9'
    const { key } = await store(driver, { payload })
    expect((await recordUnder(driver, key)).payload).toBe(payload)
  })

  it('S-193: destroy() ends a session that another holds, and leaves the locks of others', async () => {
    const driver = await openDriver()
    const [mine, theirs] = [await store(driver), await store(driver)]
    for (const { key } of [mine, theirs]) await driver.acquire(key, lease)
    expect((await driver.destroy(mine.key)).kind).toBe('record')
    expect((await driver.acquire(mine.key, other)).kind).toBe('absent')
    expect((await driver.acquire(theirs.key, other)).kind).toBe('busy')
  })

  it('S-195: the lock is the kernel’s: a driver that knows nothing of the first finds it taken, and free when it is given back', async () => {
    const first = await openDriver()
    const second = await openDriver({ path: first.path })
    const { key } = await store(first)
    await first.acquire(key, lease)
    expect((await second.acquire(key, other)).kind).toBe('busy')
    await first.unlock({ key, token: lease.token })
    expect((await second.acquire(key, other)).kind).toBe('held')
  })

  it('S-197: who waits in vain is told so with the key’s hash, and never with the id', async () => {
    const driver = await openDriver()
    const sessions = new SessionManager({ driver, lock: { waitSeconds: 0.01 }, collectEverySeconds: 0 })
    const id = await sessions.run(undefined, (session) => (session.set('a', 1), session.id))
    const held = await sessions.start(id)
    const error = await failureOf(sessions.start(id))
    expect(String(error)).toMatch(/Failed to acquire lock for session '[0-9a-f]{64}' within 0.01 seconds/)
    expect(String(error)).not.toContain(id)
    await held.release()
  })

  it('S-198: there is no lock file to be left behind, and giving a lock back leaves the record where it is', async () => {
    const driver = await openDriver()
    const { key } = await store(driver)
    const [before, { ino }] = [below(driver.path), statSync(fileOf(driver.path, key))]
    await driver.acquire(key, lease)
    expect(below(driver.path)).toEqual(before)
    await driver.unlock({ key, token: lease.token })
    expect(below(driver.path)).toEqual(before)
    expect(statSync(fileOf(driver.path, key)).ino).toBe(ino)
  })
})
