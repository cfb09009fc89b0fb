import type { BigIntStats } from 'node:fs'
import { expect, it, vi } from 'vitest'
import { newKey, recordWith } from '../../../bench/file/support.ts'
import { openDriver } from './support.ts'

// As NTFS numbers its files: how often a place was used stands in the highest bits, more than a plain number holds exactly.
const HIGH = 2n ** 60n

vi.mock(import('node:fs'), async (original) => {
  const fs = await original()
  const asOnWindows = (fd: number, options?: { readonly bigint?: boolean }): unknown => {
    const stats: BigIntStats = fs.fstatSync(fd, { bigint: true })
    if (options?.bigint === true) return Object.assign(stats, { ino: stats.ino + HIGH })
    return Object.assign(fs.fstatSync(fd), { ino: Number(stats.ino + HIGH) })
  }
  return { ...fs, fstatSync: asOnWindows as typeof fs.fstatSync }
})

it('locks in the memory of one process keep files apart that have large numbers', async () => {
  const driver = await openDriver({ singleProcess: true })
  const keys = Array.from({ length: 8 }, () => newKey())
  for (const key of keys) await driver.insert(key, recordWith('x'))
  const acquired = await Promise.all(keys.map((key) => driver.acquire(key, { token: key, leaseMs: 1000 })))
  expect(acquired.map(({ kind }) => kind)).toEqual(keys.map(() => 'held'))
})
