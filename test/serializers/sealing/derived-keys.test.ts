import { randomBytes } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { DerivedKeys } from '../../../src/serializers/sealing/derived-keys.ts'
import { envelopeOf } from '../../../src/serializers/sealing/envelope.ts'
import type { Envelope } from '../../../src/serializers/sealing/envelope.ts'
import { webEngine } from '../../../src/serializers/sealing/web-engine.ts'
import { countingEngine, engineOfNode } from '../../support/sealed.ts'

const MOST_KEPT = 1024
const SECRET = new Uint8Array(32).fill(7)

function aReader(): { readonly keys: DerivedKeys; readonly derived: () => number } {
  const { engine, derived } = countingEngine()
  return { keys: new DerivedKeys(engine.secret(SECRET), engine), derived }
}

/** Another process with the same key, of which each text is by another writer. */
const writer = new DerivedKeys(engineOfNode().secret(SECRET), engineOfNode())

async function sealed(text = 'text'): Promise<Envelope> {
  const { head, key } = writer.make(Uint8Array.from(randomBytes(18)), 'v1')
  const envelope = envelopeOf(head + (await (await key).seal(Uint8Array.from(randomBytes(12)), 'about', text)))
  if (envelope === undefined) throw new Error('no envelope')
  return envelope
}

async function many(count: number): Promise<Envelope[]> {
  return await Promise.all(Array.from({ length: count }, () => sealed()))
}

describe('keys that were derived', () => {
  it('are derived once for all texts of one head', async () => {
    const { keys, derived } = aReader()
    const one = await sealed()
    for (let count = 0; count < 100; count++) expect(keys.open(one, 'about')).toBe('text')
    expect(derived()).toBe(1)
  })

  it('are kept for 1024 heads, of which the longest unused is forgotten', async () => {
    const { keys, derived } = aReader()
    const heads = await many(MOST_KEPT)
    const opened = (envelope: Envelope | undefined): number => {
      const before = derived()
      expect(envelope && keys.open(envelope, 'about')).toBe('text')
      return derived() - before
    }
    for (const envelope of heads) expect(opened(envelope)).toBe(1)
    for (const envelope of heads) expect(opened(envelope)).toBe(0)
    expect(opened(heads[0])).toBe(0)
    expect(opened(await sealed())).toBe(1)
    expect(opened(heads[0])).toBe(0)
    expect(opened(heads[1])).toBe(1)
    expect(opened(heads.at(-1))).toBe(0)
  })

  it('are kept only when something opened: whoever makes up heads pushes none out', async () => {
    const { keys, derived } = aReader()
    const heads = await many(MOST_KEPT)
    for (const envelope of heads) expect(keys.open(envelope, 'about')).toBe('text')
    for (const { box } of heads) {
      const salt = randomBytes(18).toString('base64url')
      expect(keys.open({ keyName: 'v1', head: `hf1.v1.${salt}`, salt, box }, 'about')).toBe(undefined)
    }
    const before = derived()
    for (const envelope of heads) expect(keys.open(envelope, 'about')).toBe('text')
    expect(derived()).toBe(before)
  })

  it('open what is about the same, and nothing else', async () => {
    const { keys } = aReader()
    const [one, other] = await many(2)
    if (one === undefined || other === undefined) throw new Error('no envelopes')
    for (let count = 0; count < 3; count++) {
      expect(keys.open(one, 'about')).toBe('text')
      expect(keys.open(one, 'something else')).toBe(undefined)
      expect(keys.open({ ...one, box: other.box }, 'about')).toBe(undefined)
      expect(keys.open({ ...other, box: one.box }, 'about')).toBe(undefined)
    }
  })

  it('are not derived for a salt that is not in its one right form', async () => {
    const { keys, derived } = aReader()
    const { box } = await sealed()
    for (const salt of ['+'.repeat(24), '/'.repeat(24), '='.repeat(24), '\u0131'.repeat(24), ' '.repeat(24), `${'A'.repeat(22)}==`]) {
      expect(keys.open({ keyName: 'v1', head: `hf1.v1.${salt}`, salt, box }, 'about')).toBe(undefined)
    }
    expect(derived()).toBe(0)
  })

  it('are the same with promises', async () => {
    const keys = new DerivedKeys(webEngine.secret(SECRET), webEngine)
    const envelopes = await many(20)
    const opened = await Promise.all([...envelopes, ...envelopes].map(async (envelope) => keys.open(envelope, 'about')))
    expect(opened).toEqual(Array.from({ length: 40 }, () => 'text'))
    expect(await keys.open({ ...(await sealed()), salt: '=' }, 'about')).toBe(undefined)
  })

  it('the key itself, for texts of the PHP library, is made once', () => {
    const { keys } = aReader()
    expect(keys.direct()).toBe(keys.direct())
  })
})

describe('what is kept of a text', () => {
  setFlagsFromString('--expose_gc')
  const collectGarbage = runInNewContext('gc') as () => void
  const heapBytes = (): number => {
    collectGarbage()
    return process.memoryUsage().heapUsed
  }

  it('is its head, and never the text itself, however often it is opened', async () => {
    const { keys } = aReader()
    // Buffers are no part of the heap.
    const stored: Buffer[] = []
    for (let count = 0; count < 40; count++) {
      const { head, box } = await sealed('x'.repeat(250_000))
      stored.push(Buffer.from(head + box))
    }
    const openEach = (): void => {
      for (const bytes of stored) {
        const envelope = envelopeOf(bytes.toString('latin1'))
        if (envelope === undefined || keys.open(envelope, 'about') === undefined) throw new Error('it did not open')
      }
    }
    const before = heapBytes()
    openEach()
    const once = heapBytes()
    openEach()
    const twice = heapBytes()
    // All of the texts are 13 megabytes.
    expect([once - before, twice - before].filter((bytes) => bytes > 3_000_000)).toEqual([])
  })
})
