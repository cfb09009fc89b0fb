import { keyNameIn } from '../serializers/sealing/envelope.ts'
import { nodeEngine } from '../serializers/sealing/node-engine.ts'
import { phpEnvelopeOf } from '../serializers/sealing/php-envelope.ts'

const engine = nodeEngine()

/** The names of the keys that a record's texts say they are sealed under; `undefined` stands for a text that is not sealed. Nothing is opened. */
export function sealsOf({ payload, flash }: { readonly payload: string; readonly flash: string }): ReadonlySet<string | undefined> {
  return new Set([payload, flash].map((text) => keyNameIn(text) ?? (engine && phpEnvelopeOf(text, engine)?.keyName)))
}
