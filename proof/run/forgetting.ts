import type { CheckName } from '../history/check.ts'
import type { ProofResult } from './run.ts'

/** What it looks like when a store forgets what it has acknowledged. */
const SEEN_AS: readonly CheckName[] = ['linearizability', 'lost updates', 'resurrections', 'cookies that point nowhere']

export const FORGETTING = `A failover may lose what the old master had acknowledged and the replica did not have yet: writes, new sessions, and logouts. That shows above as ${SEEN_AS.join(', ')}, and is no
violation there: a store that forgets is outside of what is promised (docs/redis-driver.md, "What a failover can lose").`

/** How many violations a run has that are not its store's own forgetting. What could not be decided counts as one, whatever the store has done. */
export function brokenBy({ report, faults }: Pick<ProofResult, 'report' | 'faults'>): number {
  const mayForget = (faults.get('failover') ?? 0) > 0
  return Object.entries(report.verdicts).reduce((sum, [name, { violations, undecided }]) => {
    const isForgiven = mayForget && SEEN_AS.some((one) => one === name)
    return sum + (isForgiven ? 0 : violations.length) + undecided.length
  }, 0)
}
