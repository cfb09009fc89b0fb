import type { CheckName } from '../history/check.ts'
import type { Report } from '../history/check.ts'
import type { Violation } from '../history/report.ts'
import type { ProofResult } from './run.ts'

/** What it looks like when a store forgets what it has acknowledged. */
const SEEN_AS: readonly CheckName[] = ['linearizability', 'lost updates', 'resurrections', 'cookies that point nowhere']

export const FORGETTING = `A failover may lose what the old master had acknowledged and the replica did not have yet: writes, new sessions, and logouts. That shows above as ${SEEN_AS.join(', ')}, and is no
violation there: a store that forgets is outside of what is promised (docs/redis-driver.md, "What a failover can lose"). A lock that it forgot has two holders; that is forgiven only
where what one of them wrote was forgotten with it, so that the session fits no order.`

/** How many violations a run has that are not its store's own forgetting. What could not be decided counts as one, whatever the store has done. */
export function brokenBy({ report, faults }: Pick<ProofResult, 'report' | 'faults'>): number {
  const mayForget = (faults.get('failover') ?? 0) > 0
  return Object.entries(report.verdicts).reduce((sum, [name, { violations, undecided }]) => {
    const broken = mayForget ? violations.filter((one) => !isForgotten(name, one, report)) : violations
    return sum + broken.length + undecided.length
  }, 0)
}

function isForgotten(name: string, violation: Violation, { verdicts }: Pick<Report, 'verdicts'>): boolean {
  if (name !== 'double holders') return SEEN_AS.some((one) => one === name)
  const sessions = new Set(verdicts.linearizability.violations.flatMap(sessionsOf))
  return sessionsOf(violation).some((session) => sessions.has(session))
}

function sessionsOf({ shownBy }: Violation): string[] {
  return shownBy.map(({ session }) => session)
}
