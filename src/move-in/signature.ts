const encoder = new TextEncoder()

/**
 * Checks texts that `cookie-signature` has signed: the value, a dot, and the HMAC-SHA-256 of the value in base64 without padding. The answer is the value if
 * one of the secrets made the signature, else `undefined`.
 */
export function unsign(secrets: readonly string[]): (signed: string) => Promise<string | undefined> {
  // Made on first use: some runtimes do nothing of this kind at module scope.
  let keys: Promise<CryptoKey[]> | undefined
  return async (signed) => {
    const dot = signed.lastIndexOf('.')
    if (dot < 1) return undefined
    const value = signed.slice(0, dot)
    keys ??= Promise.all(secrets.map(importKey))
    let isTrue = false
    for (const key of await keys) isTrue = isSame(signed.slice(dot + 1), await sign(key, value)) || isTrue
    return isTrue ? value : undefined
  }
}

function importKey(secret: string): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', encoder.encode(secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
}

async function sign(key: CryptoKey, value: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.sign('HMAC', key, encoder.encode(value)))
  return btoa(String.fromCharCode(...bytes)).replace(/=+$/, '')
}

// The texts are compared, not the bytes: base64 has several texts for the same bytes, and only one of them is the signature. The time depends on the length alone.
function isSame(given: string, expected: string): boolean {
  if (given.length !== expected.length) return false
  let difference = 0
  for (let at = 0; at < expected.length; at++) difference |= given.charCodeAt(at) ^ expected.charCodeAt(at)
  return difference === 0
}
