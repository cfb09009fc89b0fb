import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { RecordWrite } from '../../../src/contracts/driver.ts'
import { decodeContent, decodeHead } from '../../../src/drivers/redis/layout.ts'
import { RedisDriver } from '../../../src/drivers/redis/redis-driver.ts'
import { readText, textField } from '../../../src/drivers/redis/text-fields.ts'
import {
  GIVE_BACK,
  LONG,
  aMarker,
  aRecord,
  hold,
  listAll,
  newKey,
  newToken,
  recordUnder,
  someTexts,
  store,
} from '../../../src/testing/suite/records.ts'
import { describeNeeding } from '../../support/needs.ts'
import { type Place, type PlainClient, keep, newPrefix, openPlace } from '../../support/redis-plain.ts'
import { singleClients } from './clients.ts'
import type { TestClient } from './suite.ts'

const anyText = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), loneSurrogates(), hex())

describeNeeding('redis', 'what lies under a key', () => {
  const prefix = newPrefix()
  const clients: TestClient[] = []
  const drivers: RedisDriver[] = []
  let place: Place
  let plain: PlainClient

  beforeAll(async () => {
    place = await openPlace(prefix)
    plain = place.plain
    for (const make of Object.values(singleClients)) {
      const client = make(place.url)
      const driver = new RedisDriver({ client: client.client, prefix })
      await driver.open()
      clients.push(client)
      drivers.push(driver)
    }
  })
  afterAll(async () => {
    for (const driver of drivers) await driver.close()
    for (const client of clients) await client.end()
    await place.close()
  })
  const first = (): RedisDriver => drivers[0] ?? missing()
  const bytesUnder = async (key: string): Promise<Buffer> => (await plain.withTypeMapping({ 36: Buffer }).get(prefix + key)) ?? missing()

  it('every text comes back as it was, half surrogate pairs too, and over every client the same', async () => {
    const writes = fc.record({
      payload: anyText,
      flash: anyText,
      handle: anyText,
      writeToken: anyText,
      userAgent: fc.option(anyText, { nil: undefined }),
      ipAddress: fc.option(anyText, { nil: undefined }),
    })
    await fc.assert(
      fc.asyncProperty(writes, fc.nat({ max: drivers.length - 1 }), async (texts, n) => {
        const write: RecordWrite = { ...aRecord(), ...texts }
        const key = newKey()
        await (drivers[n] ?? missing()).insert(key, write)
        const { payload, flash, handle, userAgent, ipAddress, version } = await recordUnder(
          drivers[(n + 1) % drivers.length] ?? missing(),
          key,
        )
        expect({ payload, flash, handle, userAgent, ipAddress, writeToken: version.writeToken }).toEqual(texts)
      }),
      { numRuns: 100 },
    )
  })

  it('a user is found by an id of any text, and by no other', async () => {
    await fc.assert(
      fc.asyncProperty(anyText, anyText, fc.nat({ max: drivers.length - 1 }), async (userId, another, n) => {
        const driver = drivers[n] ?? missing()
        const { key } = await store(driver, { userId })
        expect((await recordUnder(driver, key)).userId).toBe(userId)
        const listed = (await listAll(first(), userId)).map((session) => [session.key, session.userId])
        expect(listed).toContainEqual([key, userId])
        for (const session of await listAll(first(), another)) expect(session.userId).toBe(another)
        expect(await first().revokeUser(userId)).toBe(listed.length)
        expect(await driver.read(key)).toBeUndefined()
      }),
      {
        numRuns: 60,
        examples: [
          ['\ud800', '\udbff', 0],
          ['\udc00', '\ufffd', 0],
          ['a\ud83d', 'a\ufffd', 0],
        ],
      },
    )
  })

  it('a text says where it ends: nothing cut off is taken for a text', () => {
    fc.assert(
      fc.property(fc.option(anyText, { nil: undefined }), (text) => {
        const field = textField(text)
        expect(readText(field, 0)).toEqual({ text, end: field.length })
        for (let end = 0; end < field.length; end++) expect(readText(field.subarray(0, end), 0)).toBeUndefined()
      }),
      { numRuns: 200 },
    )
  })

  it('a value that was cut off, or went on, is damaged', async () => {
    const { key } = await store(first(), { userId: '7' })
    const value = await bytesUnder(key)
    expect(decodeContent(value)?.kind).toBe('record')
    for (let end = 0; end < value.length; end++) expect(decodeContent(value.subarray(0, end))).toBeUndefined()
    expect(decodeContent(Buffer.concat([value, Buffer.from('x')]))).toBeUndefined()
    expect(decodeHead(value)).toMatchObject({ kind: 'record', metadata: { userId: '7' } })
  })

  it('taking, renewing and giving back a lease leaves every byte of the contents where it was', async () => {
    const { key } = await store(first())
    const before = await bytesUnder(key)
    const { lease } = await hold(first(), key)
    expect(await first().renew(lease, 2 * LONG)).toBe(true)
    const held = await bytesUnder(key)
    expect(held.subarray(38)).toEqual(before.subarray(38))
    expect(held.subarray(4, 26)).not.toEqual(before.subarray(4, 26))
    await first().unlock(lease)
    const after = await bytesUnder(key)
    expect(after.subarray(26)).toEqual(before.subarray(26))
    expect(after.subarray(4, 10)).toEqual(Buffer.alloc(6))
  })

  it.each([
    ['a list', async (key: string) => void (await plain.rPush(key, 'x'))],
    ['a text of another program', async (key: string) => void (await plain.set(key, 'x'.repeat(200)))],
    ['a short text of another program', async (key: string) => void (await plain.set(key, 'x'))],
    ['a layout of the future', async (key: string) => void (await plain.set(key, `HF\x02R${'x'.repeat(200)}`))],
  ])('%s under a key cannot be read, is not written over, and stays', async (_what, put) => {
    const key = newKey()
    await put(prefix + key)
    const before = await plain.withTypeMapping({ 36: Buffer }).dump(prefix + key)
    const lease = { key, token: newToken(), version: { counter: 1, writeToken: newToken() } }
    const steps = [
      () => first().read(key),
      () => first().insert(key, aRecord()),
      () => first().update(key, aRecord(), lease.version),
      () => first().touch(key, aRecord().durations),
      () => first().rewrite(key, someTexts(), lease.version),
      () => first().acquire(key, { token: newToken(), leaseMs: LONG }),
      () => first().commit(lease, aRecord(), GIVE_BACK),
      () => first().commit(lease, undefined, GIVE_BACK),
      () => first().renew(lease, LONG),
      () => first().unlock(lease),
    ]
    for (const step of steps) await expect(step()).rejects.toMatchObject({ code: 'ERR_SESSION_UNREADABLE' })
    expect(await plain.withTypeMapping({ 36: Buffer }).dump(prefix + key)).toEqual(before)
    await plain.del(prefix + key)
  })

  it('a record whose texts are damaged cannot be read, and asking for its lease leaves none', async () => {
    const { key, version } = await store(first())
    const undo = await keep(plain, prefix + key)
    await plain.setRange(prefix + key, 42, '\xff')
    await expect(first().read(key)).rejects.toMatchObject({ code: 'ERR_SESSION_UNREADABLE' })
    await expect(first().acquire(key, { token: newToken(), leaseMs: LONG })).rejects.toMatchObject({ code: 'ERR_SESSION_UNREADABLE' })
    expect((await bytesUnder(key)).subarray(4, 10)).toEqual(Buffer.alloc(6))
    const damaged = await bytesUnder(key)
    await expect(first().rewrite(key, someTexts(), version)).rejects.toMatchObject({ code: 'ERR_SESSION_UNREADABLE' })
    expect(await bytesUnder(key)).toEqual(damaged)
    await undo()
    await recordUnder(first(), key)
  })

  it('destroying ends a damaged record too, and leaves what another program has under the key', async () => {
    const { key } = await store(first())
    await plain.setRange(prefix + key, 0, 'XX')
    expect(await first().destroy(key)).toEqual({ kind: 'record' })
    expect(await plain.exists(prefix + key)).toBe(0)
    await plain.rPush(prefix + key, 'x')
    await expect(first().destroy(key)).rejects.toMatchObject({ code: 'ERR_SESSION_UNREADABLE' })
    expect(await plain.exists(prefix + key)).toBe(1)
  })

  it('a session takes little more than its own texts', async () => {
    const write = aRecord({ payload: 'p'.repeat(300), flash: '{}' })
    const { key } = await store(first(), write)
    const texts = [write.payload, write.flash, write.ipAddress ?? '', write.userAgent ?? ''].reduce((sum, text) => sum + text.length, 0)
    expect((await plain.strLen(prefix + key)) - texts).toBeLessThanOrEqual(103)
    // With its key, what Redis keeps about a key, and what its allocator rounds up.
    const used = (await plain.memoryUsage(prefix + key)) ?? missing()
    expect(used - prefix.length + 'session:'.length - texts).toBeLessThan(300)
  })

  it('a marker has no payload', async () => {
    const { key } = await store(first(), { payload: 'secret'.repeat(100) })
    const { lease } = await hold(first(), key)
    await first().replace(lease, newKey(), aRecord(), aMarker(), GIVE_BACK)
    expect((await bytesUnder(key)).length).toBeLessThan(150)
  })
})

function loneSurrogates(): fc.Arbitrary<string> {
  return fc.array(fc.integer({ min: 0xd7f0, max: 0xe010 }), { maxLength: 20 }).map((codes) => String.fromCharCode(...codes))
}

function hex(): fc.Arbitrary<string> {
  return fc.array(fc.nat({ max: 15 }), { minLength: 31, maxLength: 33 }).map((digits) => digits.map((digit) => digit.toString(16)).join(''))
}

function missing(): never {
  throw new Error('it is not there')
}
