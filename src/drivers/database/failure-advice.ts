import type { SqlFailure } from './bridges/bridge.ts'

/** What to do about it. */
export function adviceFor({ kind, reason, message }: SqlFailure, operation: string): string {
  // What a migration lacks, such as the file that a table is to be in, no migration makes.
  if (reason === 'missing' && operation !== 'migrate')
    return `The table is missing or is not complete: run \`npx holdfast migrate\` or \`await driver.migrate()\` once. The database said: ${message}`
  if (reason === 'contention') return `Others held the row, or the file, all the time. Nothing was changed. The database said: ${message}`
  if (kind === 'refused' && reason === 'unready')
    return `The database could not be reached, or gave no connection. Nothing was changed. Is it running, and has the client the right address? It said: ${message}`
  if (reason === 'unready') return `The database takes no writes now. Nothing was changed. It said: ${message}`
  return `The database answered: ${message}`
}
