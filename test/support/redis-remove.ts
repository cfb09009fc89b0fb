import type { RedisServer } from './redis-server.ts'
import { connectResp } from './resp.ts'

/** Removes all keys that begin with a prefix from some masters. */
export async function removeKeys(masters: readonly RedisServer[], prefix: string): Promise<void> {
  for (const { port } of masters) {
    using connection = await connectResp(port)
    let cursor = '0'
    do {
      const answer = await connection.command('SCAN', cursor, 'MATCH', `${prefix}*`, 'COUNT', 1000)
      const [next, keys] = Array.isArray(answer) ? answer : []
      // One by one: in a Cluster they are of different slots.
      if (Array.isArray(keys)) await Promise.all(keys.map((key) => connection.command('UNLINK', String(key))))
      cursor = String(next)
    } while (cursor !== '0')
  }
}
