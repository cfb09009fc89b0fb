import { existsSync, readdirSync, rmSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hold, newKey, newMarker, recordWith } from '../../../bench/file/support.ts'
import type { FileDriver } from '../../../src/drivers/file/file-driver.ts'
import { kernelLocks } from '../../../src/drivers/file/kernel-lock.ts'
import { revokeUser } from '../../../src/drivers/file/list.ts'
import type { Folder } from '../../../src/drivers/file/open-record.ts'
import { userFolder } from '../../../src/drivers/file/paths.ts'
import { announceLogin, isStillAllowed, raiseEpoch, removeEpoch } from '../../../src/drivers/file/user-index.ts'
import type { StoreKey } from '../../../src/session/id.ts'
import { openDriver } from './support.ts'
import { isSessionError } from '../../../src/session/errors.ts'

describe('a login beside a revocation', () => {
  it('is undone when the user was revoked while it wrote', async () => {
    const folder = await openFolder()
    const login = await announceLogin(folder, 'ada', newKey())
    expect(isStillAllowed(folder, login, 'mine')).toBe(true)
    raiseEpoch(folder, 'bob', undefined)
    expect(isStillAllowed(folder, login, 'mine')).toBe(true)
    raiseEpoch(folder, 'ada', undefined)
    expect(isStillAllowed(folder, login, 'mine')).toBe(false)
    expect(isStillAllowed(folder, await announceLogin(folder, 'ada', newKey()), 'mine')).toBe(true)
  })

  it('stays when every revocation meanwhile left its session out', async () => {
    const folder = await openFolder()
    raiseEpoch(folder, 'ada', 'other')
    const login = await announceLogin(folder, 'ada', newKey())
    raiseEpoch(folder, 'ada', 'mine')
    raiseEpoch(folder, 'ada', 'mine')
    expect(isStillAllowed(folder, login, 'mine')).toBe(true)
    expect(isStillAllowed(folder, login, 'other')).toBe(false)
    raiseEpoch(folder, 'ada', 'other')
    expect(isStillAllowed(folder, login, 'mine')).toBe(false)
  })

  it('is undone when the epoch that it saw was collected and raised anew', async () => {
    const folder = await openFolder()
    raiseEpoch(folder, 'ada', undefined)
    const epoch = join(userFolder(folder.root, 'ada'), 'epoch')
    utimesSync(epoch, 0, 0) // no young one is collected
    const login = await announceLogin(folder, 'ada', newKey())
    rmSync(epoch)
    raiseEpoch(folder, 'ada', undefined)
    expect(isStillAllowed(folder, login, 'mine')).toBe(false)
  })

  it('is undone when it began after the first of the revocation and wrote after the last of it', async () => {
    const folder = await openFolder()
    const revoking = revokeUser(folder, 'ada', undefined, Date.now)
    while (!existsSync(join(userFolder(folder.root, 'ada'), 'epoch'))) await Promise.resolve()
    const login = await announceLogin(folder, 'ada', newKey())
    await revoking
    expect(isStillAllowed(folder, login, 'mine')).toBe(false)
    expect(isStillAllowed(folder, await announceLogin(folder, 'ada', newKey()), 'mine')).toBe(true)
  })

  it('does not lose its entry to a collector that saw none', async () => {
    const folder = await openFolder()
    const key = newKey()
    const login = await announceLogin(folder, 'ada', key)
    rmSync(userFolder(folder.root, 'ada'), { recursive: true })
    expect(isStillAllowed(folder, login, 'mine')).toBe(true)
    expect(readdirSync(userFolder(folder.root, 'ada'))).toEqual([key])
  })

  it('the epoch stays while it is young', async () => {
    const folder = await openFolder()
    raiseEpoch(folder, 'ada', undefined)
    const own = userFolder(folder.root, 'ada')
    removeEpoch(own)
    expect(readdirSync(own)).toEqual(['epoch'])
    utimesSync(join(own, 'epoch'), 0, 0)
    removeEpoch(own)
    expect(readdirSync(own)).toEqual([])
  })
})

describe.each(['process', 'power'] as const)("with durability '%s', a login that began before a revocation", (durability) => {
  const ada = recordWith('x', { userId: 'ada', handle: 'mine' })

  it('and ends after it is gone: by an insert, a commit, an update', async () => {
    const driver = await openDriver({ durability })
    const [inserted, committed, updated] = [newKey(), newKey(), newKey()]
    await driver.insert(committed, recordWith('anonymous'))
    const version = (await driver.insert(updated, recordWith('anonymous')))?.version ?? { counter: 0, writeToken: '' }
    const { lease } = await hold(driver, committed)
    const answers = await Promise.all([
      driver.insert(inserted, ada).catch((error: unknown) => isSessionError(error) && error.code),
      driver.commit(lease, ada, { keepLease: 'goes on', leaseMs: 1000 }),
      driver.update(updated, ada, version),
      driver.revokeUser('ada'),
    ])
    expect(answers.slice(0, 3)).toEqual(['ERR_SESSION_GONE', { kind: 'gone' }, { kind: 'gone' }])
    for (const key of [inserted, committed, updated]) expect(await driver.read(key)).toBe(undefined)
    expect(entries(driver, 'ada')).toEqual([])
    expect(await driver.unlock({ key: committed, token: 'goes on' })).toBe(false)
  })

  it('that leaves its session out stays', async () => {
    const driver = await openDriver({ durability })
    const key = newKey()
    const [inserted] = await Promise.all([driver.insert(key, ada), driver.revokeUser('ada', { exceptHandle: 'mine' })])
    expect(inserted).not.toBe(undefined)
    expect((await driver.read(key))?.kind).toBe('record')
  })
})

describe("the entries of a user's sessions", () => {
  it('are made at login, and follow a session to its new key and its new user', async () => {
    const driver = await openDriver()
    const [first, second] = [newKey(), newKey()]
    await driver.insert(first, recordWith('anonymous'))
    expect(entries(driver, 'ada')).toEqual([])
    const login = await driver.commit((await hold(driver, first)).lease, recordWith('x', { userId: 'ada' }), {
      keepLease: 'two',
      leaseMs: 1,
    })
    expect(entries(driver, 'ada')).toEqual([first])
    if (login.kind !== 'written' || login.lease === undefined) throw new Error(login.kind)
    await driver.replace(login.lease, second, recordWith('x', { userId: 'ada' }), newMarker(), { keepLease: 'three', leaseMs: 1 })
    expect(entries(driver, 'ada')).toEqual([second])
    const found = await driver.read(second)
    if (found?.kind !== 'record') throw new Error('not there')
    await driver.unlock({ key: second, token: 'three' })
    await driver.update(second, recordWith('x', { userId: 'bob' }), found.record.version)
    expect([entries(driver, 'ada'), entries(driver, 'bob')]).toEqual([[], [second]])
    await driver.destroy(second)
    expect(entries(driver, 'bob')).toEqual([])
  })

  it('are hints: one that is wrong shows nothing and revokes nothing, and an old one is taken away', async () => {
    const driver = await openDriver()
    const [bobs, gone] = [newKey(), newKey()]
    await driver.insert(bobs, recordWith('x', { userId: 'bob' }))
    const folder = { root: driver.path, locks: locks(), isDurable: false }
    for (const key of [bobs, gone]) await announceLogin(folder, 'ada', key)
    expect((await driver.list({ userId: 'ada' })).sessions).toEqual([])
    expect(await driver.revokeUser('ada')).toBe(0)
    expect((await driver.read(bobs))?.kind).toBe('record')
    const own = userFolder(driver.path, 'ada')
    expect(entries(driver, 'ada')).toHaveLength(2)
    for (const name of readdirSync(own)) utimesSync(join(own, name), 0, 0)
    await driver.list({ userId: 'ada' })
    expect(entries(driver, 'ada')).toEqual([])
  })

  it('a session that moves to another key while its user is revoked is there under neither', async () => {
    const driver = await openDriver({ durability: 'power' })
    const [key, moved] = [newKey(), newKey()]
    await driver.insert(key, recordWith('x', { userId: 'ada' }))
    const { lease } = await hold(driver, key)
    const saving = driver.replace(lease, moved, recordWith('x', { userId: 'ada' }), undefined, { leaseMs: 1 })
    await driver.revokeUser('ada')
    await saving
    expect([await driver.read(key), await driver.read(moved)]).toEqual([undefined, undefined])
    expect(entries(driver, 'ada')).toEqual([])
  })
})

async function openFolder(): Promise<Folder> {
  const { path } = await openDriver()
  return { root: path, locks: locks(), isDurable: false }
}

function locks(): Folder['locks'] {
  const found = kernelLocks()
  if (typeof found === 'string') throw new Error(found)
  return found
}

function entries(driver: FileDriver & { readonly path: string }, userId: string): StoreKey[] {
  try {
    return readdirSync(userFolder(driver.path, userId)).filter((name) => name !== 'epoch') as StoreKey[]
  } catch {
    return []
  }
}
