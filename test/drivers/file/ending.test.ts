import fs, { existsSync, linkSync, renameSync, unlinkSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { describe, expect, it, onTestFinished } from 'vitest'
import { hold, newKey, recordWith } from '../../../bench/file/support.ts'
import type { FileDriver } from '../../../src/drivers/file/file-driver.ts'
import { endingPath } from '../../../src/drivers/file/paths.ts'
import type { StoreKey } from '../../../src/session/id.ts'
import { GIVE_BACK, aMarker } from '../../../src/testing/suite/records.ts'
import { fileOf, openDriver } from './support.ts'

// A process that dies while it destroys a session leaves its file aside.

interface Left {
  readonly driver: FileDriver
  readonly key: StoreKey
  /** Where the file lies, and where it was. */
  readonly aside: string
  readonly path: string
}

async function recordLeft(): Promise<Left> {
  const driver = await openDriver()
  const key = newKey()
  await driver.insert(key, recordWith('x', { userId: 'ada' }))
  return leave(driver, driver.path, key)
}

async function markerLeft(reason: 'rotation' | 'login'): Promise<Left & { readonly successor: StoreKey }> {
  const driver = await openDriver()
  const [key, successor] = [newKey(), newKey()]
  await driver.insert(key, recordWith('x', {}))
  const { lease } = await hold(driver, key)
  await driver.replace(lease, successor, recordWith('x', {}), aMarker({ reason }), GIVE_BACK)
  return { ...leave(driver, driver.path, key), successor }
}

function leave(driver: FileDriver, root: string, key: StoreKey): Left {
  const [path, aside] = [fileOf(root, key), endingPath(root, key)]
  renameSync(path, aside)
  return { driver, key, path, aside }
}

describe('a logout whose process died half-way', () => {
  it('opens no session any more', async () => {
    const { driver, key } = await recordLeft()
    expect(await driver.read(key)).toBeUndefined()
    expect(await driver.acquire(key, { token: '0'.repeat(32), leaseMs: 1000 })).toEqual({ kind: 'absent' })
    expect((await driver.list({ userId: 'ada' })).sessions).toEqual([])
  })

  it('is finished by the next one, which says what was there', async () => {
    const { driver, key, aside, path } = await recordLeft()
    expect(await driver.destroy(key)).toEqual({ kind: 'record' })
    expect([existsSync(aside), existsSync(path)]).toEqual([false, false])
    expect(await driver.destroy(key)).toEqual({ kind: 'nothing' })
  })

  it('is finished by a collection', async () => {
    const { driver, aside, path } = await recordLeft()
    expect(await driver.gc()).toBe(0)
    expect([existsSync(aside), existsSync(path)]).toEqual([false, false])
  })

  it('leaves the next one the marker that leads to what is to end as well', async () => {
    const { driver, key, aside, successor } = await markerLeft('rotation')
    expect(await driver.destroy(key)).toMatchObject({ kind: 'marker', marker: { reason: 'rotation' } })
    expect(existsSync(aside)).toBe(false)
    expect(await driver.read(key)).toMatchObject({ kind: 'marker' })
    expect(await driver.read(successor)).toMatchObject({ kind: 'record' })
  })

  it('leaves a collection the marker, which gets its name back', async () => {
    const { driver, key, aside } = await markerLeft('rotation')
    await driver.gc()
    expect(existsSync(aside)).toBe(false)
    expect(await driver.read(key)).toMatchObject({ kind: 'marker' })
  })

  it('takes the marker of a login away, which leads nowhere', async () => {
    const { driver, key, aside, path } = await markerLeft('login')
    expect(await driver.destroy(key)).toMatchObject({ kind: 'marker', marker: { reason: 'login' } })
    expect([existsSync(aside), existsSync(path)]).toEqual([false, false])
  })
})

describe('three logouts at the same moment, of which two give a marker its name back', () => {
  it('are each told of it, and it stays for the next', async () => {
    const { driver, key, path, aside } = await markerLeft('rotation')
    around(
      () => {
        linkSync(aside, path) // the first, which had put it aside: its name
        unlinkSync(aside) // the second, which finds that name
      },
      // The first goes on, and takes what the third has just put aside.
      () => unlinkSync(aside),
    )
    expect(await driver.destroy(key)).toMatchObject({ kind: 'marker' })
    expect(await driver.read(key)).toMatchObject({ kind: 'marker' })
  })
})

/** Has something else happen right before and right after the next renaming. */
function around(before: () => void, after: () => void): void {
  const { renameSync: rename } = fs
  const restore = (): void => {
    fs.renameSync = rename
    syncBuiltinESMExports()
  }
  onTestFinished(restore)
  fs.renameSync = (from, to) => {
    restore()
    before()
    rename(from, to)
    after()
  }
  syncBuiltinESMExports()
}
