import { describe, expect, it } from 'vitest'
import type { PrepareContext, SealingSerializer } from '../../src/contracts/serializer.ts'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import type { ResealOptions } from '../../src/manager/resealing.ts'
import { EncryptedSerializer } from '../../src/serializers/encrypted.ts'
import { NativeSerializer } from '../../src/serializers/native.ts'
import { SessionError } from '../../src/session/errors.ts'
import { unopenable } from '../support/sealed-damage.ts'
import { openSealedShop } from '../support/sealed-shop.ts'
import { keyNamesOf, ringKey, sealing, sealingByWeb } from '../support/sealed-rings.ts'
import { failureOf, keyOf } from './support/shop.ts'

const NEW = ['v2', 'v2']

describe.each([
  ['with the runtime’s cryptography', sealing],
  ['with web cryptography', sealingByWeb],
] as const)('reseal(), %s', (_, serializerWith) => {
  it('rewrites what is under an old key at the version that it read, and reads the rest only', async () => {
    const shop = openSealedShop()
    const old = await shop.processWith(serializerWith('old')).stored()
    const { sessions, stored } = shop.processWith(serializerWith('activated'))
    await stored()
    const before = await shop.recordOf(old)
    expect(await sessions.reseal()).toEqual({ examined: 2, resealed: 1, skipped: 0, unreadable: 0, isDone: true, cursor: undefined })
    expect(shop.driver.methods).toEqual(['read', 'read'])
    expect(shop.driver.rewrites.map(({ key, version }) => [key, version])).toEqual([[keyOf(old), before?.version]])
    const [{ texts } = { texts: undefined }] = shop.driver.rewrites
    expect(texts?.writeToken).toMatch(/^[0-9a-f]{32}$/)
    expect(texts?.writeToken).not.toBe(before?.version.writeToken)
    const { version, ...after } = (await shop.recordOf(old)) ?? {}
    expect(version).toEqual({ counter: 2, writeToken: texts?.writeToken })
    expect(after).toEqual({ ...before, payload: texts?.payload, flash: texts?.flash, version: undefined })
    expect(keyNamesOf(await shop.recordOf(old))).toEqual(NEW)
  })

  it('seals what has its flash data alone under an old key, and leaves the other text', async () => {
    const shop = openSealedShop()
    const { sessions, stored } = shop.processWith(serializerWith('activated'))
    const id = await stored((session) => session.flash('status', 'Hi'))
    const key = keyOf(id)
    const record = await shop.recordOf(id)
    const flash = (await serializerWith('old').prepare({ status: 'Hi' }, { key, field: 'flash' })) ?? ''
    if (record === undefined) return expect.unreachable()
    await shop.memory.rewrite(key, { payload: record.payload, flash, writeToken: 'w'.repeat(32) }, record.version)
    expect(await sessions.reseal()).toMatchObject({ resealed: 1 })
    const after = await shop.recordOf(id)
    expect([after?.payload, ...keyNamesOf(after)]).toEqual([record.payload, ...NEW])
    expect(await sessions.run(id, (session) => session.getFlash('status'))).toBe('Hi')
  })

  it('tells how far it is after each page, and the last word is the answer', async () => {
    const shop = openSealedShop()
    const { stored } = shop.processWith(serializerWith('old'))
    for (let each = 0; each < 250; each++) await stored()
    const { sessions, progress } = shop.processWith(serializerWith('activated'))
    const answer = await sessions.reseal({ rate: 1_000_000 })
    expect(answer).toEqual({ examined: 250, resealed: 250, skipped: 0, unreadable: 0, isDone: true, cursor: undefined })
    expect(progress.length).toBe(shop.driver.lists.length)
    expect(progress.length).toBeGreaterThan(2)
    expect(progress.at(-1)).toEqual({ key: undefined, ...answer })
    let last = 0
    for (const [at, { examined, resealed, cursor }] of progress.entries()) {
      expect(resealed).toBe(examined)
      expect(examined - last).toBeGreaterThan(0)
      expect(examined - last).toBeLessThanOrEqual(100)
      expect(shop.driver.lists[at + 1]?.cursor).toBe(cursor)
      last = examined
    }
    expect(shop.driver.lists[0]?.cursor).toBeUndefined()
  })
})

describe('reseal()', () => {
  it.each(unopenable)('leaves a session as it is that does not open, and tells why: $name', async ({ damage, serializer, detail }) => {
    for (const field of ['payload', 'flash'] as const) {
      const shop = openSealedShop()
      const old = shop.processWith(sealing('old'))
      const [id, other] = [await old.stored(), await old.stored()]
      const [record, from] = [await shop.recordOf(id), await shop.recordOf(other)]
      if (record === undefined || from === undefined) return expect.unreachable()
      await shop.memory.destroy(keyOf(other))
      const { version, payload, flash } = record
      const texts = { payload, flash, writeToken: 'w'.repeat(32), [field]: damage(record[field], from[field]) }
      await shop.memory.rewrite(keyOf(id), texts, version)
      const before = await shop.recordOf(id)
      const { sessions, events } = shop.processWith(serializer('activated'))
      expect(await sessions.reseal()).toEqual({ examined: 1, resealed: 0, skipped: 0, unreadable: 1, isDone: true, cursor: undefined })
      expect(events).toEqual([expect.objectContaining({ kind: 'trouble', operation: 'reseal', key: keyOf(id), detail })])
      expect(await shop.recordOf(id)).toEqual(before)
      expect(shop.driver.rewrites).toEqual([])
    }
  })

  it('seals what another key once sealed under the name that the key of today has', async () => {
    const shop = openSealedShop()
    const id = await shop.processWith(sealing('old')).stored((session) => session.set('n', 5))
    const keys = { v1: { key: ringKey('v2'), state: 'seals' }, before: { key: ringKey('v1'), state: 'opens' } } as const
    const { sessions } = shop.processWith(new EncryptedSerializer({ keys }))
    expect(await sessions.reseal()).toMatchObject({ examined: 1, resealed: 1 })
    const { peek } = shop.processWith(new EncryptedSerializer({ keys: { v1: ringKey('v2') } }))
    expect(await peek(id)).toMatchObject({ n: 5 })
  })

  it('of a session that the driver cannot read tells, counts it, and goes on', async () => {
    const shop = openSealedShop()
    const { stored } = shop.processWith(sealing('old'))
    const ids = [await stored(), await stored(), await stored()]
    const { sessions, events } = shop.processWith(sealing('activated'))
    const torn = SessionError.unreadable(keyOf(ids[0] ?? ''), 'its file is torn')
    shop.driver.failNext('read', torn)
    expect(await sessions.reseal()).toEqual({ examined: 3, resealed: 2, skipped: 0, unreadable: 1, isDone: true, cursor: undefined })
    expect(events).toEqual([expect.objectContaining({ kind: 'trouble', operation: 'read', cause: torn })])
    expect(await sessions.reseal()).toMatchObject({ examined: 3, resealed: 1, unreadable: 0 })
  })

  it('does not ask the inner serializer: what that cannot read is sealed anew as well', async () => {
    const shop = openSealedShop()
    const id = await shop.processWith(sealing('old')).stored()
    const { sessions } = shop.processWith(sealing('activated', { serializer: new Forgetful() }))
    expect(await sessions.reseal()).toMatchObject({ resealed: 1, unreadable: 0 })
    expect(keyNamesOf(await shop.recordOf(id))).toEqual(NEW)
    expect(await shop.processWith(sealing('retired')).peek(id)).toMatchObject({ n: 0 })
  })

  it('takes any serializer that seals', async () => {
    const shop = openSealedShop()
    const id = await shop.processWith(new Stamping('a')).stored()
    const { sessions, peek } = shop.processWith(new Stamping('b'))
    expect(await sessions.keyUsage()).toMatchObject({ byKey: new Map([['a', 1]]) })
    expect(await sessions.reseal()).toMatchObject({ examined: 1, resealed: 1 })
    expect(await sessions.keyUsage()).toMatchObject({ byKey: new Map([['b', 1]]) })
    expect(await peek(id)).toMatchObject({ n: 0 })
  })

  const wrong: [string, unknown][] = [
    ['rate', { rate: 0 }],
    ['rate', { rate: -1 }],
    ['rate', { rate: Number.NaN }],
    ['rate', { rate: Infinity }],
    ['rate', { rate: '500' }],
    ['rate', { rate: null }],
    ['rates', { rates: 500 }],
    ['options', null],
    ['options', [500]],
    ['options', 500],
  ]
  it.each(wrong)('refuses a wrong option %s before it asks the store anything: %j', async (option, options) => {
    const shop = openSealedShop()
    const { sessions } = shop.processWith(sealing('old'))
    const error = await failureOf(sessions.reseal(options as ResealOptions))
    expect(error).toMatchObject({ code: 'ERR_SESSION_CONFIG', message: expect.stringContaining(`Option '${option}'`) })
    expect([shop.driver.calls, shop.driver.lists]).toEqual([[], []])
  })

  it('is refused where nothing seals, and where the driver does not list or rewrite', async () => {
    const plain = openSealedShop().processWith(undefined)
    expect(await failureOf(plain.sessions.reseal())).toMatchObject({
      code: 'ERR_SESSION_CONFIG',
      message: expect.stringContaining("Option 'serializer'"),
    })
    for (const method of ['list', 'rewrite'] as const) {
      const driver = new MemoryDriver()
      Reflect.set(driver, method, undefined)
      const sessions = new SessionManager({ driver, serializer: sealing('old') })
      expect(await failureOf(sessions.reseal())).toMatchObject({
        code: 'ERR_SESSION_CONFIG',
        message: expect.stringContaining("Option 'driver'"),
      })
    }
  })

  it('passes over what came and went between list and read', async () => {
    const shop = openSealedShop()
    const { stored } = shop.processWith(sealing('old'))
    const [gone, moved] = [await stored(), await stored()]
    const old = shop.processWith(sealing('old')).sessions
    const { sessions, stored: storedNow } = shop.processWith(sealing('activated'))
    shop.driver.afterLists.push(async () => {
      await shop.memory.destroy(keyOf(gone))
      await old.run(moved, (session) => session.regenerate())
      await storedNow()
    })
    expect(await sessions.reseal()).toEqual({ examined: 2, resealed: 0, skipped: 0, unreadable: 0, isDone: true, cursor: undefined })
    expect(await shop.recordOf(gone)).toBeUndefined()
    expect((await shop.memory.read(keyOf(moved)))?.kind).toBe('marker')
    expect(shop.driver.rewrites).toEqual([])
  })
})

/** A serializer that cannot read anything any more. */
class Forgetful extends NativeSerializer {
  override restore(): never {
    throw SessionError.deserializationFailed('No.')
  }
}

/** Seals nothing, and writes down under which key it would have. */
class Stamping extends NativeSerializer implements SealingSerializer {
  readonly #name: string

  constructor(name: string) {
    super()
    this.#name = name
  }

  override prepare(value: unknown, context: PrepareContext): string | undefined {
    const text = super.prepare(value, context)
    return text === undefined ? undefined : `${this.#name}:${text}`
  }

  override restore(text: string): ReturnType<NativeSerializer['restore']> {
    return super.restore(text.slice(2))
  }

  keyNameOf(text: string): string | undefined {
    return text.slice(0, 1)
  }

  reseal(text: string): string | undefined {
    return this.keyNameOf(text) === this.#name ? undefined : `${this.#name}:${text.slice(2)}`
  }
}
