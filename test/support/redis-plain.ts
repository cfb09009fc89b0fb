import { createClient } from 'redis'
import { randomHex } from '../../src/session/random.ts'
import { redisForTests } from './redis-server.ts'

/** A prefix of a test's own: where the tests are given a server, others may use it too. */
export function newPrefix(): string {
  return `holdfast-test:${randomHex(6)}:`
}

/** A plain client, beside the one that is tested. */
export async function plainClient(url: string) {
  const client = createClient({ url })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

export type PlainClient = Awaited<ReturnType<typeof plainClient>>

/** A server for a test, and a plain client of it. */
export interface Place {
  readonly url: string
  readonly plain: PlainClient
  /** Removes what lies under the prefix. */
  readonly close: () => Promise<void>
}

export async function openPlace(prefix: string): Promise<Place> {
  const { url, stop } = await redisForTests()
  const plain = await plainClient(url)
  const close = async (): Promise<void> => {
    await removeUnder(plain, prefix)
    plain.destroy()
    await stop()
  }
  return { url, plain, close }
}

/** The names of all keys under a prefix. */
export async function keysUnder(client: PlainClient, prefix: string): Promise<string[]> {
  const names: string[] = []
  for await (const some of client.scanIterator({ MATCH: `${prefix}*`, COUNT: 1000 })) names.push(...some)
  return [...new Set(names)]
}

export async function removeUnder(client: PlainClient, prefix: string): Promise<void> {
  const names = await keysUnder(client, prefix)
  if (names.length > 0) await client.unlink(names)
}

/** Damages what lies under a key, so that its header is none. Gives what puts it back, with the time that it had. */
export async function damage(client: PlainClient, key: string): Promise<() => Promise<void>> {
  const undo = await keep(client, key)
  await client.setRange(key, 1, 'X')
  return undo
}

/** Keeps a key as it is, to put it back. */
export async function keep(client: PlainClient, key: string): Promise<() => Promise<void>> {
  const bytes = client.withTypeMapping({ 36: Buffer })
  const dump = await bytes.dump(key)
  const left = await client.pTTL(key)
  return async () => {
    await client.del(key)
    await client.restore(key, Math.max(0, left), dump)
  }
}
