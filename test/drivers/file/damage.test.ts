import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { newKey, recordWith } from '../../../bench/file/support.ts'
import { decodeContent, encodeMarker, encodeRecord } from '../../../src/drivers/file/record-codec.ts'
import { DESCRIPTOR_BYTES, HEAD_BYTES } from '../../../src/drivers/file/slots.ts'
import type { StoredRecord } from '../../../src/contracts/driver.ts'
import { fileOf, openDriver } from './support.ts'

const damages: Readonly<Record<string, (path: string) => void>> = {
  'cut off in its text': (path) => truncateSync(path, DESCRIPTOR_BYTES + 10),
  'cut off in its descriptor': (path) => truncateSync(path, 20),
  empty: (path) => truncateSync(path, 0),
  'of another program': (path) => writeFileSync(path, '{"attributes":{"cart":[1,2,3]}}'),
  rubbish: (path) => writeFileSync(path, Buffer.alloc(HEAD_BYTES, 0xa5)),
}

describe('a record file that is damaged or foreign (D-26, S-188)', () => {
  it.each(Object.keys(damages))('%s is an error and stays as it is', async (name) => {
    const driver = await openDriver()
    const key = newKey()
    const inserted = await driver.insert(key, recordWith('precious'))
    const path = fileOf(driver.path, key)
    damages[name]?.(path)
    const before = readFileSync(path)
    const unreadable = { code: 'ERR_SESSION_UNREADABLE', message: expect.stringContaining('It was left untouched') }
    await expect(driver.read(key)).rejects.toMatchObject(unreadable)
    await expect(driver.acquire(key, { token: 't', leaseMs: 1 })).rejects.toMatchObject(unreadable)
    await expect(driver.update(key, recordWith('x'), inserted?.version ?? { counter: 1, writeToken: '' })).rejects.toMatchObject(unreadable)
    await expect(driver.touch(key, { idleMs: 1, absoluteMs: undefined })).rejects.toMatchObject(unreadable)
    const { version = { counter: 1, writeToken: '' } } = inserted ?? {}
    await expect(driver.rewrite(key, { payload: 'x', flash: '', writeToken: 't' }, version)).rejects.toMatchObject(unreadable)
    expect(await driver.insert(key, recordWith('x'))).toBe(undefined)
    expect(await driver.gc()).toBe(0)
    expect((await driver.list()).sessions).toEqual([])
    expect(readFileSync(path)).toEqual(before)
  })

  it('is removed by a logout all the same', async () => {
    const driver = await openDriver()
    const key = newKey()
    await driver.insert(key, recordWith('x'))
    truncateSync(fileOf(driver.path, key), 100)
    expect(await driver.destroy(key)).toEqual({ kind: 'record' })
    expect(existsSync(fileOf(driver.path, key))).toBe(false)
  })

  it('does not show an id in an error where ids are not hashed', async () => {
    const driver = await openDriver()
    const id = newKey().slice(0, 40) as ReturnType<typeof newKey>
    await driver.insert(id, recordWith('x'))
    truncateSync(fileOf(driver.path, id), 100)
    const unreadable: unknown = await driver.read(id).catch((error: unknown) => error)
    rmSync(dirname(fileOf(driver.path, id)), { recursive: true })
    writeFileSync(dirname(fileOf(driver.path, id)), '')
    const failed: unknown = await driver.read(id).catch((error: unknown) => error)
    const text = [unreadable, failed].flatMap((error) => (error instanceof Error ? [error.message, String(error.cause)] : [])).join('; ')
    expect(text).toContain('ENOTDIR')
    expect(text).toMatch(/Session record '[0-9a-f]{64}' cannot be read/)
    expect(text).not.toContain(id)
  })
})

describe('the text of a slot', () => {
  const anyText = fc.string({
    unit: fc.oneof(fc.constantFrom('a', '"', '\0', 'é', '€', '😀', '\ud83d', '\udc00'), fc.string({ maxLength: 1 })),
  })
  const instant = fc.nat(2 ** 31).map((n) => n * 1000)
  const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined })
  const record: fc.Arbitrary<StoredRecord> = fc.record({
    payload: anyText,
    flash: anyText,
    handle: anyText,
    createdAt: instant,
    authenticatedAt: maybe(instant),
    regeneratedAt: maybe(instant),
    lastActivity: instant,
    expiresAt: instant,
    userId: maybe(anyText),
    ipAddress: maybe(anyText),
    userAgent: maybe(anyText),
    version: fc.record({ counter: fc.maxSafeNat(), writeToken: anyText }),
  })

  it('gives every record back as it was, half a surrogate pair included', () => {
    fc.assert(
      fc.property(record, (given) => {
        const content = decodeContent(encodeRecord(given).subarray(DESCRIPTOR_BYTES))
        expect(content).toEqual({ kind: 'record', record: given, expiresAt: given.expiresAt })
      }),
    )
  })

  it('gives every marker back as it was', () => {
    const marker = fc.record({ replacedAt: instant, reason: fc.constantFrom('login' as const, 'rotation' as const), salt: maybe(anyText) })
    fc.assert(
      fc.property(marker, instant, (given, expiresAt) => {
        const content = decodeContent(encodeMarker(given, expiresAt).subarray(DESCRIPTOR_BYTES))
        expect(content).toEqual({ kind: 'marker', marker: given, expiresAt })
      }),
    )
  })

  it('that is anything else is not understood, and nothing breaks', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(decodeContent(Buffer.from(bytes))).toBe(undefined)
      }),
    )
    expect(decodeContent(Buffer.from('\u0002\0\0\0\0\0\0\0{}'))).toBe(undefined)
    expect(decodeContent(Buffer.from('\u0003\0\0\0\0\0\0\0[1]'))).toBe(undefined)
  })
})
