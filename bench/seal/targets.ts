import { createHash } from 'node:crypto'
import type { SerializerContext } from '../../src/contracts/serializer.ts'
import { EncryptedSerializer, phpKey } from '../../src/serializers/encrypted.ts'
import type { KeyRingOptions } from '../../src/serializers/encrypted.ts'
import { KeySource } from '../../src/serializers/sealing/key-source.ts'
import { Opener } from '../../src/serializers/sealing/opener.ts'
import { webEngine } from '../../src/serializers/sealing/web-engine.ts'
import { keyFrom } from '../file/support.ts'
import { keyTextFrom, passingThrough } from './support.ts'

/** Opens a text, or refuses it: at once or with a promise. */
export type Open = (text: string, context: SerializerContext) => unknown

/** A deployment: a ring, processes that seal under it, and what opens. */
export interface Deployment {
  /** Of the keys that open, the one that seals first. */
  readonly names: readonly string[]
  readonly retiredName: string
  readonly phpSecret: string | undefined
  readonly open: Open
  /** The same ring, while plain texts are taken as well. */
  readonly openLeniently: Open
  /** The same ring, with the engine of runtimes that have WebCrypto alone. */
  readonly openByWeb: Open
}

/** A sealed text, and the one place where it opens. */
export interface Sealed {
  readonly text: string
  readonly context: SerializerContext
}

/** A sealed text that is attacked, and two others of the same deployment. */
export interface Target extends Sealed {
  readonly deployment: Deployment
  readonly plain: string
  /** Another session's, sealed by the same process: under the same derived key. */
  readonly neighbour: Sealed
  /** Another session's, sealed by another process: under another key that was derived from the same one of the ring. */
  readonly stranger: Sealed
}

/** Such as deployers choose, the shortest, the longest, and names that every object has. */
const NAMES = ['v1', 'k', 'Prod-2026_11', 'a-name-of-32-letters-is-allowed_', 'constructor', 'toString'] as const
const SHORTEST = 60
const LONGEST = 400
const LEAST_IN_A_BOX = 28

/** What texts are made of: what one character means in bytes differs, and a byte order mark must not be lost. */
const ALPHABETS = [
  '{"user":48213,"name":"Ada","roles":["customer"]}',
  'Größe – naïve façade, déjà vu; ',
  '会话已加密请勿更改',
  '🔑🧺👩🏽‍🚀𝔘𝔫𝔦𝔠𝔬𝔡𝔢 e\u0301',
  '\u0000\u0001\u007f\u0080\u2028\u2029\u202e',
  '\ufeff{"__proto__":{"polluted":true}}',
  '~[{"a":1},["Date","2026-11-24T00:00:00.000Z"]]',
] as const

/** Seals texts of many kinds, of 60 to 400 characters once they are sealed where the name of the key leaves room. */
export function makeTargets(count: number, random: () => number): Target[] {
  const deployments = NAMES.map((_, at) => makeDeployment(at))
  return Array.from({ length: count }, (_, at) => {
    const { deployment, keys, writer } = pick(deployments, at)
    const sealed = (by: EncryptedSerializer, session: string, plain: string): Sealed => {
      const context = contextOf(session, at)
      const text = by.prepare(plain, context)
      if (typeof text !== 'string') throw new TypeError('this engine seals at once')
      return { text, context }
    }
    const characters = SHORTEST + Math.floor(random() * (LONGEST - SHORTEST + 1))
    const plain = plainText(at, characters, pick(deployment.names, 0))
    return {
      deployment,
      plain,
      ...sealed(writer, `session ${at}`, plain),
      neighbour: sealed(writer, `neighbour ${at}`, plain),
      stranger: sealed(new EncryptedSerializer({ keys, serializer: passingThrough }), `stranger ${at}`, plain),
    }
  })
}

/** One of a list, round and round. */
export function pick<Item>(items: readonly Item[], at: number): Item {
  const item = items[at % items.length]
  if (item === undefined) throw new RangeError('nothing to pick from')
  return item
}

interface Made {
  readonly deployment: Deployment
  readonly keys: KeyRingOptions
  readonly writer: EncryptedSerializer
}

function makeDeployment(at: number): Made {
  const names = [pick(NAMES, at), pick(NAMES, at + 1)]
  const retiredName = 'gone'
  const phpSecret = at % 2 === 0 ? 'a text that the PHP library took for a key' : undefined
  const keys: KeyRingOptions = {
    ...Object.fromEntries(names.map((name, place) => [name, { key: keyTextFrom(name), state: place === 0 ? 'seals' : 'opens' } as const])),
    [retiredName]: { state: 'retired' },
    ...(phpSecret === undefined ? {} : { php: { key: phpKey(phpSecret), state: 'opens' } as const }),
  }
  const strict = new EncryptedSerializer({ keys, serializer: passingThrough })
  const lenient = new EncryptedSerializer({ keys, acceptPlaintext: true })
  const web = new Opener(new KeySource(keys, webEngine, 0), webEngine, false)
  return {
    deployment: {
      names,
      retiredName,
      phpSecret,
      open: (text, context) => strict.restore(text, context),
      openLeniently: (text, context) => lenient.restore(text, context),
      openByWeb: (text, context) => web.open(text, context),
    },
    keys,
    writer: new EncryptedSerializer({ keys, serializer: passingThrough }),
  }
}

/** Fields in turns. */
function contextOf(session: string, at: number): SerializerContext {
  const key = keyFrom(createHash('sha256').update(session).digest('hex'))
  return { key, field: at % 4 < 2 ? 'payload' : 'flash' }
}

function plainText(at: number, characters: number, keyName: string): string {
  const alphabet = Array.from(pick(ALPHABETS, at))
  const bytes = Math.floor(((characters - `hf1.${keyName}.`.length - 24) * 3) / 4) - LEAST_IN_A_BOX
  let text = ''
  for (let next = at; ; next++) {
    const longer = text + pick(alphabet, next)
    if (Buffer.byteLength(longer) > bytes) return text
    text = longer
  }
}
