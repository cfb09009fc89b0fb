import { session } from '../../../src/adapters/fastify.ts'
import type { Candidate } from '../../harness/candidate.ts'
import { inMemory, withHoldfast } from './counter.ts'
import { fastifyCandidate } from './fastify-app.ts'

export async function start(): Promise<Candidate> {
  const manager = inMemory()
  const { listener, close } = await fastifyCandidate(async (app) => {
    await app.register(session(manager))
  }, withHoldfast)
  return {
    listener,
    async close() {
      await close?.()
      await manager.close({ waitSeconds: 1 })
    },
  }
}
