import { createHash } from 'node:crypto'
import type { StoredRecord } from '../../src/contracts/driver.ts'
import { EncryptedSerializer } from '../../src/serializers/encrypted.ts'
import type { EncryptedSerializerOptions, KeyRingOptions } from '../../src/serializers/encrypted.ts'

/** A key for tests: 32 bytes that look random, and the same ones for the same name. */
export function ringKey(name: string): string {
  return createHash('sha256').update(`a key of tests: ${name}`).digest('base64')
}

/** Rings as they follow each other when a key is changed. */
export const rings = {
  old: { v1: ringKey('v1') },
  added: { v1: ringKey('v1'), v2: { key: ringKey('v2'), state: 'opens' } },
  activated: { v1: { key: ringKey('v1'), state: 'opens' }, v2: { key: ringKey('v2'), state: 'seals' } },
  retired: { v1: { state: 'retired' }, v2: ringKey('v2') },
  /** Another key under the old name: somebody deployed the wrong secret. */
  wrong: { v1: ringKey('of another application') },
  /** Nothing in common with the others. */
  foreign: { x1: ringKey('foreign') },
} as const satisfies Record<string, KeyRingOptions>

export type RingName = keyof typeof rings

/** The serializer of a process that was deployed with one of the rings. */
export function sealing(ring: RingName, options: Omit<EncryptedSerializerOptions, 'keys'> = {}): EncryptedSerializer {
  return new EncryptedSerializer({ keys: rings[ring], ...options })
}

/** The same, made where the runtime has no modules of its own: it seals and opens with promises. */
export function sealingByWeb(ring: RingName, options: Omit<EncryptedSerializerOptions, 'keys'> = {}): EncryptedSerializer {
  return withoutModules(() => sealing(ring, options))
}

/** Makes something where the runtime has no modules of its own, as in a browser or a worker. */
export function withoutModules<Made>(make: () => Made): Made {
  const before: unknown = Reflect.get(process, 'getBuiltinModule')
  Reflect.set(process, 'getBuiltinModule', undefined)
  try {
    return make()
  } finally {
    Reflect.set(process, 'getBuiltinModule', before)
  }
}

/** The names of the keys that the texts of a record are under. */
export function keyNamesOf(record: Pick<StoredRecord, 'payload' | 'flash'> | undefined): (string | undefined)[] {
  return [record?.payload, record?.flash].map((text) => /^hf1\.([^.]+)\./.exec(text ?? '')?.[1])
}
