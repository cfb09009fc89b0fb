import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { EncryptedSerializer, phpKey } from '../../src/serializers/encrypted.ts'
import { DerivedKeys } from '../../src/serializers/sealing/derived-keys.ts'
import { KeyRing } from '../../src/serializers/sealing/key-ring.ts'
import { KeySource } from '../../src/serializers/sealing/key-source.ts'
import { webEngine } from '../../src/serializers/sealing/web-engine.ts'
import { WriterKey } from '../../src/serializers/sealing/writer-key.ts'
import { formsIn, leaksOf } from '../support/leaks.ts'
import { elsewhere, engineOfNode, errorOf, phpSealed, sealedBy, textSerializer } from '../support/sealed.ts'
import { place } from '../support/serializer-context.ts'

const v1 = Uint8Array.from(randomBytes(32))
const v2 = Uint8Array.from(randomBytes(32))
const PHP = 'wombat 88 crocus! lantern dovetail'
const secrets = [v1, v2, new TextEncoder().encode(PHP).subarray(0, 32)]
const keys = { v2: Buffer.from(v2).toString('base64'), v1: { key: v1, state: 'opens' }, v0: phpKey(PHP) } as const
const engines = [engineOfNode(), webEngine]

function allLeaks(value: unknown): string[] {
  return secrets.flatMap((secret) => leaksOf(value, secret))
}

describe('what looks for keys', () => {
  it('finds them in each form', () => {
    const forms = [Buffer.from(v1).toString('base64'), Buffer.from(v1).toString('hex'), Buffer.from(v1).toString('latin1'), v1.join(', ')]
    for (const form of forms) expect(formsIn(`a${form}b`, v1).length).toBeGreaterThan(0)
    const hidden = Object.defineProperty({}, Symbol('hidden'), { value: { deeper: [v1] } })
    for (const leaky of [v1, { key: v1 }, Buffer.from(v1), new Map([['v1', v1]]), hidden, v1.buffer]) {
      expect(leaksOf(leaky, v1).length).toBeGreaterThan(0)
    }
  })
})

describe('nothing shows a key', () => {
  it('of a serializer that has sealed and opened', async () => {
    const serializer = new EncryptedSerializer({ serializer: textSerializer, keys })
    const older = new EncryptedSerializer({ serializer: textSerializer, keys: { v1 } })
    const texts = [await sealedBy(serializer, 'a'), await sealedBy(older, 'a'), phpSealed(PHP, 'a')]
    for (const text of texts) expect(serializer.restore(text, place)).toMatchObject({ value: 'a' })
    expect(allLeaks(serializer)).toEqual([])
    expect(JSON.stringify(serializer)).toBe('{"takesMetadata":false}')
    expect(Reflect.ownKeys(serializer)).toEqual(['takesMetadata'])
  })

  it('of a serializer whose keys were fetched', async () => {
    const serializer = new EncryptedSerializer({ serializer: textSerializer, keys: async () => await Promise.resolve(keys) })
    await sealedBy(serializer, 'a')
    expect(allLeaks(serializer)).toEqual([])
  })

  it('of a ring and its keys, on either engine', async () => {
    for (const engine of engines) {
      const ring = new KeyRing(keys, engine)
      const { derived } = ring.sealing
      const made = derived.make(Uint8Array.from(randomBytes(18)), 'v2')
      const parts = [
        ring,
        ring.sealing,
        ring.get('v1'),
        ring.others(''),
        derived,
        made,
        await made.key,
        derived.direct(),
        await derived.direct(),
      ]
      for (const part of parts) expect(allLeaks(part)).toEqual([])
    }
  })

  it('of the source of the keys, the engine’s own secrets, and the key that is written with', async () => {
    for (const engine of engines) {
      const writer = new WriterKey()
      const writing = writer.next(new KeyRing(keys, engine).sealing)
      const secret = engine.secret(v1)
      const parts = [new KeySource(keys, engine, 0), engine, secret, new DerivedKeys(secret, engine), writer, writing, await writing.key]
      for (const part of parts) expect(allLeaks(part)).toEqual([])
    }
  })

  it('of what phpKey gives', () => {
    expect(allLeaks(phpKey(PHP))).toEqual([])
    expect(JSON.stringify({ v1: phpKey(PHP) })).toBe('{"v1":{}}')
    expect(Reflect.ownKeys(phpKey(PHP))).toEqual([])
    expect(allLeaks(structuredClone(phpKey(PHP)))).toEqual([])
  })
})

describe('no error shows a key', () => {
  it('when a text does not open', async () => {
    const serializer = new EncryptedSerializer({ serializer: textSerializer, keys })
    const text = await sealedBy(serializer, 'a')
    const texts = [text.slice(0, -1), `${text}AAAA`, text.replace('v2', 'v1'), text.replace('v2', 'v7'), 'plain', phpSealed('another', 'a')]
    for (const other of texts) expect(allLeaks(await errorOf(() => serializer.restore(other, place)))).toEqual([])
    expect(allLeaks(await errorOf(() => serializer.restore(text, elsewhere)))).toEqual([])
  })

  it('when a text cannot be sealed', async () => {
    const serializer = new EncryptedSerializer({ serializer: textSerializer, keys })
    expect(allLeaks(await errorOf(() => serializer.prepare('\ud800', place)))).toEqual([])
  })

  it('when a ring is refused', async () => {
    const rings: readonly object[] = [
      { v1, v2: v1 },
      { v1, v2: Buffer.from(v1).toString('hex') },
      { v1: { key: v1, state: 'seals' }, v2: { key: v2, state: 'seals' } },
      { v1: { key: v1, state: 'opens' } },
      { v1: { key: v1, status: 'opens' } },
      { v1: v1.subarray(1) },
      { v1: `${Buffer.from(v1).toString('base64')}\n` },
      { v1: `base64:${Buffer.from(v1).toString('base64')}` },
      { v1: PHP },
      { v1: new TextEncoder().encode(PHP).subarray(0, 32) },
      { [Buffer.from(v1).toString('base64')]: v2 },
      { [PHP]: v2 },
    ]
    for (const ring of rings) {
      const fetched = await errorOf(() => new EncryptedSerializer({ keys: () => ring as typeof keys }).open())
      const given = await errorOf(() => new EncryptedSerializer({ keys: ring as typeof keys }))
      expect([fetched.code, given.code]).toEqual(['ERR_SESSION_CONFIG', 'ERR_SESSION_CONFIG'])
      expect([...allLeaks(fetched), ...allLeaks(given)]).toEqual([])
    }
  })

  it('when phpKey refuses what it is handed', async () => {
    for (const other of [{ key: PHP }, [PHP], { v1 }, [v1]]) {
      expect(allLeaks(await errorOf(() => phpKey(other as never)))).toEqual([])
    }
  })
})
