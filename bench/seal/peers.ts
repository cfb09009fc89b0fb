import { createSecretKey } from 'node:crypto'
import type * as Iron from 'iron-session'
import { sealData, unsealData } from 'iron-session'
import { CompactEncrypt, compactDecrypt } from 'jose'
import type { Sealer } from './sealers.ts'
import { keyTextFrom } from './support.ts'

export const IRON = 'iron-session 9: sealData, unsealData'
export const IRON_8 = 'iron-session 8: sealData, unsealData'
export const JOSE = 'jose: CompactEncrypt, compactDecrypt; dir, A256GCM'

/** A name that the compiler does not follow: that version's types want types of cookie that are not here. */
const IRON_8_PACKAGE: string = 'iron-session-8'
const iron8: Pick<typeof Iron, 'sealData' | 'unsealData'> = await import(IRON_8_PACKAGE)

/** Packages that seal sessions or tokens, as their documentation says. None expires what it seals here: nobody else does either. */
export function peerSealers(): Sealer[] {
  const options = { password: keyTextFrom('speed'), ttl: 0 }
  return [
    { label: IRON, seal: (text) => sealData(text, options), open: (sealed) => unsealData<string>(sealed, options) },
    { label: IRON_8, seal: (text) => iron8.sealData(text, options), open: (sealed) => iron8.unsealData<string>(sealed, options) },
    jose(),
  ]
}

function jose(): Sealer {
  // An object: it imports bytes for each text.
  const key = createSecretKey(keyTextFrom('speed'), 'base64')
  const encoder = new TextEncoder()
  const decoder = new TextDecoder()
  const header = { alg: 'dir', enc: 'A256GCM' }
  return {
    label: JOSE,
    seal: (text) => new CompactEncrypt(encoder.encode(text)).setProtectedHeader(header).encrypt(key),
    open: async (sealed) => {
      const { plaintext } = await compactDecrypt(sealed, key)
      return decoder.decode(plaintext)
    },
  }
}
