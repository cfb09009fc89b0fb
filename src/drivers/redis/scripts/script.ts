/** A Lua script. Each touches the one key that it is given, so that a Cluster can run it where that key is. */
export interface Script {
  /** For messages and traces. */
  readonly name: string
  readonly lua: string
}

export function script(name: string, ...parts: readonly string[]): Script {
  return { name, lua: parts.map((part) => part.trim()).join('\n') }
}

const digests = new WeakMap<Script, Promise<string>>()

/** The SHA-1 by which the server knows a script. */
export function digestOf(one: Script): Promise<string> {
  let digest = digests.get(one)
  if (digest === undefined) {
    digest = crypto.subtle.digest('SHA-1', Buffer.from(one.lua)).then((bytes) => Buffer.from(bytes).toString('hex'))
    digests.set(one, digest)
  }
  return digest
}
