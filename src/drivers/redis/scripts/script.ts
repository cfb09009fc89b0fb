/** A Lua script. Each touches the one key that it is given, so that a Cluster can run it where that key is. */
export interface Script {
  /** For messages and traces. */
  readonly name: string
  readonly lua: string
}

export function script(name: string, ...parts: readonly string[]): Script {
  return { name, lua: parts.map((part) => part.trim()).join('\n') }
}

const digests = new WeakMap<Script, string>()

/** The SHA-1 by which the server knows a script: a promise of it the first time. */
export function digestOf(one: Script): string | Promise<string> {
  return digests.get(one) ?? makeDigest(one)
}

async function makeDigest(one: Script): Promise<string> {
  const digest = Buffer.from(await crypto.subtle.digest('SHA-1', Buffer.from(one.lua))).toString('hex')
  digests.set(one, digest)
  return digest
}
