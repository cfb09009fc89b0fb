import { connectResp } from './resp.ts'

// Redis makes its table of keys smaller when fewer than a tenth of it is used, and a SCAN that is under way then may name keys a second time. On a
// server that many tests share this happens whenever one of them has removed its keys.

/** More than a tenth of the largest table that the tests of a driver make. */
const KEYS = 450

/** The names of keys that keep the table from becoming smaller while they are there. */
export function fillers(prefix: string, servers = 1): string[] {
  return Array.from({ length: KEYS * servers }, (_, n) => `${prefix}filler:${n}`)
}

/** Puts them on masters, each on the one that it belongs to. */
export async function fillTables(masters: readonly { readonly port: number }[], prefix: string): Promise<void> {
  const names = fillers(prefix, masters.length)
  for (const { port } of masters) {
    using connection = await connectResp(port)
    // Those of another master are refused.
    await Promise.allSettled(names.map((name) => connection.command('SET', name, '')))
  }
}
