import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FileDriver } from '../../src/drivers/file/file-driver.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { SessionError } from '../../src/session/errors.ts'
import { aRecord, newKey, store } from '../../src/testing/suite/records.ts'
import { newFolder } from '../drivers/file/support.ts'
import { codeOf, openShop } from '../manager/support/shop.ts'
import { onEachDriver } from './support.ts'

const TOKEN = 'a'.repeat(32)
const lease = { token: TOKEN, leaseMs: 1000 }

describe('the driver contract', () => {
  it('S-160: open() checks the store, and a manager tells at start-up what it found', async () => {
    const path = newFolder()
    const usable = new SessionManager({ driver: new FileDriver({ path: join(path, 'a', 'b') }) })
    await usable.ready()
    await usable.close()
    writeFileSync(join(path, 'file'), '')
    const unusable = new SessionManager({ driver: new FileDriver({ path: join(path, 'file') }) })
    await expect(unusable.ready()).rejects.toThrow("Session driver operation 'open' failed.")
  })

  it('S-161: close() gives leases back, and may be called twice', async () => {
    await onEachDriver(async (driver) => {
      const { key } = await store(driver)
      await driver.acquire(key, lease)
      await driver.close()
      await driver.close()
      await driver.open()
      const again = await driver.acquire(key, { ...lease, token: 'b'.repeat(32) })
      expect(again.kind).toBe('held')
    })
  })

  it('S-162: read() gives the record or nothing, and never one that has expired', async () => {
    await onEachDriver(async (driver, clock) => {
      const { key } = await store(driver, { payload: '{"a":1}', durations: { idleMs: 1000, absoluteMs: undefined } })
      const found = await driver.read(key)
      expect(found?.kind === 'record' && found.record.payload).toBe('{"a":1}')
      expect(await driver.read(newKey())).toBeUndefined()
      clock.advance(1000)
      expect(await driver.read(key)).toBeUndefined()
    })
  })

  it('S-163: a write says what it expects to find, and is refused when it is not so', async () => {
    await onEachDriver(async (driver) => {
      const { key, version } = await store(driver)
      expect(await driver.insert(key, aRecord())).toBeUndefined()
      expect((await driver.update(key, aRecord(), version)).kind).toBe('written')
      expect((await driver.update(key, aRecord(), version)).kind).toBe('conflict')
      expect((await driver.update(newKey(), aRecord(), version)).kind).toBe('gone')
    })
  })

  it('S-164: destroy() says whether something was there, on each driver alike', async () => {
    await onEachDriver(async (driver) => {
      const { key } = await store(driver)
      expect([(await driver.destroy(key)).kind, (await driver.destroy(key)).kind]).toEqual(['record', 'nothing'])
    })
  })

  it('S-165: gc() removes by each record’s own expiry, and answers how many', async () => {
    await onEachDriver(async (driver, clock) => {
      for (const idleMs of [1000, 1000, 5000]) await store(driver, { durations: { idleMs, absoluteMs: undefined } })
      clock.advance(2000)
      expect([await driver.gc(), await driver.gc()]).toEqual([2, 0])
    })
  })

  it('S-166: who waits for a lock in vain gets a SessionLockError, on each driver alike', async () => {
    await onEachDriver(async (driver) => {
      const sessions = new SessionManager({ driver, lock: { waitSeconds: 0.01 } })
      const { id } = await sessions.run(undefined, (session) => ({ id: session.id, n: session.increment('n') }))
      const held = await sessions.start(id)
      await expect(sessions.start(id)).rejects.toMatchObject({ name: 'SessionLockError', code: 'ERR_SESSION_LOCK_TIMEOUT' })
      await held.release()
    })
  })

  it('S-167: giving back what is not held is no error, and says so', async () => {
    await onEachDriver(async (driver) => {
      const { key } = await store(driver)
      await driver.acquire(key, lease)
      const back = (): Promise<boolean> => driver.unlock({ key, token: TOKEN })
      expect([await back(), await back()]).toEqual([true, false])
    })
  })

  it('S-169 S-453: closing the manager gives back the locks of sessions that do not end', async () => {
    const { sessions, stored, another, idle } = openShop()
    const id = await stored()
    const forgotten = await sessions.start(id)
    await sessions.close({ waitSeconds: 0 })
    expect(forgotten.signal.aborted).toBe(true)
    expect(await another({ lock: { waitSeconds: 0 } }).run(id, (session) => session.get('n'))).toBe(0)
    await idle()
  })

  it('S-170: exclusive is exclusive: one lease a record, whoever asks, until it is given back', async () => {
    await onEachDriver(async (driver) => {
      const { key } = await store(driver)
      const tokens = Array.from({ length: 8 }, (_, index) => String(index).repeat(32))
      const kinds = (await Promise.all(tokens.map((token) => driver.acquire(key, { ...lease, token })))).map(({ kind }) => kind)
      expect(kinds.toSorted()).toEqual([...Array.from({ length: 7 }, () => 'busy'), 'held'])
    })
  })

  it('S-171: a session that is not used ends after 7200 seconds', async () => {
    const { sessions, stored, clock } = openShop()
    const id = await stored()
    clock.advance(7_199_000)
    expect(await sessions.run(id, (session) => session.id)).toBe(id)
    clock.advance(7_200_000)
    expect(await sessions.run(id, (session) => session.id)).not.toBe(id)
  })

  it('S-172: however much it is used, a session ends at its absolute limit', async () => {
    const { sessions, stored, clock } = openShop({ lifetime: { idleSeconds: 100, absoluteSeconds: 250 } })
    const id = await stored()
    const isAlive = (): Promise<boolean> => sessions.run(id, (session) => session.id === id)
    const alive: boolean[] = []
    for (let step = 0; step < 3; step++) {
      clock.advance(90_000)
      alive.push(await isAlive())
    }
    expect(alive).toEqual([true, true, false])
  })

  it('S-173 S-397: there is an error for an expired session, and an expired id is simply none', async () => {
    expect(SessionError.expired()).toMatchObject({ code: 'ERR_SESSION_EXPIRED', message: 'Session has expired.' })
    const { sessions, stored, clock } = openShop({ onUnreadable: 'throw', onStoreError: 'closed' })
    const id = await stored()
    clock.advance(7_200_000)
    expect(await codeOf(sessions.run(id, (session) => Promise.reject(new RangeError(String(session.isNew)))))).toEqual(
      new RangeError('true'),
    )
  })
})
