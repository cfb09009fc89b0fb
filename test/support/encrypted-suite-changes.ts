import { expect, it } from 'vitest'
import { EncryptedSerializer } from '../../src/serializers/encrypted.ts'
import { newKey, reasonOf, sealedBy, textSerializer } from './sealed.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const HEAD_CHARACTERS = 'hf1.v1.'.length + 24

/** A text with whatever was changed about it opens nowhere. */
export function changedTexts(): void {
  const keys = { v1: newKey() }
  const texts = new EncryptedSerializer({ serializer: textSerializer, keys })

  async function expectNoneOpens(others: readonly string[]): Promise<void> {
    const opened: string[] = []
    for (const other of others) if ((await reasonOf(texts, other)) === 'opened') opened.push(other)
    expect(others.length).toBeGreaterThan(0)
    expect(opened).toEqual([])
  }

  it('does not open with any character of it replaced', async () => {
    await expectNoneOpens(replaced(await sealedBy(texts, 'some text'), ['.', '+', '/', '=', ' ', '\n', '\0', 'ÿ', '🐵']))
  })

  it('does not open with a character that is the same to who keeps its low byte only', async () => {
    const text = await sealedBy(texts, 'some text')
    const twin = (character: string): string => String.fromCharCode(character.charCodeAt(0) + 0x100)
    await expectNoneOpens(Array.from(text, (character, at) => withCharacter(text, at, twin(character))))
  })

  it('does not open with another last character, whose last bits nothing needs', async () => {
    for (const length of [9, 10, 11]) {
      const text = await sealedBy(texts, 'x'.repeat(length))
      const others = Array.from(ALPHABET, (character) => withCharacter(text, text.length - 1, character))
      await expectNoneOpens(others.filter((other) => other !== text))
    }
  })

  it('does not open cut off anywhere, nor with anything put before or after it', async () => {
    const text = await sealedBy(texts, 'some text')
    const cut = Array.from(text, (_, length) => text.slice(0, length))
    const more = ['A', 'AA', 'AAA', 'AAAA', '=', '==', ' ', '\n', '\0', '.', '.A'].flatMap((extra) => [text + extra, extra + text])
    await expectNoneOpens([...cut, ...more, `${text}${text}`, text.toUpperCase(), `\ufeff${text}`])
  })

  it('does not open with a tag of 0 to 15 bytes, nor of 17', async () => {
    const text = await sealedBy(texts, 'a text that is longer than a tag is')
    const box = Buffer.from(boxOf(text), 'base64url')
    const boxes = Array.from({ length: 16 }, (_, kept) => box.subarray(0, box.length - 16 + kept))
    const others = [...boxes, Buffer.concat([box, Buffer.alloc(1)])].map((other) => other.toString('base64url'))
    await expectNoneOpens(others.map((other) => headOf(text) + other))
  })

  it('does not open in the other alphabet of base64, padded, or broken into lines', async () => {
    let text = ''
    for (let tries = 0; tries < 1000 && !/-.*_|_.*-/.test(boxOf(text)); tries++) text = await sealedBy(texts, 'a longer text'.repeat(3))
    const box = boxOf(text)
    const others = [box.replaceAll('-', '+'), box.replaceAll('_', '/'), `${box}=`, `${box}==`, `${box.slice(0, 20)}\n${box.slice(20)}`]
    await expectNoneOpens(others.map((other) => headOf(text) + other))
  })

  it('does not open with the salt, the IV or the box of another text', async () => {
    const another = new EncryptedSerializer({ serializer: textSerializer, keys })
    const [one, other] = [await sealedBy(texts, 'one'), await sealedBy(another, 'two')]
    const withIv = headOf(one) + boxOf(other).slice(0, 16) + boxOf(one).slice(16)
    await expectNoneOpens([headOf(one) + boxOf(other), headOf(other) + boxOf(one), withIv])
  })
}

function headOf(text: string): string {
  return text.slice(0, HEAD_CHARACTERS)
}

function boxOf(text: string): string {
  return text.slice(HEAD_CHARACTERS)
}

function withCharacter(text: string, at: number, character: string): string {
  return text.slice(0, at) + character + text.slice(at + 1)
}

/** The text with each of its characters replaced: by the ones given, and by those that differ from it by one bit in base64url. */
function replaced(text: string, by: readonly string[]): string[] {
  const others = Array.from(text, (character, at) => {
    const index = ALPHABET.indexOf(character)
    const beside = [1, 2, 4, 8, 16, 32].map((bit) => ALPHABET[index ^ bit] ?? 'A')
    return [...by, ...beside].map((other) => withCharacter(text, at, other))
  })
  return others.flat().filter((other) => other !== text)
}
