import { createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { EncryptedSerializer } from '../../../src/serializers/encrypted.ts'
import { NativeSerializer } from '../../../src/serializers/native.ts'
import { newToken as newCsrfToken, tokenMatches } from '../../../src/session/csrf-token.ts'
import { newSessionId } from '../../../src/session/id.ts'
import { randomHex } from '../../../src/session/random.ts'
import { codeOf, failureOf, keyOf, openShop, visit } from '../../manager/support/shop.ts'
import { keyNamesOf, ringKey, sealing, sealingByWeb } from '../../support/sealed-rings.ts'

const CONTEXT = { key: keyOf('a'.repeat(40)), field: 'payload' } as const
const DATA = { user: 'ada', n: 1 }

async function sealed(serializer: EncryptedSerializer, context: Parameters<EncryptedSerializer['prepare']>[1] = CONTEXT): Promise<string> {
  return (await serializer.prepare(DATA, context)) ?? ''
}

/** What restoring gives: the value, or the code of the error. */
async function opened(serializer: EncryptedSerializer, text: string, context = CONTEXT): Promise<unknown> {
  return await Promise.resolve()
    .then(() => serializer.restore(text, context))
    .then(
      ({ value }) => value,
      (error: unknown) => codeOf(Promise.reject(error)),
    )
}

/** A sealed text with the bytes of its box changed. */
function withBox(text: string, change: (box: Buffer) => Buffer): string {
  const at = text.indexOf('.', 4) + 25
  return text.slice(0, at) + change(Buffer.from(text.slice(at), 'base64url')).toString('base64url')
}

const ENGINES = [
  ['node', sealing],
  ['web', sealingByWeb],
] as const

describe.each(ENGINES)('what is sealed by the %s engine', (_name, seal) => {
  it('ASVS-11.2.2 names its format and its key, and is sealed anew under another', async () => {
    const text = await sealed(seal('old'))
    expect(text).toMatch(/^hf1\.v1\./)
    const anew = (await seal('activated').reseal(text, CONTEXT)) ?? ''
    expect(keyNamesOf({ payload: anew, flash: anew })).toEqual(['v2', 'v2'])
    expect(await opened(seal('retired'), anew)).toEqual(DATA)
    expect(await opened(seal('old'), anew)).toBe('ERR_SESSION_DESERIALIZATION_FAILED')
    expect(await opened(seal('old'), text.replace('hf1.', 'hf2.'))).toBe('ERR_SESSION_DESERIALIZATION_FAILED')
  })

  it('ASVS-11.3.3 is refused with any bit changed, with a shorter tag, and for another session or field', async () => {
    const serializer = seal('old')
    const text = await sealed(serializer)
    expect(await opened(serializer, text)).toEqual(DATA)
    const length = Buffer.from(text.slice(text.indexOf('.', 4) + 25), 'base64url').length
    for (let at = 0; at < length; at++) {
      const changed = withBox(text, (box) => {
        box[at] = (box[at] ?? 0) ^ 1
        return box
      })
      expect([at, await opened(serializer, changed)]).toEqual([at, 'ERR_SESSION_DESERIALIZATION_FAILED'])
    }
    for (const tag of [0, 1, 4, 8, 12, 15]) {
      const cut = withBox(text, (box) => box.subarray(0, box.length - 16 + tag))
      expect([tag, await opened(serializer, cut)]).toEqual([tag, 'ERR_SESSION_DESERIALIZATION_FAILED'])
    }
    expect(
      await opened(
        serializer,
        withBox(text, (box) => Buffer.concat([box, Buffer.alloc(1)])),
      ),
    ).toBe('ERR_SESSION_DESERIALIZATION_FAILED')
    for (const context of [{ ...CONTEXT, field: 'flash' } as const, { ...CONTEXT, key: keyOf('b'.repeat(40)) }]) {
      const failure = await codeOf(Promise.resolve().then(() => serializer.restore(text, context)))
      expect(failure).toBe('ERR_SESSION_DESERIALIZATION_FAILED')
    }
  })

  it('ASVS-11.3.4 has an IV, and a key, of its own each time: none comes twice, of two processes either', async () => {
    const boxes = new Set<string>()
    const heads = new Set<string>()
    for (const serializer of [seal('old'), seal('old')]) {
      for (let n = 0; n < 2000; n++) {
        const text = await sealed(serializer)
        heads.add(text.slice(0, text.indexOf('.', 4) + 25))
        boxes.add(text.slice(text.indexOf('.', 4) + 25).slice(0, 16))
      }
    }
    expect(boxes.size).toBe(4000)
    expect(heads.size).toBeGreaterThanOrEqual(2)
  })
})

describe('keys', () => {
  it('ASVS-11.2.3 have 256 bits: others are refused, never filled up or cut', async () => {
    const wrong = [0, 1, 16, 24, 31, 33, 64].map((length) => new Uint8Array(randomBytes(length)))
    const texts = ['', 'secret', 'base64:abc', randomBytes(16).toString('hex'), randomBytes(24).toString('base64'), 'x'.repeat(32)]
    for (const key of [...wrong, ...texts]) {
      const failure = await failureOf(Promise.resolve().then(() => new EncryptedSerializer({ keys: { v1: key } })))
      expect(failure).toMatchObject({ code: 'ERR_SESSION_CONFIG' })
    }
    expect(await opened(new EncryptedSerializer({ keys: { v1: ringKey('v1') } }), await sealed(sealing('old')))).toEqual(DATA)
  })

  it('ASVS-11.3.1 seal with AES-256-GCM: what is sealed opens by it and by nothing that has no tag', async () => {
    const text = await sealed(sealing('old'))
    const rest = text.slice('hf1.v1.'.length)
    const [salt, box] = [Buffer.from(rest.slice(0, 24), 'base64url'), Buffer.from(rest.slice(24), 'base64url')]
    const key = Buffer.from(hkdfSync('sha256', Buffer.from(ringKey('v1'), 'base64'), salt, 'holdfast hf1 aes-256-gcm', 32))
    const decipher = createDecipheriv('aes-256-gcm', key, box.subarray(0, 12)).setAAD(Buffer.from(`hf1\nv1\npayload\n${CONTEXT.key}`))
    decipher.setAuthTag(box.subarray(-16))
    const plain = Buffer.concat([decipher.update(box.subarray(12, -16)), decipher.final()]).toString()
    expect(JSON.parse(plain)).toEqual(DATA)
    expect(box).toHaveLength(12 + Buffer.byteLength(JSON.stringify(DATA)) + 16)
  })

  it('ASVS-11.3.2 open one format only: no text chooses its cipher, and plain text is none', async () => {
    const serializer = sealing('old')
    const text = await sealed(serializer)
    const forms = [
      text.replace('hf1.', 'aes-256-cbc.'),
      text.replace('hf1.', 'hf0.'),
      text.slice(4),
      JSON.stringify(DATA),
      '{"alg":"none"}',
      '',
    ]
    for (const form of forms) expect([form, await opened(serializer, form)]).toEqual([form, 'ERR_SESSION_DESERIALIZATION_FAILED'])
  })
})

describe('secrets', () => {
  afterEach(() => {
    vi.restoreAllMocks()
    randomHex(4096) // what was drawn while the generator was another is used up
  })

  it('ASVS-11.5.1 all come from the platform’s secure generator, and none from another', async () => {
    vi.spyOn(Math, 'random').mockImplementation(() => {
      throw new Error('Math.random is no source of secrets')
    })
    const shop = openShop()
    const open = await visit(shop.sessions)
    open.session.set('n', 1)
    await open.session.regenerate()
    await open.commit()
    await sealed(sealing('old'))
    randomHex(4096)
    vi.spyOn(crypto, 'getRandomValues').mockImplementation((bytes) => {
      if (bytes instanceof Uint8Array) bytes.fill(0xab)
      return bytes
    })
    expect(newSessionId()).toBe('ab'.repeat(20))
    expect(newCsrfToken()).toBe('ab'.repeat(40))
    expect(await sealed(sealing('old'))).toContain(Buffer.alloc(18, 0xab).toString('base64url'))
  })

  it('ASVS-11.5.2 stay unpredictable when many are made at once: no byte of one is part of the next', () => {
    const ids = Array.from({ length: 20_000 }, () => newSessionId())
    expect(new Set(ids).size).toBe(ids.length)
    expect(new Set(ids.map((id) => id.slice(0, 16))).size).toBe(ids.length)
    expect(new Set(ids.map((id) => id.slice(-16))).size).toBe(ids.length)
    const tokens = Array.from({ length: 5000 }, () => newCsrfToken())
    expect(new Set(tokens.flatMap((token) => token.match(/.{16}/g) ?? [])).size).toBe(25_000)
  })

  it('ASVS-11.2.4 S-386 are compared to their end, wherever the first difference is', () => {
    const token = newCsrfToken()
    const other = (digit: string | undefined): string => (digit === '0' ? '1' : '0')
    const early = other(token[0]) + token.slice(1)
    const late = token.slice(0, -1) + other(token.at(-1))
    const looks = (candidate: string): number => {
      const spy = vi.spyOn(String.prototype, 'charCodeAt')
      const isRight = tokenMatches(token, candidate)
      const { length } = spy.mock.calls
      spy.mockRestore()
      expect(isRight).toBe(candidate === token)
      return length
    }
    expect(looks(early)).toBe(looks(token))
    expect(looks(late)).toBe(looks(token))
    expect(looks(token)).toBeGreaterThanOrEqual(2 * token.length)
  })
})

describe('what is stored and read back', () => {
  it('ASVS-1.5.2 of no text becomes an object of a class, a function, or anything that runs', async () => {
    const native = new NativeSerializer()
    const texts = [
      '{"toJSON":"x","then":"x","__proto__":{"isAdmin":true}}',
      '{"a":{"__proto__":{"isAdmin":true}}}',
      '[["Buffer",1],"x"]',
      '[["eval",1],"process.exit(1)"]',
      '[{"__proto__":1},{"isAdmin":2},true]',
      '[{"~__proto__":1},{"isAdmin":2},true]',
    ]
    const written = native.prepare({ at: new Date(0) }, CONTEXT)
    const richMark = String(written).slice(0, String(written).indexOf('['))
    for (const text of [...texts, ...texts.map((each) => richMark + each)]) {
      const value = await Promise.resolve()
        .then(() => native.restore(text))
        .then(
          (restored) => restored.value,
          () => 'refused',
        )
      if (typeof value === 'object' && value !== null) {
        expect([Object.prototype, Array.prototype, null]).toContain(Object.getPrototypeOf(value))
        expect(Reflect.get(value, 'isAdmin')).toBeUndefined()
      } else expect(value).toBe('refused')
    }
    expect(Reflect.get({}, 'isAdmin')).toBeUndefined()
  })

  it('ASVS-1.5.2 with a key called __proto__ comes back as data that has such a key of its own', () => {
    const native = new NativeSerializer()
    const odd: unknown = JSON.parse('{"__proto__":{"isAdmin":true}}')
    for (const beside of [1, new Date(0)]) {
      const { value } = native.restore(native.prepare({ odd, beside }, CONTEXT) ?? '')
      expect(value).toEqual({ odd, beside })
      const back: object = Object(Reflect.get(Object(value), 'odd'))
      expect([Object.keys(back), Reflect.get(back, 'isAdmin')]).toEqual([['__proto__'], undefined])
    }
  })

  it('ASVS-15.3.6 no dotted key reaches a prototype, to be read, written or removed', async () => {
    const session = await openShop().sessions.start()
    session.set('user', { name: 'ada' })
    session.set('list', [1])
    for (const key of [
      '__proto__',
      'constructor',
      'prototype',
      'user.__proto__.isAdmin',
      'user.constructor.prototype.isAdmin',
      'list.__proto__.x',
    ]) {
      expect(() => session.set(key, true)).toThrow(expect.objectContaining({ code: 'ERR_SESSION_INVALID_ARGUMENT' }))
      expect(session.get(key)).toBeUndefined()
      expect(session.has(key)).toBe(false)
      session.forget(key)
    }
    expect(session.get('user.toString')).toBeUndefined()
    expect(session.get('user.constructor.name')).toBeUndefined()
    expect([Reflect.get({}, 'isAdmin'), Reflect.get([], 'x'), Object.keys(session.all()).toSorted()]).toEqual([
      undefined,
      undefined,
      ['list', 'user'],
    ])
  })

  it('ASVS-16.4.1 has no control character in what of a request may stand in a log', async () => {
    const shop = openShop()
    const open = await visit(shop.sessions, [], { userAgent: 'a\r\nInjected: yes\u001b[31m\u2028\u0000b' })
    open.session.set('n', 1)
    await open.commit()
    // oxlint-disable-next-line no-control-regex
    expect(open.session.userAgent).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/)
    expect(open.session.userAgent).toContain('Injected: yes')
    const [listed] = (await shop.memory.list()).sessions
    expect(listed?.userAgent).toBe(open.session.userAgent)
    const next = await visit(shop.sessions)
    expect(() => next.session.setUserId('ada\nroot')).toThrow(expect.objectContaining({ code: 'ERR_SESSION_INVALID_ARGUMENT' }))
    expect(() => next.session.setIpAddress('127.0.0.1\nforged')).toThrow(expect.objectContaining({ code: 'ERR_SESSION_INVALID_ARGUMENT' }))
  })

  it('ASVS-16.2.5 is shown of a session by no event and no error, also where ids are not hashed', async () => {
    const shop = openShop({ hashIds: false, lock: { waitSeconds: 0 } })
    const open = await visit(shop.sessions)
    open.session.set('n', 1)
    open.session.setUserId('ada')
    await open.commit()
    const first = open.session.id
    const next = await visit(shop.sessions, first)
    await next.session.regenerate()
    const told: unknown[] = [await failureOf(Promise.resolve(shop.sessions.start(first)))]
    await next.commit()
    const last = await visit(shop.sessions, next.session.id)
    await last.session.destroy()
    await last.commit()
    await (await visit(shop.sessions, 'a'.repeat(40))).commit()
    told.push(...shop.events)
    expect(shop.events.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['created', 'regenerated', 'destroyed', 'refused']))
    const text = inspect(told, { depth: 20, showHidden: true })
    for (const id of [first, next.session.id, 'a'.repeat(40)]) expect(text).not.toContain(id)
  })
})
