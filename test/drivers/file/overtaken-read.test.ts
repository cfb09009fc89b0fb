import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { afterEach, describe, expect, it } from 'vitest'
import { hold, newKey, recordWith } from '../../../bench/file/support.ts'
import type { FileDriver } from '../../../src/drivers/file/file-driver.ts'
import { PAGE_BYTES } from '../../../src/drivers/file/slots.ts'
import type { StoreKey } from '../../../src/session/id.ts'
import { fileOf, openDriver } from './support.ts'

// A read without the lock copies one page after the other while others write. What it can see then is put together here by hand.

const { readSync } = fs
afterEach(() => giveInstead([]))

describe('a read that writes overtook', () => {
  it('does not give the record that was the live one two writes before it began', async () => {
    const driver = await openDriver()
    const key = newKey()
    const pages = await savedSix(driver, key)
    // Its first page was copied when write 3 was in it, its second one when write 6 was half done.
    const [third, half] = [pages[3]?.[0], torn(pages[6]?.[1])]
    giveInstead([[third, half]])
    expect(await driver.read(key)).toMatchObject({ record: { payload: 'write 6' } })
  })

  it('gives the live record beside a write that was never finished', async () => {
    const driver = await openDriver()
    const key = newKey()
    const pages = await savedSix(driver, key)
    fs.writeFileSync(fileOf(driver.path, key), Buffer.concat([pages[5]?.[0] ?? new Uint8Array(), torn(pages[6]?.[1])]))
    expect(await driver.read(key)).toMatchObject({ record: { payload: 'write 5' } })
  })

  it('gives it also while the holder of the lock stands still in the midst of that write', async () => {
    const driver = await openDriver()
    const key = newKey()
    const pages = await savedSix(driver, key)
    await hold(driver, key)
    fs.writeFileSync(fileOf(driver.path, key), Buffer.concat([pages[5]?.[0] ?? new Uint8Array(), torn(pages[6]?.[1])]))
    expect(await driver.read(key)).toMatchObject({ record: { payload: 'write 5' } })
  })

  it('is not called unreadable however often it sees nothing whole, as long as there is something under the lock', async () => {
    const driver = await openDriver()
    const key = newKey()
    const pages = await savedSix(driver, key)
    const nothing = [torn(pages[5]?.[0]), torn(pages[6]?.[1])] as const
    giveInstead([nothing, nothing, nothing, nothing])
    expect(await driver.read(key)).toMatchObject({ record: { payload: 'write 6' } })
  })

  it('waits for a holder to have written, and says so when that takes too long', async () => {
    const driver = await openDriver()
    const key = newKey()
    const pages = await savedSix(driver, key)
    const { lease } = await hold(driver, key)
    const whole = fs.readFileSync(fileOf(driver.path, key))
    const halves = Buffer.concat([torn(pages[5]?.[0]), torn(pages[6]?.[1])])
    fs.writeFileSync(fileOf(driver.path, key), halves)
    const reading = driver.read(key)
    await new Promise((resolve) => setTimeout(resolve))
    fs.writeFileSync(fileOf(driver.path, key), whole)
    expect(await reading).toMatchObject({ record: { payload: 'write 6' } })

    fs.writeFileSync(fileOf(driver.path, key), halves)
    await expect(driver.read(key)).rejects.toThrow(/in the midst of a write .*: its writer may be stopped/)
    await driver.unlock(lease)
    await expect(driver.read(key)).rejects.toMatchObject({ code: 'ERR_SESSION_UNREADABLE' })
  })
})

type Pages = readonly [Uint8Array, Uint8Array]

/** The two pages of the file after each of six writes, from 1. */
async function savedSix(driver: FileDriver & { readonly path: string }, key: StoreKey): Promise<Readonly<Record<number, Pages>>> {
  const pages: Record<number, Pages> = {}
  let version = (await driver.insert(key, recordWith('write 1')))?.version
  for (let write = 2; write <= 6; write++) {
    const updated = await driver.update(key, recordWith(`write ${write}`), version ?? { counter: 0, writeToken: '' })
    if (updated.kind !== 'written') throw new Error(updated.kind)
    version = updated.version
    const file = fs.readFileSync(fileOf(driver.path, key))
    pages[write] = [file.subarray(0, PAGE_BYTES), file.subarray(PAGE_BYTES)]
  }
  return pages
}

function torn(page: Uint8Array = new Uint8Array()): Uint8Array {
  return Uint8Array.from(page).fill(0, 200)
}

/** The next reads of a record see these pages, and those after them the file. */
function giveInstead(heads: readonly (readonly [Uint8Array | undefined, Uint8Array | undefined])[]): void {
  const left = [...heads]
  Object.assign(fs, {
    readSync: (fd: number, bytes: Buffer, offset: number, length: number, position: number): number => {
      const head = left.shift()
      if (head === undefined) return readSync(fd, bytes, offset, length, position)
      return Buffer.concat(head.map((page) => page ?? new Uint8Array())).copy(bytes)
    },
  })
  syncBuiltinESMExports()
}
