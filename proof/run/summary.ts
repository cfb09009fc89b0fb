import type { Violation } from '../history/report.ts'
import type { ProofResult } from './run.ts'

/** What has come of a run, in numbers. */
export interface Summary {
  readonly title: string
  readonly healthyOperations: number
  readonly operations: number
  /** Refused for certain, by an error that says so. */
  readonly failed: number
  /** Nobody was told whether they were done. */
  readonly unknown: number
  /** By the name of the fault, how often it struck. */
  readonly faults: Readonly<Record<string, number>>
  /** By the name of the check. */
  readonly violations: Readonly<Record<string, number>>
  /** By the name of the check, how many sessions it found something about. */
  readonly sessions: Readonly<Record<string, number>>
  /** Sessions of which a check could say nothing. */
  readonly undecided: number
}

export function summaryOf({ title, healthyOperations, history, faults, report }: ProofResult): Summary {
  const withOutcome = (outcome: string): number => history.filter((operation) => operation.outcome === outcome).length
  const verdicts = Object.entries(report.verdicts)
  return {
    title,
    healthyOperations,
    operations: history.length,
    failed: withOutcome('fail'),
    unknown: withOutcome('unknown'),
    faults: Object.fromEntries(faults),
    violations: Object.fromEntries(verdicts.map(([name, { violations }]) => [name, violations.length])),
    sessions: Object.fromEntries(verdicts.map(([name, { violations }]) => [name, sessionsIn(violations)])),
    undecided: verdicts.reduce((sum, [, { undecided }]) => sum + undecided.length, 0),
  }
}

function sessionsIn(violations: readonly Violation[]): number {
  return new Set(violations.flatMap(({ shownBy }) => shownBy.map(({ session }) => session))).size
}

export function violationsIn({ violations }: Summary): number {
  return Object.values(violations).reduce((sum, count) => sum + count, 0)
}
