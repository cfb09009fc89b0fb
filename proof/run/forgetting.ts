import type { CheckName } from '../history/check.ts'
import type { ProofResult } from './run.ts'

/** What it looks like when a store forgets what it has acknowledged. */
const SEEN_AS: readonly CheckName[] = ['linearizability', 'lost updates', 'resurrections', 'cookies that point nowhere']

export const FORGETTING = `A failover may lose what the old master had acknowledged and the replica did not have yet: writes, new sessions, and logouts. That shows above as ${SEEN_AS.join(', ')}, and is no
violation there: a store that forgets is outside of what is promised (docs/redis-driver.md, "What a failover can lose").`

/** How many violations a run has that are not its store's own forgetting. */
export function brokenBy({ report, faults }: Pick<ProofResult, 'report' | 'faults'>): number {
  const mayForget = faults.has('failover')
  return Object.entries(report.verdicts)
    .filter(([name]) => !mayForget || !SEEN_AS.some((one) => one === name))
    .reduce((sum, [, { violations, undecided }]) => sum + violations.length + undecided.length, 0)
}
