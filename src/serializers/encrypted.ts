import type { PrepareContext, Restored, SealingSerializer, Serializer, SerializerContext } from '../contracts/serializer.ts'
import { SessionError } from '../session/errors.ts'
import { booleanOption, numberOption } from '../session/option-check.ts'
import { NativeSerializer } from './native.ts'
import { after } from './sealing/after.ts'
import type { Later } from './sealing/after.ts'
import type { Engine } from './sealing/engine.ts'
import { boundTo, keyNameIn } from './sealing/envelope.ts'
import { quietFields } from './sealing/key-ring.ts'
import type { KeyRingOptions, RingKey } from './sealing/key-ring.ts'
import { KeySource } from './sealing/key-source.ts'
import type { FetchKeys } from './sealing/key-source.ts'
import { nodeEngine } from './sealing/node-engine.ts'
import { Opener } from './sealing/opener.ts'
import { phpEnvelopeOf } from './sealing/php-envelope.ts'
import { webEngine } from './sealing/web-engine.ts'
import { WriterKey } from './sealing/writer-key.ts'

export { phpKey } from './sealing/key-text.ts'
export type { PhpKey } from './sealing/key-text.ts'
export type { FetchKeys } from './sealing/key-source.ts'
export type { KeyEntry, KeyMaterial, KeyRingOptions, KeyState } from './sealing/key-ring.ts'

/** How sessions are sealed. */
export interface EncryptedSerializerOptions {
  /** Makes the text that is sealed. Default: `new NativeSerializer()`. */
  readonly serializer?: Serializer | undefined
  /** The key ring, or a function that fetches it. */
  readonly keys: KeyRingOptions | FetchKeys
  /**
   * True takes texts that are not sealed, and asks for them to be sealed: while a store that held plain texts is taken over. Whoever can write the store can
   * write such a text as well. Default: false.
   */
  readonly acceptPlaintext?: boolean | undefined
  /** True seals address and user agent with the data: no column has them, and no list shows them. Default: false. */
  readonly sealMetadata?: boolean | undefined
  /** Seconds after which keys that a function gave are fetched again, 0 for only when a text names a key that is not known. Default: 300. */
  readonly reloadEverySeconds?: number | undefined
}

/**
 * Seals what another serializer makes, with AES-256-GCM: a stolen database, dump or backup gives nothing without the keys.
 *
 * Each text is bound to its session, its field and its key's name, and opens nowhere else. Any text that does not open gives one and the same
 * error, stays as it is, and is never taken for plain text; the reason stands in the event. A text under a key that does not seal any more opens, and
 * is sealed anew with the next commit of its session.
 */
export class EncryptedSerializer implements SealingSerializer {
  readonly takesMetadata: boolean
  readonly #inner: Serializer
  readonly #source: KeySource
  readonly #engine: Engine
  readonly #opener: Opener
  readonly #writer = new WriterKey()

  /**
   * @throws {SessionError} `ERR_SESSION_CONFIG`, naming the option, for an unknown or impossible one: keys that are weak, of another length than 32 bytes, equal to
   * one another or absent, no key or two keys that seal. A key that is refused is not shown.
   */
  constructor(options: EncryptedSerializerOptions) {
    quietFields('', options, ['serializer', 'keys', 'acceptPlaintext', 'sealMetadata', 'reloadEverySeconds'])
    const { serializer = new NativeSerializer() } = options
    if (typeof serializer?.prepare !== 'function' || typeof serializer.restore !== 'function') {
      throw SessionError.config('serializer', 'lacks prepare or restore. Leave it out for new NativeSerializer().')
    }
    this.#inner = serializer
    this.#engine = nodeEngine() ?? webEngine
    this.takesMetadata = booleanOption('sealMetadata', options.sealMetadata, false)
    const everyMs = 1000 * numberOption('reloadEverySeconds', options.reloadEverySeconds, 300, 'at least', 0)
    this.#source = new KeySource(options.keys, this.#engine, everyMs)
    this.#opener = new Opener(this.#source, this.#engine, booleanOption('acceptPlaintext', options.acceptPlaintext, false))
  }

  /**
   * Fetches the keys, if a function gives them.
   * @throws {SessionError} `ERR_SESSION_CONFIG` for a ring that cannot be used, `ERR_SESSION_DRIVER_FAILED` when the function failed or gave nothing for 10 seconds.
   */
  async open(report: (operation: string, cause: unknown) => void = () => undefined): Promise<void> {
    this.#source.report ??= report
    await this.#source.ring
    await this.#inner.open?.(report)
  }

  prepare(value: unknown, context: PrepareContext): Later<string | undefined> {
    const text = this.#inner.prepare(value, context)
    if (text instanceof Promise) return text.then((plain) => (plain === undefined ? undefined : this.#seal(plain, context)))
    return text === undefined ? undefined : this.#seal(text, context)
  }

  restore(text: string, context: SerializerContext): Later<Restored> {
    return after(this.#opener.open(text, context), ({ plain, isStale }) =>
      after(this.#inner.restore(plain, context), (restored) => (isStale ? { ...restored, stale: true } : restored)),
    )
  }

  keyNameOf(text: string): string | undefined {
    return keyNameIn(text) ?? phpEnvelopeOf(text, this.#engine)?.keyName
  }

  reseal(text: string, context: SerializerContext): Later<string | undefined> {
    return after(this.#opener.open(text, context), ({ plain, isStale }) => (isStale ? this.#seal(plain, context) : undefined))
  }

  #seal(plain: string, context: SerializerContext): Later<string> {
    // As UTF-8 half a character would be another one when it comes back.
    if (!plain.isWellFormed()) throw SessionError.serializationFailed('The text has half a character, a lone surrogate, in it.')
    return after(this.#source.ring, (ring) => this.#sealUnder(ring.sealing, plain, context))
  }

  #sealUnder(ringKey: RingKey, plain: string, context: SerializerContext): Later<string> {
    const { head, key } = this.#writer.next(ringKey)
    const about = boundTo(ringKey.name, context)
    const box = after(key, (made) => made.seal(this.#writer.iv(), about, plain))
    return after(box, (sealed) => head + sealed)
  }
}
