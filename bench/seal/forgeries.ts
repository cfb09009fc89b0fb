import { createCipheriv } from 'node:crypto'
import type { SerializerContext } from '../../src/contracts/serializer.ts'
import { IV_CHARACTERS, type Parts, partsOf } from './support.ts'
import type { Target } from './targets.ts'

/** A text that nobody has sealed, or not for this place. */
export interface Forgery {
  readonly kind: string
  readonly text: string
  readonly context: SerializerContext
}

const IV_BYTES = 12
const TAG_BYTES = 16
/** Names that are in no ring, and those that every object seems to have. */
const NO_NAMES = ['v9', '__proto__', 'hasOwnProperty', 'valueOf', '', 'a'.repeat(33)]

/** All that one can make of a sealed text by hand. */
export function* forgeriesOf(target: Target): Generator<Forgery> {
  const { text, context } = target
  const at = (kind: string, texts: Iterable<string>): Iterable<Forgery> => forged(kind, texts, context)
  yield* at('one bit flipped', flips(text))
  yield* at('cut off', prefixes(text))
  yield* at('a tag of 0 to 15 bytes', shortTags(partsOf(text)))
  yield { kind: 'the other field', text, context: { ...context, field: context.field === 'payload' ? 'flash' : 'payload' } }
  yield { kind: 'the row of another session', text, context: target.neighbour.context }
  yield* at('the row of another session', [target.neighbour.text, target.stranger.text])
  yield* at('the name of another key', otherNames(target))
  yield* at('the salt of another text', otherSalts(target))
  yield* at('the IV of another text', otherIvs(target))
  yield* at('the same in another spelling', spellings(text))
  yield* at('a text of the PHP library, its tag cut', shortPhpTags(target))
}

/** What such a text is when nothing of it was cut. */
export function phpTextOf(target: Target): string | undefined {
  const box = phpBox(target)
  return box === undefined ? undefined : phpEnvelope(box, box.tag)
}

function* forged(kind: string, texts: Iterable<string>, context: SerializerContext): Generator<Forgery> {
  for (const text of texts) yield { kind, text, context }
}

function* flips(text: string): Generator<string> {
  for (let at = 0; at < text.length; at++) {
    for (let bit = 0; bit < 8; bit++) yield text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ (1 << bit)) + text.slice(at + 1)
  }
}

function* prefixes(text: string): Generator<string> {
  for (let length = 0; length < text.length; length++) yield text.slice(0, length)
}

/** Properly written again, so that the tag is all that is too short. */
function* shortTags({ head, box }: Parts): Generator<string> {
  const bytes = Buffer.from(box, 'base64url')
  for (let length = 0; length < TAG_BYTES; length++) {
    yield head + bytes.subarray(0, bytes.length - TAG_BYTES + length).toString('base64url')
  }
}

function* otherNames({ text, deployment }: Target): Generator<string> {
  const { keyName, salt, box } = partsOf(text)
  const names = [...deployment.names, deployment.retiredName, 'php', ...NO_NAMES]
  for (const name of names) if (name !== keyName) yield `hf1.${name}.${salt}${box}`
}

function* otherSalts({ text, stranger }: Target): Generator<string> {
  const [own, other] = [partsOf(text), partsOf(stranger.text)]
  yield other.head + own.box
  yield own.head + other.box
}

function* otherIvs({ text, neighbour }: Target): Generator<string> {
  const [own, other] = [partsOf(text), partsOf(neighbour.text)]
  yield own.head + other.box.slice(0, IV_CHARACTERS) + own.box.slice(IV_CHARACTERS)
  yield own.head + own.box.slice(0, IV_CHARACTERS) + other.box.slice(IV_CHARACTERS)
}

/** Other texts that a decoder may take for the same bytes. */
function* spellings(text: string): Generator<string> {
  const { head, keyName, salt, box } = partsOf(text)
  for (const [letter, other] of [
    ['-', '+'],
    ['_', '/'],
  ] as const) {
    if (box.includes(letter)) yield head + box.replaceAll(letter, other)
    if (salt.includes(letter)) yield `hf1.${keyName}.${salt.replaceAll(letter, other)}${box}`
  }
  for (const more of ['=', '==', ' ', '\n', '\0', '.', 'A', 'AAAA']) yield text + more
  for (const more of [' ', '\n', '\ufeff', '\0']) yield more + text
  yield `${head} ${box}`
  yield `${head}\n${box}`
  yield text.toUpperCase()
  // The last character of a box that ends between two bytes has bits that mean nothing.
  if (box.length % 4 !== 0) yield* siblings(text, box.length % 4 === 2 ? 4 : 2)
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Those that differ in the spare bits of the last character. */
function* siblings(text: string, bits: number): Generator<string> {
  const last = LETTERS.indexOf(text.slice(-1))
  for (let spare = 1; spare < 2 ** bits; spare++) yield text.slice(0, -1) + (LETTERS[last ^ spare] ?? '')
}

interface PhpBox {
  readonly iv: Buffer
  readonly value: Buffer
  readonly tag: Buffer
}

function phpBox({ deployment: { phpSecret }, plain }: Target): PhpBox | undefined {
  if (phpSecret === undefined) return undefined
  const key = Buffer.alloc(32)
  key.write(phpSecret)
  const iv = Buffer.alloc(IV_BYTES, plain.length)
  const cipher = createCipheriv('aes-256-gcm', key, iv)
  return { iv, value: Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]), tag: cipher.getAuthTag() }
}

function phpEnvelope({ iv, value }: PhpBox, tag: Buffer): string {
  const parts = { iv, value, tag }
  const fields = Object.entries(parts).map(([name, bytes]) => [name, bytes.toString('base64')])
  return JSON.stringify({ ...Object.fromEntries(fields), key_id: 'php' })
}

function* shortPhpTags(target: Target): Generator<string> {
  const box = phpBox(target)
  if (box === undefined) return
  for (let length = 0; length < TAG_BYTES; length++) yield phpEnvelope(box, box.tag.subarray(0, length))
}
