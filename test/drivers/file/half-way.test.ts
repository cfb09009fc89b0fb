import fs, { appendFileSync, existsSync, linkSync, readdirSync, renameSync, unlinkSync } from 'node:fs'
import promises from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { describe, expect, it, onTestFinished } from 'vitest'
import { hold, keyFrom, newKey, recordWith } from '../../../bench/file/support.ts'
import type { FileDriver, FileDriverOptions } from '../../../src/drivers/file/file-driver.ts'
import { endingPath, userFolder } from '../../../src/drivers/file/paths.ts'
import type { StoreKey } from '../../../src/session/id.ts'
import { GIVE_BACK, aMarker } from '../../../src/testing/suite/records.ts'
import { fileOf, openDriver } from './support.ts'

// What another process does, or the system refuses, in the midst of a step.

type Changing = 'linkSync' | 'renameSync' | 'unlinkSync' | 'readSync' | 'writeSync' | 'fdatasync'

/** Has something else in place of one of the next calls of the system, which gets the call itself. */
function inPlaceOf(name: Changing, instead: (call: () => unknown, done: (error: Error | null) => void) => unknown, calls = 1): void {
  const original = fs[name]
  const restore = (): void => {
    Reflect.set(fs, name, original)
    syncBuiltinESMExports()
  }
  onTestFinished(restore)
  let left = calls
  Reflect.set(fs, name, (...given: unknown[]) => {
    const call = (): unknown => Reflect.apply(original, fs, given)
    if (--left > 0) return call()
    restore()
    const done = given.at(-1)
    return instead(call, (error) => (typeof done === 'function' ? Reflect.apply(done, undefined, [error]) : undefined))
  })
  syncBuiltinESMExports()
}

function ioError(): Error {
  return Object.assign(new Error('EIO: i/o error'), { code: 'EIO' })
}

function fails(): never {
  throw ioError()
}

const ANSWERED_EIO = expect.objectContaining({
  code: 'ERR_SESSION_DRIVER_FAILED',
  message: expect.stringContaining('The system answered EIO'),
})

/** A key whose record lies in the same folder, which is there already. */
function besides(key: StoreKey): StoreKey {
  return keyFrom(key.slice(0, 2) + newKey().slice(2))
}

interface Scene {
  readonly driver: FileDriver & { readonly path: string }
  readonly key: StoreKey
  readonly path: string
  readonly aside: string
}

async function stored(options: Partial<FileDriverOptions> = {}): Promise<Scene> {
  const driver = await openDriver(options)
  const key = newKey()
  await driver.insert(key, recordWith('x', { userId: 'ada' }))
  return { driver, key, path: fileOf(driver.path, key), aside: endingPath(driver.path, key) }
}

/** The marker of a rotation, which a logout whose process died has put aside. */
async function markerAside(): Promise<Scene> {
  const scene = await stored()
  const { lease } = await hold(scene.driver, scene.key)
  await scene.driver.replace(lease, newKey(), recordWith('x', {}), aMarker({ reason: 'rotation' }), GIVE_BACK)
  renameSync(scene.path, scene.aside)
  return scene
}

describe('a logout that another one overtakes', () => {
  it('ends what that one has left aside', async () => {
    const { driver, key, path, aside } = await stored()
    inPlaceOf('renameSync', (call) => (renameSync(path, aside), call()))
    expect(await driver.destroy(key)).toEqual({ kind: 'record' })
    expect([existsSync(path), existsSync(aside)]).toEqual([false, false])
  })

  it('finds nothing where that one has ended it', async () => {
    const { driver, key, path } = await stored()
    inPlaceOf('renameSync', (call) => (unlinkSync(path), call()))
    expect(await driver.destroy(key)).toEqual({ kind: 'nothing' })
  })

  it('is led on by a marker to which that one has given its name back, or is about to', async () => {
    for (const isDone of [true, false]) {
      const { driver, key, path, aside } = await markerAside()
      inPlaceOf('linkSync', (call) => {
        linkSync(aside, path)
        if (isDone) unlinkSync(aside)
        call()
      })
      expect(await driver.destroy(key)).toMatchObject({ kind: 'marker' })
      expect([existsSync(path), existsSync(aside)]).toEqual([true, false])
    }
  })

  it('is led nowhere by a marker that is gone', async () => {
    const { driver, key, aside } = await markerAside()
    inPlaceOf('linkSync', (call) => (unlinkSync(aside), call()))
    expect(await driver.destroy(key)).toEqual({ kind: 'nothing' })
  })
})

describe('a logout that the system refuses', () => {
  it('says why, and the session stays', async () => {
    const { driver, key } = await stored()
    inPlaceOf('renameSync', fails)
    await expect(driver.destroy(key)).rejects.toEqual(ANSWERED_EIO)
    expect(await driver.destroy(key)).toEqual({ kind: 'record' })
  })

  it('loses no marker that leads on: the next one finds it', async () => {
    const { driver, key } = await markerAside()
    inPlaceOf('linkSync', fails)
    await expect(driver.destroy(key)).rejects.toEqual(ANSWERED_EIO)
    expect(await driver.destroy(key)).toMatchObject({ kind: 'marker' })
  })
})

describe('a change of id', () => {
  const entriesOf = (driver: { readonly path: string }, userId: string): string[] =>
    readdirSync(userFolder(driver.path, userId)).filter((name) => name !== 'epoch')

  it.each([aMarker({ reason: 'rotation' }), undefined])(
    'of a session that ends at that moment leaves none under the new id either',
    async (marker) => {
      const { driver, key, path } = await stored()
      const { lease } = await hold(driver, key)
      const other = besides(key)
      inPlaceOf('linkSync', (call) => (call(), unlinkSync(path)))
      expect(await driver.replace(lease, other, recordWith('y', { userId: 'ada' }), marker, GIVE_BACK)).toEqual({ kind: 'gone' })
      expect([await driver.read(key), await driver.read(other)]).toEqual([undefined, undefined])
      expect(entriesOf(driver, 'ada')).not.toContain(other)
    },
  )

  it('that the system refuses leaves the session as it was, and none under the new id', async () => {
    const { driver, key } = await stored()
    const { lease } = await hold(driver, key)
    const other = besides(key)
    // What is written once the new record has its name is the marker.
    inPlaceOf('linkSync', (call) => (call(), inPlaceOf('writeSync', fails)))
    await expect(driver.replace(lease, other, recordWith('y', { userId: 'ada' }), aMarker({}), GIVE_BACK)).rejects.toEqual(ANSWERED_EIO)
    expect(await driver.read(other)).toBeUndefined()
    expect(entriesOf(driver, 'ada')).toEqual([key])
    expect(await driver.commit(lease, recordWith('z', { userId: 'ada' }), GIVE_BACK)).toMatchObject({ kind: 'written' })
  })

  it('of which only the last sync fails has happened: the session is free under its new id', async () => {
    const { driver, key } = await stored({ durability: 'power' })
    const { lease } = await hold(driver, key)
    const other = besides(key)
    inPlaceOf('fdatasync', (_call, done) => done(ioError()), 2)
    await expect(driver.replace(lease, other, recordWith('y', { userId: 'ada' }), aMarker({}), GIVE_BACK)).rejects.toEqual(ANSWERED_EIO)
    expect(await driver.read(key)).toMatchObject({ kind: 'marker' })
    expect(await driver.acquire(other, { token: '0'.repeat(32), leaseMs: 1000 })).toMatchObject({ kind: 'held', record: { payload: 'y' } })
  })

  it('of which only the last sync of the folder fails has happened as well, where no marker is left', async () => {
    const { driver, key } = await stored({ durability: 'power' })
    const { lease } = await hold(driver, key)
    const other = besides(key)
    // The first takes the temporary name away, the second the old record.
    inPlaceOf('unlinkSync', (call) => (call(), failNextOpen()), 2)
    await expect(driver.replace(lease, other, recordWith('y', { userId: 'ada' }), undefined, GIVE_BACK)).rejects.toEqual(ANSWERED_EIO)
    expect([await driver.read(key), await driver.read(other)]).toMatchObject([undefined, { kind: 'record', record: { payload: 'y' } }])
  })

  it('that fails keeps the session under the new id where nobody can tell whether it still has the old one', async () => {
    const { driver, key } = await stored()
    const { lease } = await hold(driver, key)
    const other = besides(key)
    inPlaceOf('linkSync', (call) => (call(), inPlaceOf('writeSync', () => (inPlaceOf('readSync', fails), fails()))))
    await expect(driver.replace(lease, other, recordWith('y', { userId: 'ada' }), aMarker({}), GIVE_BACK)).rejects.toEqual(ANSWERED_EIO)
    expect(await driver.read(other)).toMatchObject({ kind: 'record', record: { payload: 'y' } })
  })

  it('with which a user logs in whose sessions are ended at that moment is undone', async () => {
    const { driver, key } = await stored()
    const { lease } = await hold(driver, key)
    const other = besides(key)
    inPlaceOf('linkSync', (call) => (call(), appendFileSync(`${userFolder(driver.path, 'grace')}/epoch`, `${'-'.repeat(64)}\n`)))
    expect(await driver.replace(lease, other, recordWith('y', { userId: 'grace' }), aMarker({}), GIVE_BACK)).toEqual({ kind: 'gone' })
    expect(await driver.read(other)).toBeUndefined()
    expect(entriesOf(driver, 'grace')).toEqual([])
  })
})

/** The next folder that is opened to be synced cannot be. */
function failNextOpen(): void {
  const { open } = promises
  const restore = (): void => {
    promises.open = open
    syncBuiltinESMExports()
  }
  onTestFinished(restore)
  promises.open = () => {
    restore()
    return Promise.reject(ioError())
  }
  syncBuiltinESMExports()
}
