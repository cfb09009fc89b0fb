import { HKDF_INFO } from './engine.ts'
import type { Engine, RingSecret, SealKey } from './engine.ts'
import { headOf } from './envelope.ts'
import type { Envelope } from './envelope.ts'

/** So many writing processes, or stretches of their time, can be read from without deriving a key again. */
const MOST_KEPT = 1024

/** The keys that were derived from one key of the ring, by the heads of the texts that they seal. The longest unused is forgotten first. */
export class DerivedKeys {
  readonly #secret: RingSecret
  readonly #engine: Engine
  /** Each with a copy of its head: a head that is cut out of a text keeps all of the text in memory. */
  readonly #kept = new Map<string, { readonly head: string; readonly key: SealKey }>()
  #direct: SealKey | Promise<SealKey> | undefined
  // Most texts that a process reads it has sealed itself, under one key.
  #newestHead = ''
  #newest: SealKey | undefined

  constructor(secret: RingSecret, engine: Engine) {
    this.#secret = secret
    this.#engine = engine
  }

  /** A new key for the texts that begin with this head, to seal with. */
  make(salt: Uint8Array<ArrayBuffer>, keyName: string): { readonly head: string; readonly key: SealKey | Promise<SealKey> } {
    return { head: headOf(keyName, this.#engine.encode(salt)), key: this.#secret.derive(salt, HKDF_INFO) }
  }

  /** The key that the PHP library seals with. */
  direct(): SealKey | Promise<SealKey> {
    return (this.#direct ??= this.#secret.direct())
  }

  /** Opens a text; `undefined` when it was not sealed under this key of the ring just so. */
  open({ head, salt, box }: Envelope, about: string): string | undefined | Promise<string | undefined> {
    if (head === this.#newestHead && this.#newest !== undefined) return this.#newest.open(box, about)
    const known = this.#kept.get(head)
    if (known !== undefined) {
      this.#kept.delete(head)
      this.#keep(known.head, known.key)
      return known.key.open(box, about)
    }
    const bytes = this.#engine.decode(salt)
    if (bytes === undefined || this.#engine.encode(bytes) !== salt) return undefined
    const key = this.#secret.derive(bytes, HKDF_INFO)
    if (key instanceof Promise) return key.then((derived) => this.#openFirst(head, derived, box, about))
    return this.#openFirst(head, key, box, about)
  }

  /** A key is kept once it has opened something: whoever makes up heads pushes none out. */
  #openFirst(head: string, key: SealKey, box: string, about: string): string | undefined | Promise<string | undefined> {
    const opened = key.open(box, about)
    if (opened instanceof Promise) return opened.then((text) => this.#opened(head, key, text))
    return this.#opened(head, key, opened)
  }

  #opened(head: string, key: SealKey, text: string | undefined): string | undefined {
    if (text !== undefined) this.#keep(standingAlone(head), key)
    return text
  }

  #keep(head: string, key: SealKey): void {
    this.#newestHead = head
    this.#newest = key
    this.#kept.set(head, { head, key })
    if (this.#kept.size <= MOST_KEPT) return
    for (const oldest of this.#kept.keys()) {
      this.#kept.delete(oldest)
      break
    }
  }
}

/** A copy: what was cut out of a text keeps all of the text in memory. */
function standingAlone(head: string): string {
  return String.fromCharCode(...Array.from(head, (character) => character.charCodeAt(0)))
}
