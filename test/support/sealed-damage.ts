import { EncryptedSerializer } from '../../src/serializers/encrypted.ts'
import { ringKey, sealing } from './sealed-rings.ts'
import type { RingName } from './sealed-rings.ts'

/** A way in which a text that was sealed by a process with the ring `old` does not open. */
export interface Unopenable {
  readonly name: string
  /** What the event says of it. */
  readonly detail: string | undefined
  /** What is deployed when it is read: with the usual ring, unless the ring is what is wrong. */
  readonly serializer: (usual: RingName) => EncryptedSerializer
  /** What becomes of the text before that. `other` is one of another session. */
  readonly damage: (text: string, other: string) => string
}

const whole = (text: string): string => text
const usually = (usual: RingName): EncryptedSerializer => sealing(usual)

/** Every reason, and every way to it that somebody who can write the store has. */
export const unopenable: readonly Unopenable[] = [
  { name: 'no key of that name', detail: 'unknown-key', serializer: () => sealing('foreign'), damage: whole },
  { name: 'another name in the text', detail: 'unknown-key', serializer: usually, damage: (text) => text.replace('.v1.', '.v7.') },
  { name: 'a retired key', detail: 'retired-key', serializer: () => sealing('retired'), damage: whole },
  { name: 'a retired key whose bytes are still there', detail: 'retired-key', serializer: retiredWithKey, damage: whole },
  { name: 'another key under the name', detail: 'not-authentic', serializer: () => sealing('wrong'), damage: whole },
  { name: 'a bit changed at the end', detail: 'not-authentic', serializer: usually, damage: (text) => changed(text, text.length - 3) },
  { name: 'a bit changed in the salt', detail: 'not-authentic', serializer: usually, damage: (text) => changed(text, 9) },
  { name: 'the text of another session', detail: 'not-authentic', serializer: usually, damage: (_text, other) => other },
  { name: 'cut off', detail: 'malformed', serializer: usually, damage: (text) => text.slice(0, 40) },
  { name: 'nothing behind its name', detail: 'malformed', serializer: usually, damage: () => 'hf1.v1.' },
  { name: 'characters that are no base64', detail: 'malformed', serializer: usually, damage: (text) => `${text.slice(0, -4)}=*!?` },
  { name: 'a later version of the format', detail: 'unknown-version', serializer: usually, damage: (text) => text.replace('hf1.', 'hf2.') },
  { name: 'plain text', detail: 'not-sealed', serializer: usually, damage: () => '{"n":99}' },
  { name: 'no text', detail: 'not-sealed', serializer: usually, damage: () => '' },
  { name: 'an envelope of the PHP library', detail: 'unknown-key', serializer: usually, damage: () => '{"iv":"a","value":"b","tag":"c"}' },
]

function retiredWithKey(): EncryptedSerializer {
  return new EncryptedSerializer({ keys: { v1: { key: ringKey('v1'), state: 'retired' }, v2: ringKey('v2') } })
}

function changed(text: string, at: number): string {
  return text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1)
}
