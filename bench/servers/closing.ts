import type { Candidate } from '../harness/candidate.ts'

/** An application that ends one thing more when it ends, such as the client that its driver was given. */
export function closing({ listener, close }: Candidate, end: () => unknown): Candidate {
  return {
    listener,
    close: async () => {
      await close?.()
      await end()
    },
  }
}
