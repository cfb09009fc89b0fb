import { lineOf } from '../history/report.ts'
import type { Violation } from '../history/report.ts'
import type { ProofResult } from './run.ts'

/** Violations of one check that are printed with what shows them. */
const MOST_SHOWN = 3
const OUTCOMES = ['ok', 'fail', 'unknown'] as const

/** What has come of a run, for people to read. */
export function tableOf({ title, healthyOperations, history, faults, report }: ProofResult): string {
  const kinds = [...new Set(history.map(({ kind }) => kind))].toSorted()
  const count = (kind: string, outcome: string): number => history.filter((one) => one.kind === kind && one.outcome === outcome).length
  const verdicts = Object.entries(report.verdicts)
  return [
    `${title}: ${history.length} operations, ${healthyOperations} of them before the first fault`,
    '',
    ...columns([['operation', ...OUTCOMES], ...kinds.map((kind) => [kind, ...OUTCOMES.map((outcome) => String(count(kind, outcome)))])]),
    '',
    ...columns([['fault', 'struck'], ...[...faults].map(([name, struck]) => [name, String(struck)])]),
    '',
    ...columns([
      ['check', 'violations', 'undecided'],
      ...verdicts.map(([name, { violations, undecided }]) => [name, String(violations.length), String(undecided.length)]),
    ]),
    '',
    ...verdicts.flatMap(([name, { violations }]) => violations.slice(0, MOST_SHOWN).flatMap((violation) => shown(name, violation))),
  ].join('\n')
}

function shown(check: string, { what, shownBy }: Violation): string[] {
  return [`${check}: ${what}`, ...shownBy.map((operation) => `  ${lineOf(operation)}`), '']
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
  return rows.map((row) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  '),
  )
}
