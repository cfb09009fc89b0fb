// Runs in every runtime: seals a session, and opens what others have sealed.
import { EncryptedSerializer } from '../../../src/serializers/encrypted.ts'
import type { KeyRingOptions } from '../../../src/serializers/encrypted.ts'
import { NativeSerializer } from '../../../src/serializers/native.ts'
import { asStoreKey } from '../../../src/session/id.ts'
import type { StoreKey } from '../../../src/session/id.ts'

/** A session as a store has it. */
export interface Sealed {
  readonly key: string
  readonly payload: string
  readonly flash: string
}

/** What is asked of a runtime. */
export interface ExchangeRequest {
  readonly keys: KeyRingOptions
  /** Where its own session is to be stored. */
  readonly key: string
  /** True uses web cryptography where the runtime has another as well. */
  readonly byWeb: boolean
  readonly open: readonly Sealed[]
}

/** What came of it. */
export interface ExchangeAnswer {
  readonly sealed: Sealed
  /** Whether it sealed with promises, as web cryptography does. */
  readonly isLate: boolean
  /** What each opened to: its plain texts, once they were read and written again; else what it failed with. */
  readonly opened: readonly string[]
}

/** Text of every kind: combined, outside of the first plane, right to left, with NUL and a byte order mark. */
export const text = '\uFEFFGrüße é e\u0301 😀👩‍👩‍👧 שלום \0\u001F\u2028\uFFFD\u{10FFFF}'

const native = new NativeSerializer()

/** The contents of the session that every runtime seals. */
export function contents(): { readonly payload: unknown; readonly flash: unknown } {
  const payload = { text, [text]: [1, -0, 2 ** 53 - 1, 5n, new Date(5), new Map([[text, new Set([null])]])], long: text.repeat(400) }
  return { payload, flash: { status: text } }
}

/** The plain texts of that session. */
export function plainTexts(): string {
  const { payload, flash } = contents()
  return JSON.stringify([native.prepare(payload, context('00')), native.prepare(flash, context('00'))])
}

export async function exchange({ keys, key, byWeb, open }: ExchangeRequest): Promise<ExchangeAnswer> {
  const serializer = byWeb ? withoutModules(() => new EncryptedSerializer({ keys })) : new EncryptedSerializer({ keys })
  const { payload, flash } = contents()
  const first = serializer.prepare(payload, context(key))
  const sealed = { key, payload: (await first) ?? '', flash: (await serializer.prepare(flash, { ...context(key), field: 'flash' })) ?? '' }
  const opened: string[] = []
  for (const one of open) opened.push(await openedBy(serializer, one).catch((error: unknown) => String(error)))
  return { sealed, isLate: first instanceof Promise, opened }
}

async function openedBy(serializer: EncryptedSerializer, { key, payload, flash }: Sealed): Promise<string> {
  const restored = await serializer.restore(payload, context(key))
  const restoredFlash = await serializer.restore(flash, { ...context(key), field: 'flash' })
  return JSON.stringify([restored, restoredFlash].map(({ value }) => native.prepare(value, context(key))))
}

function context(key: string): { readonly key: StoreKey; readonly field: 'payload' } {
  const storeKey = asStoreKey(key.padStart(64, '0'))
  if (storeKey === undefined) throw new TypeError('no store key')
  return { key: storeKey, field: 'payload' }
}

function withoutModules<Made>(make: () => Made): Made {
  const process: unknown = Reflect.get(globalThis, 'process')
  if (typeof process !== 'object' || process === null) return make()
  const before: unknown = Reflect.get(process, 'getBuiltinModule')
  Reflect.set(process, 'getBuiltinModule', undefined)
  try {
    return make()
  } finally {
    Reflect.set(process, 'getBuiltinModule', before)
  }
}
