import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { randomFrom } from '../../bench/file/support.ts'
import { type Target, makeTargets } from '../../bench/seal/targets.ts'

interface Texts {
  readonly text: string
  readonly neighbour: string
  readonly stranger: string
}

/**
 * Sealed texts that are the same each time, so that an input of the corpus stays what it was: salts and IVs are random, and were kept. What they
 * hold, the keys and the places where they open, the benches make anew each time.
 */
export function sealedTargets(): Target[] {
  const texts: readonly Texts[] = JSON.parse(readFileSync(join(import.meta.dirname, 'sealed-texts.json'), 'utf8'))
  return makeTargets(texts.length, randomFrom(1)).map((target, at) => {
    const { text = '', neighbour = '', stranger = '' } = texts[at] ?? {}
    return { ...target, text, neighbour: { ...target.neighbour, text: neighbour }, stranger: { ...target.stranger, text: stranger } }
  })
}
