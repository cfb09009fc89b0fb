import { describe, expect, it } from 'vitest'
import type { Bridge } from '../../../src/drivers/redis/bridges/bridge.ts'
import { RedisLine } from '../../../src/drivers/redis/line.ts'
import { RedisStore } from '../../../src/drivers/redis/redis-store.ts'
import { scanStep } from '../../../src/drivers/redis/scan.ts'
import { readText, textField } from '../../../src/drivers/redis/text-fields.ts'
import { UserIndex } from '../../../src/drivers/redis/user-index.ts'
import { aRecord, newKey } from '../../../src/testing/suite/records.ts'

const FAILED = { code: 'ERR_SESSION_DRIVER_FAILED', message: expect.stringContaining('an answer that the driver did not ask for') }

/** What the driver makes of one answer to everything. */
function answering(reply: unknown): { readonly store: RedisStore; readonly index: UserIndex; readonly line: RedisLine } {
  const send = async (): Promise<unknown> => reply
  const bridge: Bridge = {
    connect: async () => undefined,
    close: async () => undefined,
    isReady: () => true,
    send,
    onOneConnection: async (_key, use) => use({ send }),
    masters: async () => [{ name: '', send }],
    kindOf: () => 'unknown',
    trouble: () => undefined,
  }
  const line = new RedisLine(bridge, 1000)
  return { line, store: new RedisStore(line, 'test:', undefined), index: new UserIndex(line, 'test:') }
}

describe('an answer that no script of the driver gives', () => {
  it('is a failure, and does not say that the session is gone', async () => {
    const { store } = answering([9])
    await expect(store.update(newKey(), aRecord(), { counter: 1, writeToken: 't' }, false)).rejects.toMatchObject(FAILED)
    await expect(store.read(newKey())).rejects.toMatchObject(FAILED)
  })

  it('is a failure where an instant is no whole number', async () => {
    for (const expiresAt of [1.5, Number.NaN, Infinity]) {
      await expect(answering([1, expiresAt]).store.insert(newKey(), aRecord())).rejects.toMatchObject(FAILED)
    }
  })

  it('is a failure where a list of entries lacks an instant, or has a word in its place', async () => {
    const entriesOf = (reply: unknown) => answering(reply).index.entries('list', 'ada', 0, 0, 10)
    await expect(entriesOf(['1800000000000', newKey()])).rejects.toMatchObject(FAILED)
    await expect(entriesOf(['1800000000000', newKey(), 'soon'])).rejects.toMatchObject(FAILED)
    await expect(entriesOf(['soon'])).rejects.toMatchObject(FAILED)
    await expect(entriesOf(['1800000000000'])).resolves.toEqual({ entries: [], now: 1_800_000_000_000 })
  })

  it('is a failure where it is no epoch, and does not say that nobody was revoked', async () => {
    await expect(answering('~one:').index.epoch('ada')).rejects.toMatchObject(FAILED)
    await expect(answering('').index.epoch('ada')).resolves.toEqual({ counter: 0, exceptHandle: undefined })
    await expect(answering('~2:handle').index.epoch('ada')).resolves.toEqual({ counter: 2, exceptHandle: 'handle' })
  })
})

describe('the cursor of a walk over all keys', () => {
  it('is a failure where it is no number, and not a page that cannot be gone on from', async () => {
    const step = (cursor: unknown) => scanStep(answering([cursor, []]).line, 'list', 'test:', undefined, 10)
    await expect(step('next')).rejects.toMatchObject(FAILED)
    await expect(step('')).rejects.toMatchObject(FAILED)
    await expect(step('18446744073709551615')).resolves.toMatchObject({ next: { cursor: '18446744073709551615' } })
  })
})

describe('the bytes of a text', () => {
  it('are damaged where UTF-16 has half a character at its end', () => {
    const field = textField('\ud800\ud800')
    expect(readText(field, 0)?.text).toBe('\ud800\ud800')
    // One byte less, and the number before it says so.
    const damaged = Buffer.concat([Buffer.of((field[0] ?? 0) - 2), field.subarray(1, -1)])
    expect(readText(damaged, 0)).toBe(undefined)
  })
})
