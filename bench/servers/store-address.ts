import type { CandidateOptions } from '../harness/candidate.ts'

/** Where the store is, for a server that cannot do without. */
export function addressOf({ storeUrl }: CandidateOptions): string {
  if (storeUrl === undefined) throw new TypeError('this server needs a plan with a store')
  return storeUrl
}
