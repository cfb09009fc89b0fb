import type { Candidate } from '../harness/candidate.ts'

/** What ends one thing more when it ends, such as the client that its driver was given. */
export function closing<Closed extends Pick<Candidate, 'close'>>(one: Closed, end: () => unknown): Closed & { close(): Promise<void> } {
  return {
    ...one,
    close: async () => {
      await one.close?.()
      await end()
    },
  }
}
