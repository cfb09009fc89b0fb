import { createClient } from 'redis'
import type { CandidateOptions } from '../../harness/candidate.ts'
import { addressOf } from '../store-address.ts'

const DAY_SECONDS = 86_400

/** The client of a peer, with its defaults. */
export function connected(options: CandidateOptions) {
  return createClient({ url: addressOf(options) }).connect()
}

/** For a peer that is to be given a store: texts that Redis forgets after a day, as connect-redis has it by default. */
export async function textsIn(options: CandidateOptions, prefix: string) {
  const client = await connected(options)
  return {
    get: async (key: string) => JSON.parse((await client.get(prefix + key)) ?? 'null'),
    set: async (key: string, value: unknown): Promise<void> => {
      await client.set(prefix + key, JSON.stringify(value), { expiration: { type: 'EX', value: DAY_SECONDS } })
    },
    remove: async (key: string): Promise<void> => {
      await client.del(prefix + key)
    },
    end: () => client.destroy(),
  }
}
