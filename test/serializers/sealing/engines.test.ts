import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HKDF_INFO } from '../../../src/serializers/sealing/engine.ts'
import type { Engine } from '../../../src/serializers/sealing/engine.ts'
import { webEngine } from '../../../src/serializers/sealing/web-engine.ts'
import { engineOfNode } from '../../support/sealed.ts'

const node = engineOfNode()
const engines: readonly Engine[] = [node, webEngine]

const bytesOf = (length: number): fc.Arbitrary<Uint8Array<ArrayBuffer>> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => Uint8Array.from(bytes))
const ascii = fc.string({ unit: 'binary-ascii', maxLength: 80 })
const wellFormed = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }).map((text) => text.toWellFormed()),
  fc.constantFrom('', '\ufeff', '\0', '\u{10ffff}'),
)

describe('both engines', () => {
  it('make the same texts, byte for byte, and each opens what the other sealed', async () => {
    await fc.assert(
      fc.asyncProperty(bytesOf(32), bytesOf(18), bytesOf(12), ascii, wellFormed, async (secret, salt, iv, about, text) => {
        const [one, other] = await Promise.all(engines.map(async (engine) => engine.secret(secret).derive(salt, HKDF_INFO)))
        const box = await one?.seal(iv, about, text)
        expect(await other?.seal(iv, about, text)).toBe(box)
        expect([await one?.open(box ?? '', about), await other?.open(box ?? '', about)]).toEqual([text, text])
      }),
      { numRuns: 300 },
    )
  })

  it('use a key as it is in the same way', async () => {
    await fc.assert(
      fc.asyncProperty(bytesOf(32), bytesOf(12), wellFormed, async (secret, iv, text) => {
        const [one, other] = await Promise.all(engines.map(async (engine) => engine.secret(secret).direct()))
        const box = (await one?.seal(iv, '', text)) ?? ''
        expect(await other?.seal(iv, '', text)).toBe(box)
        expect([await one?.open(box, ''), await other?.open(box, '')]).toEqual([text, text])
      }),
      { numRuns: 100 },
    )
  })

  it('refuse the same boxes', async () => {
    const keys = await Promise.all(engines.map(async (engine) => engine.secret(new Uint8Array(32).fill(3)).direct()))
    const good = (await keys[0]?.seal(new Uint8Array(12), 'about', 'text')) ?? ''
    const alphabet = fc.constantFrom(...Array.from('ABCXYZabcxyz0189-_+/= \n.é\u0131'))
    const changed = fc
      .tuple(fc.nat({ max: good.length }), fc.nat({ max: 3 }), fc.string({ unit: alphabet, maxLength: 3 }))
      .map(([at, removed, added]) => good.slice(0, at) + added + good.slice(at + removed))
    await fc.assert(
      fc.asyncProperty(fc.oneof(changed, fc.string({ unit: alphabet })), async (box) => {
        const opened = await Promise.all(keys.map(async (key) => key.open(box, 'about')))
        expect(opened).toEqual(box === good ? ['text', 'text'] : [undefined, undefined])
      }),
      { numRuns: 2000 },
    )
  })

  it('bind a text to all of what it is about', async () => {
    const abouts = ['hf1\nv1', 'hf1\nv2', 'hf1\nv1\n', '\nhf1\nv1', 'hf1v1', 'HF1\nV1', '']
    for (const engine of engines) {
      const key = await engine.secret(new Uint8Array(32).fill(3)).direct()
      const box = await key.seal(new Uint8Array(12), 'hf1\nv1', 'text')
      const opened = await Promise.all(abouts.map(async (about) => key.open(box, about)))
      expect(opened, engine.name).toEqual(['text', ...Array.from({ length: 6 }, () => undefined)])
    }
  })

  it('write the same base64url, and read it back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (data) => {
        const bytes = Uint8Array.from(data)
        for (const engine of engines) {
          const text = engine.encode(bytes)
          expect(text).toBe(Buffer.from(bytes).toString('base64url'))
          expect(Array.from(engine.decode(text) ?? [])).toEqual(Array.from(bytes))
        }
      }),
    )
  })

  it('write long data, too', () => {
    const bytes = new Uint8Array(200_001).map((_, at) => at * at)
    for (const engine of engines) expect(engine.encode(bytes) === Buffer.from(bytes).toString('base64url')).toBe(true)
  })

  it('copy the secret that they are handed', async () => {
    for (const engine of engines) {
      const bytes = new Uint8Array(32).fill(5)
      const secret = engine.secret(bytes)
      bytes.fill(0)
      const kept = await (await secret.direct()).seal(new Uint8Array(12), '', 'text')
      expect(await (await engine.secret(new Uint8Array(32).fill(5)).direct()).open(kept, '')).toBe('text')
    }
  })

  it('copy the IV before they wait for anything: it stands in a pool that goes on being used', async () => {
    for (const engine of engines) {
      const key = await engine.secret(new Uint8Array(32).fill(5)).direct()
      const iv = new Uint8Array(12).fill(1)
      const sealing = key.seal(iv, '', 'text')
      iv.fill(2)
      const box = await sealing
      expect(Buffer.from(box, 'base64url').subarray(0, 12).toString('hex')).toBe('01'.repeat(12))
      expect(await key.open(box, '')).toBe('text')
    }
  })

  it('derive another key for another salt, and for another purpose', async () => {
    for (const engine of engines) {
      const secret = engine.secret(new Uint8Array(32).fill(5))
      const salts = [new Uint8Array(18), new Uint8Array(18).fill(1)]
      const keys = [
        await secret.derive(salts[0] ?? new Uint8Array(), HKDF_INFO),
        await secret.derive(salts[1] ?? new Uint8Array(), HKDF_INFO),
      ]
      keys.push(await secret.derive(salts[0] ?? new Uint8Array(), new TextEncoder().encode('another')), await secret.direct())
      const boxes = await Promise.all(keys.map(async (key) => key.seal(new Uint8Array(12), '', 'text')))
      expect(new Set(boxes).size).toBe(4)
    }
  })
})
