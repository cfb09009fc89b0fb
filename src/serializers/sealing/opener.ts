import type { SerializerContext } from '../../contracts/serializer.ts'
import { after } from './after.ts'
import type { Later } from './after.ts'
import type { Engine } from './engine.ts'
import { boundTo, envelopeOf, isBase64url, isOfThisVersion, isSealed } from './envelope.ts'
import type { Envelope } from './envelope.ts'
import { cannotOpen } from './failure.ts'
import type { SealFailure } from './failure.ts'
import type { KeyRing, RingKey } from './key-ring.ts'
import type { KeySource } from './key-source.ts'
import { phpEnvelopeOf } from './php-envelope.ts'

/** What a text holds, before any serializer looks at it. */
export interface Opened {
  readonly plain: string
  /** Not under the key that seals now. */
  readonly isStale: boolean
}

/** Tries one key. */
type Try = (key: RingKey) => Later<string | undefined>

/** Opens what is stored: with the key that a text names, and then with the others, since names are the deployer's and may have changed. */
export class Opener {
  readonly #source: KeySource
  readonly #engine: Engine
  readonly #acceptsPlain: boolean

  constructor(source: KeySource, engine: Engine, acceptsPlain: boolean) {
    this.#source = source
    this.#engine = engine
    this.#acceptsPlain = acceptsPlain
  }

  /** @throws {SessionError} `ERR_SESSION_DESERIALIZATION_FAILED`, the same for every text that does not open. */
  open(text: string, context: SerializerContext): Later<Opened> {
    return after(this.#source.ring, (ring) => {
      const envelope = envelopeOf(text)
      return envelope === undefined ? this.#openOther(ring, text) : this.#openEnvelope(ring, envelope, context, true)
    })
  }

  /** @param mayFetch Whether a name that the ring has not is a reason to ask for a newer ring. */
  #openEnvelope(ring: KeyRing, envelope: Envelope, context: SerializerContext, mayFetch: boolean): Later<Opened> {
    const { keyName } = envelope
    const named = ring.get(keyName)
    if (named === undefined && ring.isRetired(keyName)) throw cannotOpen('retired-key')
    const newer = named === undefined && mayFetch ? this.#source.newer(ring) : undefined
    if (newer !== undefined) return newer.then((fetched) => this.#openEnvelope(fetched, envelope, context, false))
    const about = boundTo(keyName, context)
    const opensWith: Try = (key) => key.derived.open(envelope, about)
    if (named === undefined) return firstOf(ring.others(keyName), opensWith, () => this.#withoutKey(envelope))
    return after(opensWith(named), (plain) => {
      if (plain !== undefined) return { plain, isStale: named !== ring.sealing }
      return firstOf(ring.others(keyName), opensWith, () => cannotOpen(whyNot(envelope, 'not-authentic')))
    })
  }

  /** Another server may seal already under a key that is out of reach here: nothing is wrong with the text then. */
  #withoutKey(envelope: Envelope): unknown {
    const reason = whyNot(envelope, 'unknown-key')
    return (reason === 'unknown-key' ? this.#source.failure : undefined) ?? cannotOpen(reason)
  }

  /** Opens what has not the form of an envelope of our own. */
  #openOther(ring: KeyRing, text: string): Later<Opened> {
    if (isSealed(text)) throw cannotOpen(isOfThisVersion(text) ? 'malformed' : 'unknown-version')
    const php = phpEnvelopeOf(text, this.#engine)
    if (php !== undefined) return openPhp(ring, php.keyName, php.box)
    if (this.#acceptsPlain) return { plain: text, isStale: true }
    throw cannotOpen('not-sealed')
  }
}

function openPhp(ring: KeyRing, keyName: string, box: string | undefined): Later<Opened> {
  if (ring.isRetired(keyName)) throw cannotOpen('retired-key')
  if (!ring.opensPhp) throw cannotOpen('unknown-key')
  if (box === undefined) throw cannotOpen('malformed')
  const named = ring.get(keyName)
  const keys = [...(named === undefined ? [] : [named]), ...ring.others(keyName)].filter(({ isPhp }) => isPhp)
  const opensWith: Try = (key) => after(key.derived.direct(), (direct) => direct.open(box, ''))
  return firstOf(keys, opensWith, () => cannotOpen(named === undefined ? 'unknown-key' : 'not-authentic'))
}

/** Opens with the first of the keys that fits. */
function firstOf(keys: readonly RingKey[], opensWith: Try, failure: () => unknown, at = 0): Later<Opened> {
  const key = keys[at]
  if (key === undefined) throw failure()
  return after(opensWith(key), (plain) => (plain === undefined ? firstOf(keys, opensWith, failure, at + 1) : { plain, isStale: true }))
}

function whyNot({ salt, box }: Envelope, otherwise: SealFailure): SealFailure {
  return isBase64url(salt) && isBase64url(box) ? otherwise : 'malformed'
}
