import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createStorage } from 'unstorage'
import type { Storage } from 'unstorage'
import fsDriver from 'unstorage/drivers/fs'
import { describe, it } from 'vitest'
import type { SessionDriver, StoreKey } from '../../src/index.ts'
import { fromUnstorage } from '../../src/interop/index.ts'
import type { ItemStorage } from '../../src/interop/index.ts'
import { driverSuite, testClock } from '../../src/testing/index.ts'
import { breakable } from './breakable.ts'

interface Made {
  readonly storage: Storage
  readonly whole: Storage
  readonly breakIt: () => () => void
  readonly folder: string | undefined
}

const promise = { assumeSingleProcess: true } as const
const nobody = (): Promise<never> => Promise.reject(new Error('nobody is there'))
const deaf: ItemStorage = { getItem: nobody, setItem: nobody, removeItem: nobody, getKeys: nobody }

describe('a driver over a storage of unstorage in memory keeps the driver contract', () => {
  keepsTheContract(
    () => ({ whole: createStorage(), folder: undefined }),
    async (made, key) => {
      const name = `sessions:${key}`
      const before = await made.whole.getItem(name)
      await made.whole.setItem(name, '{"holdfast":')
      return () => made.whole.setItem(name, before)
    },
  )
})

describe('a driver over a storage of unstorage in files keeps the driver contract', () => {
  keepsTheContract(
    () => {
      const folder = mkdtempSync(join(tmpdir(), 'holdfast-interop-'))
      return { whole: createStorage({ driver: fsDriver({ base: folder }) }), folder }
    },
    (made, key) => {
      const path = join(made.folder ?? '', 'sessions', key)
      const before = readFileSync(path)
      writeFileSync(path, before.subarray(0, 100))
      return () => writeFileSync(path, before)
    },
  )
})

function keepsTheContract(
  make: () => Pick<Made, 'whole' | 'folder'>,
  corrupt: (made: Made, key: StoreKey) => (() => void | Promise<void>) | Promise<() => void | Promise<void>>,
): void {
  const clock = testClock()
  const known = new WeakMap<SessionDriver, Made>()
  const of = (driver: SessionDriver): Made => {
    const made = known.get(driver)
    if (made === undefined) throw new Error('no such driver')
    return made
  }
  driverSuite(it, {
    create: () => {
      const { whole, folder } = make()
      const { store: storage, breakIt } = breakable(whole)
      const driver = fromUnstorage(storage, { ...promise, clock: clock.now })
      known.set(driver, { storage, whole, breakIt, folder })
      return driver
    },
    second: (driver) => fromUnstorage(of(driver).storage, { ...promise, clock: clock.now }),
    dispose: (driver) => {
      const { folder } = of(driver)
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
    },
    advance: clock.advance,
    corrupt: (driver, key) => corrupt(of(driver), key),
    breakStore: (driver) => of(driver).breakIt(),
    createUnopenable: () => fromUnstorage(deaf, promise),
  })
}
