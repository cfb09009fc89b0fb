import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { afterEach, describe, expect, it } from 'vitest'
import { readSlots } from '../../../src/drivers/file/slot-io.ts'
import { PAGE_BYTES } from '../../../src/drivers/file/slots.ts'
import { recordUnder, someTexts, store } from '../../../src/testing/suite/records.ts'
import { fileOf, openDriver } from './support.ts'

const { fdatasync } = fs

describe('a rewrite of a record file', () => {
  afterEach(() => {
    Object.assign(fs, { fdatasync })
    syncBuiltinESMExports()
  })

  it("waits for the disk like every write under durability 'power', and for nothing under 'process'", async () => {
    const counts: Record<string, number[]> = {}
    for (const durability of ['power', 'process'] as const) {
      const driver = await openDriver({ durability })
      const { key, version, write } = await store(driver)
      const syncs: number[] = []
      const counted = async <Answer>(step: () => Promise<Answer>): Promise<Answer> => {
        const before = count
        const answer = await step()
        syncs.push(count - before)
        return answer
      }
      let count = 0
      Object.assign(fs, {
        fdatasync: (fd: number, done: (error: Error | null) => void): void => {
          count += 1
          fdatasync(fd, done)
        },
      })
      syncBuiltinESMExports()
      const first = await counted(() => driver.rewrite(key, someTexts(), version))
      await driver.touch(key, write.durations)
      // What the touch left unsynced must be on the disk before the other slot is written.
      await counted(() => driver.rewrite(key, someTexts(), first.kind === 'written' ? first.version : version))
      counts[durability] = syncs
    }
    expect(counts).toEqual({ power: [1, 2], process: [0, 0] })
  })

  it('that was cut off leaves the record as it was', async () => {
    const driver = await openDriver()
    for (const payload of ['short', 'long'.repeat(3000)]) {
      const { key, version } = await store(driver)
      const before = await recordUnder(driver, key)
      await driver.rewrite(key, someTexts({ payload }), version)
      expect(await recordUnder(driver, key)).toMatchObject({ payload, version: { counter: 2 } })
      const fd = fs.openSync(fileOf(driver.path, key), 'r+')
      const { slot } = readSlots(fd) ?? { slot: { index: 1 } }
      fs.writeSync(fd, Buffer.alloc(8), 0, 8, slot.index * PAGE_BYTES + 16)
      fs.closeSync(fd)
      expect(await recordUnder(driver, key)).toEqual(before)
    }
  })
})
